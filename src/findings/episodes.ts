import { overlap, type Span } from './spans.ts';

/** A time during which nodes of a pool had a CVE, or may have had it. */
export interface Stay {
  /**
   * When the list that has the CVE came to the pool, where nothing was known of the list until `begin`: nodes that had
   * the CVE by another list up to then have had it ever since. Else as `begin`.
   */
  readonly from: number;
  /** Null where the list was never assessed: whether it has the CVE is not known. */
  readonly begin: number | null;
  /** Infinity while it lasts. */
  readonly end: number;
}

/** A time during which a pool had a CVE without interruption. */
export interface Episode extends Span {
  /** The last instant at which it was known to be there; it lies before `end` where the last list was never assessed. */
  readonly known: number;
}

interface Draft {
  begin: number;
  known: number;
  end: number;
}

/**
 * Joins the stays of a CVE that overlap or touch, oldest first, also over times at which the pool had no list at all. Stays of
 * which nothing is known make no episode of their own.
 */
export function episodesOf(stays: readonly Stay[], absences: readonly Span[] = []): readonly Episode[] {
  const episodes: Draft[] = [];
  for (const { from, begin, end } of stays.toSorted((a, b) => a.from - b.from)) {
    const first = begin ?? Number.POSITIVE_INFINITY;
    const known = begin === null ? Number.NEGATIVE_INFINITY : end;
    const last = episodes.at(-1);
    if (last === undefined || (from > last.end && !spanned(absences, last.end, from))) {
      episodes.push({ begin: first, known, end });
    } else {
      last.begin = Math.min(last.begin, first);
      last.known = Math.max(last.known, known);
      last.end = Math.max(last.end, end);
    }
  }
  return episodes.filter(({ known }) => known !== Number.NEGATIVE_INFINITY);
}

function spanned(absences: readonly Span[], from: number, to: number): boolean {
  return absences.some(({ begin, end }) => begin <= from && to <= end);
}

/**
 * The times between two lists during which a pool had none: its machines were scaled away or stopped, or nobody looked. A
 * CVE that is there before and after was not fixed by that.
 * @param members when the pool had lists, sorted by their begin
 */
export function absencesOf(members: readonly Span[]): readonly Span[] {
  const absences: Span[] = [];
  let until = members[0]?.begin ?? 0;
  for (const { begin, end } of members) {
    if (begin > until) absences.push({ begin: until, end: begin });
    until = Math.max(until, end);
  }
  return absences;
}

/** A stay by a list that was assessed. */
export interface KnownStay extends Stay {
  readonly begin: number;
}

/**
 * The stay of a CVE in a pool by one list; null where the list did not have it while the pool had the list.
 * @param member when the pool had the list
 * @param found when the list had the CVE
 * @param assessed when the list was assessed for the first time
 */
export function stayOf(member: Span, found: Span, assessed: number): KnownStay | null {
  const both = overlap(member, found);
  if (both === null) return null;
  return { ...both, from: found.begin <= assessed ? member.begin : both.begin };
}
