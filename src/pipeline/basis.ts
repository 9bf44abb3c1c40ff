import type { FeedStatus } from '../advisories/index.ts';
import { daysBetween } from '../base/clock.ts';
import type { Coverage, FeedId } from '../model/advisory.ts';
import type { AdvisoryBasis, AdvisoryOrigin } from '../model/assessment.ts';
import type { Gap } from '../model/gap.ts';
import type { Workspace } from './workspace.ts';

/** Feeds are published at least daily; older ones than this are worth a word in every result. */
const FRESH_DAYS = 7;

/** The feeds about exploitation concern CVEs, whatever ecosystem they are in. */
const ABOUT_CVES = new Set<FeedId>(['cisa-kev', 'epss']);

/** The advisories a result rests on, and the feeds about exploitation, as results show them. */
export function basisOf(coverage: readonly Coverage[], workspace: Workspace): readonly AdvisoryBasis[] {
  const origin = workspace.origin();
  const advisories = coverage.map(({ feed, ecosystem, asOf, complete, records }) =>
    basis({ feed, ecosystem, asOf, complete, records }, origin),
  );
  const exploitation = workspace
    .advisories()
    .status()
    .filter(({ feed, asOf }) => ABOUT_CVES.has(feed) && asOf !== null)
    .map(({ feed, asOf, complete, used }) =>
      basis({ feed, ecosystem: 'CVE', asOf: asOf ?? '', complete, records: used }, origin),
    );
  return [...advisories, ...exploitation];
}

function basis(coverage: Coverage, origin: AdvisoryOrigin): AdvisoryBasis {
  const { feed, ecosystem, asOf, complete, records } = coverage;
  return { feed, ecosystem, asOf, coverage: complete ? 'complete' : 'sample', records, origin };
}

/** Records of the feeds in use that could not be read: they may be about this subject. */
export function recordGaps(coverage: readonly Coverage[], feeds: readonly FeedStatus[]): readonly Gap[] {
  const used = new Set(coverage.map(({ feed }) => feed));
  return feeds.flatMap(({ feed, badRecords }): Gap[] => {
    if (!used.has(feed) || badRecords.count === 0) return [];
    const detail = `${badRecords.count} advisory records of the feed ${feed} could not be read and were left out.`;
    return [{ code: 'bad-record', detail, subjects: badRecords.examples.map(({ place }) => place) }];
  });
}

/** The newest day up to which all of a vendor's advisories are at hand; null where they never are. */
export function newestComplete(coverage: readonly Coverage[]): string | null {
  const days = coverage.filter(({ complete }) => complete).map(({ asOf }) => asOf);
  return days.sort().at(-1) ?? null;
}

/** What the day and size of the advisories leave unknown about a subject. */
export function basisGaps(
  coverage: readonly Coverage[],
  subject: { readonly buildDate: string | null },
  today: string,
): readonly Gap[] {
  const gaps: Gap[] = [];
  const byEcosystem = Map.groupBy(coverage, (entry) => entry.ecosystem);
  const stale = new Map<string, string[]>();
  for (const [ecosystem, entries] of byEcosystem) {
    const asOf = newestComplete(entries);
    if (asOf === null) {
      const detail = `The advisories loaded for ${ecosystem} are a sample of the vendor's: most vulnerabilities are not in them.`;
      gaps.push({ code: 'sample-advisories', detail, subjects: [] });
      continue;
    }
    const text = staleness(asOf, subject.buildDate, today);
    if (text !== null) stale.set(text, [...(stale.get(text) ?? []), ecosystem]);
  }
  for (const [text, ecosystems] of stale) {
    gaps.push({
      code: 'stale-advisories',
      detail: `Advisories for ${ecosystems.join(', ')} ${text}`,
      subjects: [],
    });
  }
  return gaps;
}

function staleness(asOf: string, buildDate: string | null, today: string): string | null {
  if (buildDate !== null && buildDate > asOf) {
    const days = daysBetween(asOf, buildDate);
    return `end on ${asOf}, ${days} ${plural(days)} before this image was built (${buildDate}): nothing published since can be known from them, neither new vulnerabilities nor fixes.`;
  }
  const age = daysBetween(asOf, today);
  if (age <= FRESH_DAYS) return null;
  return `end on ${asOf}, ${age} days ago: vulnerabilities published since are not known.`;
}

function plural(days: number): string {
  return days === 1 ? 'day' : 'days';
}
