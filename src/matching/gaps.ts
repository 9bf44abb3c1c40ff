import type { Gap, GapCode } from '../model/gap.ts';

/** Gathers gaps while matching: one per code and text, with everything it is about. */
export class GapCollector {
  readonly #gaps = new Map<string, { code: GapCode; detail: string; subjects: Set<string> }>();

  add(code: GapCode, detail: string, subject?: string): void {
    const key = `${code}\n${detail}`;
    let gap = this.#gaps.get(key);
    if (gap === undefined) {
      gap = { code, detail, subjects: new Set() };
      this.#gaps.set(key, gap);
    }
    if (subject !== undefined) gap.subjects.add(subject);
  }

  /** All gaps in the order they were first met. */
  all(): readonly Gap[] {
    return [...this.#gaps.values()].map(({ code, detail, subjects }) => ({
      code,
      detail,
      subjects: [...subjects].sort(),
    }));
  }
}
