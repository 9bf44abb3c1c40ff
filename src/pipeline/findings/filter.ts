import { compareText } from '../../base/text.ts';
import { severityRank } from '../../model/advisory.ts';
import type { CveRollup, PoolFindingLife } from '../../model/recommendation.ts';
import type { CveFilter, Page, Paged, RecommendationFilter } from '../../storage/index.ts';
import type { ResolvedScope } from '../fleet/types.ts';

/** Everything, on one page. */
export const ALL: Page = { offset: 0, limit: Number.MAX_SAFE_INTEGER };

/** What a scope asks of recommendations. */
export function inScope({ kind, id }: ResolvedScope): Partial<RecommendationFilter> {
  return kind === 'all' ? {} : { [kind]: id };
}

/** What is asked of findings, whatever scope they are of. */
export type FindingFilter = Omit<CveFilter, 'scope'>;

/** CVEs that were computed, filtered, sorted and cut as the store does it. */
export function pageOfCves(
  rollups: readonly CveRollup[],
  filter: FindingFilter,
  page: Page,
): Paged<CveRollup> {
  const chosen = rollups.filter((each) =>
    passes({ ...each, kev: each.kev !== null, overdue: each.overdue > 0 }, filter),
  );
  return cut(
    chosen.sort((a, b) => b.risk - a.risk || compareText(a.cve, b.cve)),
    page,
  );
}

/** Findings of one pool, filtered and cut, in the order they are in. */
export function pageOfLives(
  lives: readonly PoolFindingLife[],
  filter: FindingFilter & { readonly exploited: (cve: string) => boolean },
  page: Page,
): Paged<PoolFindingLife> {
  const chosen = lives.filter((each) =>
    passes({ ...each, package: each.occurrence.package, kev: filter.exploited(each.cve) }, filter),
  );
  return cut(chosen, page);
}

/** What a filter looks at. */
type Filtered = Pick<CveRollup, 'cve' | 'severity' | 'status' | 'fix' | 'package'> & {
  readonly kev: boolean;
  readonly overdue: boolean;
};

function passes(
  finding: Filtered,
  { severity, status, current, fix, kev, overdue, search }: FindingFilter,
): boolean {
  return (
    (severity === undefined || severityRank(finding.severity) <= severityRank(severity)) &&
    (status === undefined || finding.status === status) &&
    (current === undefined || (finding.status !== 'fixed') === current) &&
    (fix === undefined || finding.fix === fix) &&
    (kev === undefined || finding.kev === kev) &&
    (overdue === undefined || finding.overdue === overdue) &&
    (search === undefined || contains(finding, search.toLowerCase()))
  );
}

function contains({ cve, package: name }: Filtered, text: string): boolean {
  return cve.toLowerCase().includes(text) || name.toLowerCase().includes(text);
}

function cut<T>(items: readonly T[], { offset, limit }: Page): Paged<T> {
  return { items: items.slice(offset, offset + limit), total: items.length };
}
