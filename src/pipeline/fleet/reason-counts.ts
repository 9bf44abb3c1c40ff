import type { CoverageCode, CoverageReason } from '../../model/coverage.ts';
import { sentence } from './problems.ts';

/** Different texts of one code that are told. */
const TOLD = 3;

interface Counted {
  readonly reason: CoverageReason;
  count: number;
}

/** Counts the reasons of many things of one kind, so that a scope can tell each once. */
export class ReasonCounts {
  readonly noun: string;
  #total = 0;
  readonly #codes = new Map<CoverageCode, Map<string, Counted>>();

  /** @param noun what is counted, in the plural: `nodes` */
  constructor(noun: string) {
    this.noun = noun;
  }

  /** One thing, with its reasons; none where nothing is missing. */
  add(reasons: readonly CoverageReason[]): void {
    this.#total++;
    for (const reason of reasons) this.#count(reason, 1);
  }

  addAll(other: ReasonCounts): void {
    this.#total += other.#total;
    for (const texts of other.#codes.values())
      for (const { reason, count } of texts.values()) this.#count(reason, count);
  }

  /** One reason for each code, the most frequent first, with how many things have it where not all have. */
  reasons(): readonly CoverageReason[] {
    const sum = (texts: readonly Counted[]): number => texts.reduce((total, { count }) => total + count, 0);
    return Array.from(this.#codes.values(), (texts) => [...texts.values()].sort((a, b) => b.count - a.count))
      .sort((a, b) => sum(b) - sum(a))
      .flatMap((texts) => this.#joined(texts));
  }

  #count(reason: CoverageReason, count: number): void {
    const texts = this.#codes.get(reason.code) ?? new Map<string, Counted>();
    this.#codes.set(reason.code, texts);
    const known = texts.get(reason.detail);
    if (known === undefined) texts.set(reason.detail, { reason, count });
    else known.count += count;
  }

  #joined(texts: readonly Counted[]): readonly CoverageReason[] {
    const [first] = texts;
    if (first === undefined) return [];
    if (texts.length === 1 && first.count === this.#total) return [first.reason];
    const told = texts
      .slice(0, TOLD)
      .map(({ reason, count }) => `${count} of ${this.#total} ${this.noun}: ${sentence(reason.detail)}`);
    if (texts.length > TOLD) told.push(`And ${texts.length - TOLD} more of this kind.`);
    return [{ ...first.reason, detail: told.join(' ') }];
  }
}

/** The reasons of a scope, then those of its parts; of each code only the first. */
export function joinReasons(
  own: readonly CoverageReason[],
  parts: readonly ReasonCounts[],
): readonly CoverageReason[] {
  const all = [...own, ...parts.flatMap((each) => each.reasons())];
  return [...new Map(all.toReversed().map((each) => [each.code, each])).values()].toReversed();
}
