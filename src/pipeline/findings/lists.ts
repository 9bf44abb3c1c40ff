import { rollupRows, summarise } from '../../findings/index.ts';
import type { RollupRow } from '../../model/findings-report.ts';
import type { StoredCluster } from '../../model/inventory.ts';
import type { CveRollup, PoolFindingLife, Recommendation, ScorePoint } from '../../model/recommendation.ts';
import type { Page, Paged, RecommendationFilter, StoreReader } from '../../storage/index.ts';
import { resolveScope } from '../fleet/scopes.ts';
import type { Fleet, ResolvedScope } from '../fleet/types.ts';
import { judgingAt, type KnownPool, knownClusters } from './facts.ts';
import { ALL, type FindingFilter, inScope, pageOfCves, pageOfLives } from './filter.ts';
import { livesAt } from './pool-lives.ts';

/** How far back trends go. Days. */
const TREND_DAYS = 90;
const DAY = 86_400_000;

/** Which recommendations are asked for. */
export interface RecommendationQuery extends Omit<RecommendationFilter, 'subscription' | 'cluster' | 'pool'> {
  /** As for `resolveScope`; null for the whole fleet. */
  readonly scope: string | null;
}

/** Recommendations, the most urgent first. @throws NodewardError scope-unknown */
export async function recommendationList(
  fleet: Fleet,
  { scope, ...filter }: RecommendationQuery,
  page: Page,
): Promise<Paged<Recommendation>> {
  const within = inScope(await resolveScope(fleet, scope ?? 'all'));
  return fleet.store.findings.recommendations({ ...filter, ...within }, page);
}

/**
 * How the fleet, its subscriptions and its clusters stand.
 * @param scope as for `resolveScope`: only what is in it; null for all
 * @throws NodewardError scope-unknown
 */
export async function rollups(fleet: Fleet, scope: string | null): Promise<readonly RollupRow[]> {
  const resolved = await resolveScope(fleet, scope ?? 'all');
  return fleet.store.read((reader) => rollupsAt(fleet, reader, resolved));
}

/** The same, at the instant of a reader. */
export async function rollupsAt(
  fleet: Fleet,
  { findings }: StoreReader,
  scope: ResolvedScope,
): Promise<readonly RollupRow[]> {
  const { items } = await findings.recommendations(inScope(scope), ALL);
  const since = trendStart(fleet);
  const points: ScorePoint[] = [];
  const scopes = new Set(items.flatMap(({ subscription, cluster }) => [subscription, cluster]));
  for (const each of scope.kind === 'all' ? [null] : scopes)
    points.push(...(await findings.scores(each, since)));
  const trends = Map.groupBy(points, (point) => point.scope);
  const kinds = { all: ['fleet', 'subscription', 'cluster'], subscription: ['subscription', 'cluster'] };
  const shown = scope.kind === 'all' || scope.kind === 'subscription' ? kinds[scope.kind] : ['cluster'];
  return rollupRows(items, (each) => trends.get(each) ?? []).filter(({ kind }) => shown.includes(kind));
}

/** The first day of trends. */
export function trendStart({ clock }: Fleet): string {
  return new Date(clock.now().getTime() - TREND_DAYS * DAY).toISOString();
}

/** Findings of a scope: of one pool each with its life, else the CVEs over all of its pools. */
export type FindingList =
  | ({ readonly kind: 'cves'; readonly scope: ResolvedScope } & Paged<CveRollup>)
  | ({ readonly kind: 'pool'; readonly scope: ResolvedScope } & Paged<PoolFindingLife>);

/** Which findings are asked for. */
export interface FindingQuery extends FindingFilter {
  /** As for `resolveScope`; null for the whole fleet. */
  readonly scope: string | null;
}

/** Findings, the most urgent first. @throws NodewardError scope-unknown */
export async function findingList(
  fleet: Fleet,
  { scope: text, ...filter }: FindingQuery,
  page: Page,
): Promise<FindingList> {
  const scope = await resolveScope(fleet, text ?? 'all');
  return fleet.store.read(async (reader) => {
    if (scope.kind !== 'pool')
      return { kind: 'cves', scope, ...(await cvesAt(fleet, reader, { scope, filter, page })) };
    const pool = (await poolsAt(fleet, reader, scope))[0];
    if (pool === undefined) return { kind: 'pool', scope, items: [], total: 0 };
    const lives = await livesAt(fleet, reader, { pools: [scope.id] });
    const exploited = (cve: string): boolean =>
      (lives.judging.vulnerabilities.get(cve)?.kev ?? null) !== null;
    return { kind: 'pool', scope, ...pageOfLives(lives.of(pool), { ...filter, exploited }, page) };
  });
}

/** The CVEs of a scope: as they are kept for the fleet and for subscriptions, else computed from its pools. */
export async function cvesAt(
  fleet: Fleet,
  reader: StoreReader,
  asked: { readonly scope: ResolvedScope; readonly filter: FindingFilter; readonly page: Page },
): Promise<Paged<CveRollup>> {
  const { scope, filter, page } = asked;
  if (scope.kind === 'all' || scope.kind === 'subscription')
    return reader.findings.cves({ ...filter, scope: scope.id }, page);
  const facts = (await poolsAt(fleet, reader, scope)).flatMap((pool) => (pool.enabled ? [pool.facts] : []));
  const history = await reader.findings.history(facts.map(({ pool }) => pool));
  const { cves } = summarise(facts, history, await judgingAt(fleet, reader, null));
  return pageOfCves(
    cves.filter((each) => each.scope === 'all'),
    filter,
    page,
  );
}

/** The pools of a cluster, or the one pool. */
async function poolsAt(
  fleet: Fleet,
  reader: StoreReader,
  scope: ResolvedScope,
): Promise<readonly KnownPool[]> {
  const cluster = await clusterOf(reader, scope.id);
  const pools: KnownPool[] = [];
  if (cluster === null) return pools;
  for await (const known of knownClusters(fleet, reader, [cluster])) pools.push(...known.pools);
  return scope.kind === 'cluster' ? pools : pools.filter(({ facts }) => facts.pool === scope.id);
}

/** The cluster of this id, or that a pool's id begins with. */
async function clusterOf({ inventory }: StoreReader, id: string): Promise<StoredCluster | null> {
  for (let end = id.length; end > 0; end = id.lastIndexOf('/', end - 1)) {
    const cluster = await inventory.cluster(id.slice(0, end));
    if (cluster !== null) return cluster;
  }
  return null;
}
