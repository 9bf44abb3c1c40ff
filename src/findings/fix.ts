import type { Candidate, FixAvailability } from '../model/recommendation.ts';
import type { Instants, Span } from './spans.ts';
import { TRAITS } from './traits.ts';

/** An image that could replace that of a pool, and when. */
export interface Offer extends Span {
  readonly image: string;
  /** Digest of the list it would bring; null where that is not known. */
  readonly list: string | null;
}

/** What could replace the image of a pool. */
export interface Offers {
  /** What the region offers now; null where that is not known. */
  readonly offered: Offer | null;
  /** The newest image of the family; null where that is not known. */
  readonly newest: Offer | null;
  /** What the region offers and offered, by their end, latest first. */
  readonly ever: readonly Offer[];
}

/** What an image would do to a CVE; `absent`: there is no such image. */
export type Verdict = 'with' | 'without' | 'unknown' | 'absent';

/** The candidates of one pool by what they are. */
export function offersOf(candidates: readonly Candidate[], instants: Instants): Offers {
  const made = candidates.map(({ role, image, list, since, until }) => ({
    role,
    offer: { ...instants.span(since, until), image, list },
  }));
  const of = (wanted: Candidate['role']): readonly Offer[] =>
    made
      .filter(({ role }) => role === wanted)
      .map(({ offer }) => offer)
      .sort((a, b) => b.end - a.end || b.begin - a.begin);
  const current = ([first]: readonly Offer[]): Offer | null =>
    first !== undefined && first.end === Number.POSITIVE_INFINITY ? first : null;
  const ever = of('offered');
  return { offered: current(ever), newest: current(of('newest')), ever };
}

/**
 * What an image would do to a CVE.
 * @param list of the image, as far as it is known: whether it has the CVE, and whether programs were looked into
 * @param traits of the CVE in the pool
 */
export function verdictOf(
  offer: Offer | null,
  list: { readonly has: boolean; readonly programs: boolean } | null,
  traits: number,
): Verdict {
  if (offer === null) return 'absent';
  if (list === null) return 'unknown';
  if (list.has) return 'with';
  return (traits & TRAITS.inPrograms) !== 0 && !list.programs ? 'unknown' : 'without';
}

/**
 * How far a fix is. What an image removes counts even where the vendor has no fix: the image may be without the package.
 * @param traits of the CVE in the pool
 */
export function availabilityOf(offered: Verdict, newest: Verdict, traits: number): FixAvailability {
  if (offered === 'without') return 'available';
  if (newest === 'without') return offered === 'with' ? 'not-in-region' : 'unknown';
  if ((traits & TRAITS.fixable) === 0) return 'no-vendor-fix';
  if ((traits & TRAITS.byImage) === 0) return 'kubernetes';
  // Without an answer of the region: it cannot offer more than the newest image there is.
  return newest === 'with' && offered !== 'unknown' ? 'no-image' : 'unknown';
}

/**
 * Since when the region has offered images without the CVE, without another one in between, until now. Where it was not
 * known what the region offers, it is not known to have taken an image back.
 * @param ever as in `Offers`
 * @param without whether an image is without the CVE, by its last assessment: that of an image that is offered no more was
 *   by the advisories of then, so that the time begins when a fix became known
 * @returns null where it does not now
 */
export function offeredSince(ever: readonly Offer[], without: (offer: Offer) => boolean): number | null {
  let since: number | null = null;
  for (const offer of ever) {
    if (since === null && offer.end !== Number.POSITIVE_INFINITY) break;
    if (without(offer)) since = Math.min(since ?? offer.begin, offer.begin);
    else if (offer.begin < (since ?? Number.POSITIVE_INFINITY) && offer.begin < offer.end) break;
  }
  return since;
}

/** The image to name for a finding: the one that removes it; null where none does. */
export function fixImageOf(
  { offered, newest }: Offers,
  verdicts: { readonly offered: Verdict; readonly newest: Verdict },
): string | null {
  if (verdicts.offered === 'without') return offered?.image ?? null;
  return verdicts.newest === 'without' ? (newest?.image ?? null) : null;
}

/** What a reader must know of how far a fix is; sentences. */
export function fixNotes(
  { offered, newest }: Offers,
  fix: FixAvailability,
  { verdicts, traits }: { verdicts: { readonly offered: Verdict; readonly newest: Verdict }; traits: number },
): readonly string[] {
  if (fix === 'no-vendor-fix') {
    const pro = 'The vendor has a fix in Ubuntu Pro only.';
    return (traits & TRAITS.byPro) === 0 ? [] : [pro];
  }
  if (fix !== 'unknown') return [];
  const notes: string[] = [];
  if (verdicts.newest === 'without' && newest !== null)
    notes.push(`The image ${newest.image} is without it; whether the region offers that image is not known.`);
  if (verdicts.offered === 'absent') notes.push('Which image the region offers is not known.');
  if (verdicts.offered === 'unknown' && offered !== null) notes.push(notKnown(offered, traits));
  if (verdicts.newest === 'unknown' && newest !== null) notes.push(notKnown(newest, traits));
  if (verdicts.newest === 'absent') notes.push('Which image is the newest of the family is not known.');
  // Where the region offers the newest image, the same is said of both.
  return [...new Set(notes)];
}

function notKnown({ image, list }: Offer, traits: number): string {
  const programs = list !== null && (traits & TRAITS.inPrograms) !== 0;
  return programs
    ? `It is in Go programs, and what the programs of the image ${image} are built from is not known.`
    : `What the image ${image} would bring is not known.`;
}
