/** A time in milliseconds since 1970, from `begin` up to, but not including, `end`; `end` is Infinity where it goes on. */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

const DAY = 86_400_000;

/** Reads instants as milliseconds. Clocks of other processes may be ahead: what would be in the future is now. */
export class Instants {
  readonly now: number;
  readonly #read = new Map<string, number>();
  readonly #written = new Map<number, string>();

  constructor(now: Date) {
    this.now = now.getTime();
  }

  /** @param text ISO 8601 instant */
  read(text: string): number {
    let instant = this.#read.get(text);
    if (instant === undefined) {
      const parsed = Date.parse(text);
      instant = Number.isNaN(parsed) ? this.now : Math.min(parsed, this.now);
      this.#read.set(text, instant);
    }
    return instant;
  }

  /** The span between two instants, of no length where the second lies before the first; without a second it goes on. */
  span(begin: string, end: string | null): Span {
    const from = this.read(begin);
    return { begin: from, end: end === null ? Number.POSITIVE_INFINITY : Math.max(from, this.read(end)) };
  }

  write(instant: number): string {
    let text = this.#written.get(instant);
    if (text === undefined) {
      text = new Date(instant).toISOString();
      this.#written.set(instant, text);
    }
    return text;
  }
}

/** Where both spans hold; null where they do not. A span of no length holds at its one instant. */
export function overlap(a: Span, b: Span): Span | null {
  const begin = Math.max(a.begin, b.begin);
  const end = Math.min(a.end, b.end);
  if (begin < end) return { begin, end };
  return begin === end && holdsAt(a, begin) && holdsAt(b, begin) ? { begin, end } : null;
}

/** Whether an instant at or behind its begin is in a span. */
function holdsAt({ begin, end }: Span, instant: number): boolean {
  return instant < end || begin === end;
}

/** An instant some days after another. */
export function daysAfter(instant: number, days: number): number {
  return instant + days * DAY;
}

/** Milliseconds as days, to one decimal. */
export function inDays(milliseconds: number): number {
  return Math.round((milliseconds / DAY) * 10) / 10;
}
