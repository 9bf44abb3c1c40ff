import type { CoverageReason } from '../model/coverage.ts';
import type { Cluster } from '../model/fleet.ts';
import type { CoverageCounts } from '../model/fleet-report.ts';
import type { Recommendation } from '../model/recommendation.ts';
import { autoUpgradeState } from './auto-upgrade.ts';
import { noCounts } from './counts.ts';
import type { PoolDrift } from './drift.ts';
import { withIds } from './ids.ts';
import { NO_RISK } from './risk.ts';
import type { PoolSummary } from './summary.ts';

/** A pool that is recommended something. */
export interface PoolSubject {
  /** Ids and names. */
  readonly pool: string;
  readonly poolName: string;
  readonly cluster: string;
  readonly clusterName: string;
  readonly subscription: string;
  readonly subscriptionName: string;
  readonly owner: string | null;
  readonly nodes: number;
  /** Its nodes by how far they are assessed. */
  readonly coverage: CoverageCounts;
  /** False where a part of it is not enabled, stopped, not reached, or has nodes that were not seen. */
  readonly whole: boolean;
  /** Why it is not fully assessed; empty where it is. */
  readonly reasons: readonly CoverageReason[];
  /** Image that most of its nodes run, and the one its region offers. */
  readonly image: string | null;
  readonly offered: string | null;
  /** Only how many nodes it names counts here. */
  readonly drift: { readonly affected: number; readonly reasons: PoolDrift['reasons'] };
}

/** A cluster that is recommended something. */
export interface ClusterSubject extends Pick<Cluster, 'provider' | 'autoUpgrade'> {
  /** Ids and names. */
  readonly cluster: string;
  readonly clusterName: string;
  readonly subscription: string;
  readonly subscriptionName: string;
  readonly owner: string | null;
  readonly nodes: number;
}

/** Everything that is recommended something. */
export interface Subjects {
  readonly pools: readonly PoolSubject[];
  readonly clusters: readonly ClusterSubject[];
}

/** What of a recommendation depends on its kind. */
type Judged = Pick<Recommendation, 'state' | 'risk' | 'affected' | 'counts' | 'dueAt' | 'reasons'>;

/**
 * The recommendations: `vulnerabilities` and `drift` of each pool, `auto-upgrade` of each cluster.
 * @param summaries of the pools, by their id; a pool without one is not assessed
 */
export function recommendationsOf(
  { pools, clusters }: Subjects,
  summaries: ReadonlyMap<string, PoolSummary>,
  now: Date,
): readonly Recommendation[] {
  const since = now.toISOString();
  const made: Omit<Recommendation, 'id'>[] = [];
  for (const pool of pools) {
    const common = { ...placeOf(pool), scope: pool.pool, pool: pool.pool, poolName: pool.poolName, since };
    const { image, offered } = pool;
    const vulnerable = vulnerabilitiesOf(pool, summaries.get(pool.pool) ?? null);
    made.push({ ...common, kind: 'vulnerabilities', image, offered, ...vulnerable });
    made.push({ ...common, kind: 'drift', image, offered, ...driftIn(pool) });
  }
  for (const cluster of clusters) {
    const common = { ...placeOf(cluster), scope: cluster.cluster, pool: null, poolName: null, since };
    made.push({ ...common, kind: 'auto-upgrade', image: null, offered: null, ...autoUpgradeOf(cluster) });
  }
  return withIds(made);
}

function placeOf(subject: PoolSubject | ClusterSubject) {
  const { cluster, clusterName, subscription, subscriptionName, owner, nodes } = subject;
  return { cluster, clusterName, subscription, subscriptionName, owner, nodes };
}

/** Open findings are told whatever is not known; that there are none is only said where everything is. */
function vulnerabilitiesOf(pool: PoolSubject, summary: PoolSummary | null): Judged {
  const { counts = noCounts(), risk = NO_RISK, affected = 0, dueAt = null, pending = 0 } = summary ?? {};
  const known = isAssessed(pool) && summary !== null && pending === 0;
  const reasons = [...pool.reasons];
  if (pending > 0 || (summary === null && reasons.length === 0)) reasons.push(pendingReason(pending));
  const state = counts.open > 0 ? 'unhealthy' : known ? 'healthy' : 'not-assessed';
  return { state, risk, affected, counts, dueAt, reasons };
}

function driftIn(pool: PoolSubject): Judged {
  const { affected, reasons } = pool.drift;
  const quiet = { risk: NO_RISK, affected, counts: noCounts(), dueAt: null };
  if (affected > 0) return { ...quiet, state: 'unhealthy', reasons };
  return isAssessed(pool)
    ? { ...quiet, state: 'healthy', reasons: [] }
    : { ...quiet, state: 'not-assessed', reasons: pool.reasons };
}

/** Whether every node was read completely, and all nodes were seen. */
function isAssessed({ whole, nodes, coverage }: PoolSubject): boolean {
  return whole && nodes > 0 && coverage.assessed === nodes;
}

function pendingReason(nodes: number): CoverageReason {
  const whose = nodes === 0 ? 'The software of the pool' : `The software of ${nodes} nodes`;
  const detail = `${whose} was not compared with the advisories yet.`;
  return { code: 'not-synced', detail, remedy: 'Run `nodeward sync`.' };
}

function autoUpgradeOf(cluster: ClusterSubject): Judged {
  const { state, reasons } = autoUpgradeState(cluster);
  const affected = state === 'unhealthy' ? cluster.nodes : 0;
  return { state, reasons, affected, risk: NO_RISK, counts: noCounts(), dueAt: null };
}
