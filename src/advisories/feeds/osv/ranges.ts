import type { VersionRange } from '../../../model/advisory.ts';
import type { OsvAffected, OsvRanges } from './schema.ts';

/** A record that cannot be understood; the message says why. */
export class BadRecordError extends Error {}

/** The ranges of one affected package, and its listed versions where there are no ranges. */
export interface Span {
  readonly ranges: readonly VersionRange[];
  readonly versions: readonly string[];
}

/**
 * What versions an `affected` element means.
 *
 * Versions listed beside ranges are dropped: the databases read here list only the versions the ranges cover.
 * Go's `custom_ranges` are ranges of versions that are not versions of the module; the module ranges are then open
 * ended (everything is affected), so custom ranges take the place of the open ends and are ignored otherwise.
 * @throws BadRecordError where ranges are malformed or say nothing
 */
export function spanOf(affected: OsvAffected): Span {
  const usable = (affected.ranges ?? []).filter(({ type }) => isVersionRange(type));
  const ranges = usable.flatMap(({ events }) => pairEvents(events));
  const custom = affected.ecosystem_specific?.custom_ranges ?? [];
  if (custom.length > 0 && ranges.some(isOpen)) {
    const known = ranges.filter((range) => !isOpen(range));
    return { ranges: [...known, ...customRanges(custom)], versions: [] };
  }
  if (ranges.length > 0) return { ranges, versions: [] };
  const versions = affected.versions ?? [];
  if (versions.length > 0) return { ranges: [], versions };
  throw new BadRecordError('an affected package has neither version ranges nor versions');
}

function customRanges(custom: OsvRanges): VersionRange[] {
  return custom.filter(({ type }) => isVersionRange(type)).flatMap(({ events }) => pairEvents(events));
}

/** Commit ranges (`GIT`) say nothing about installed versions. */
function isVersionRange(type: string): boolean {
  if (type === 'SEMVER' || type === 'ECOSYSTEM') return true;
  if (type === 'GIT') return false;
  throw new BadRecordError(`unknown range type ${JSON.stringify(type.slice(0, 40))}`);
}

function isOpen(range: VersionRange): boolean {
  return range.fixed === null && range.lastAffected === null;
}

/**
 * Events as ranges. OSV allows events in any order, to be sorted by version; every known feed writes them in that
 * order, so `introduced` and its end alternate. A record that does not is refused rather than guessed at: sorted or
 * not, it could mean different ranges. `limit` bounds where a range was looked at and is no fix; only `*` is known.
 */
function pairEvents(events: readonly Readonly<Record<string, string>>[]): VersionRange[] {
  const ranges: VersionRange[] = [];
  let introduced: string | null = null;
  for (const event of events) {
    const [kind, version] = single(event);
    if (kind === 'limit' && version === '*') continue;
    if (kind === 'introduced') {
      if (introduced !== null) throw new BadRecordError('two introduced events without an end between them');
      introduced = version;
      continue;
    }
    if (kind !== 'fixed' && kind !== 'last_affected') {
      throw new BadRecordError(`unknown range event ${JSON.stringify(kind.slice(0, 40))}`);
    }
    if (introduced === null)
      throw new BadRecordError(`a ${kind} event without an introduced event before it`);
    ranges.push(closed(introduced, kind, version));
    introduced = null;
  }
  if (introduced !== null) ranges.push({ introduced: start(introduced), fixed: null, lastAffected: null });
  if (ranges.length === 0) throw new BadRecordError('a range without an introduced event');
  return ranges;
}

function single(event: Readonly<Record<string, string>>): readonly [string, string] {
  const entries = Object.entries(event);
  const first = entries[0];
  if (entries.length !== 1 || first === undefined) {
    throw new BadRecordError('a range event with more or less than one member');
  }
  if (first[1] === '') throw new BadRecordError(`a ${first[0].slice(0, 40)} event without a version`);
  return first;
}

function closed(introduced: string, end: 'fixed' | 'last_affected', version: string): VersionRange {
  return {
    introduced: start(introduced),
    fixed: end === 'fixed' ? version : null,
    lastAffected: end === 'last_affected' ? version : null,
  };
}

/** OSV writes `0` for "from the first version". */
function start(introduced: string): string | null {
  return introduced === '0' ? null : introduced;
}
