import type { CoverageReason } from '../model/coverage.ts';
import type { Cluster } from '../model/fleet.ts';
import type { CoverageCounts } from '../model/fleet-report.ts';
import type { Recommendation } from '../model/recommendation.ts';
import type { PoolDrift } from './drift.ts';
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

/**
 * The recommendations: `vulnerabilities` and `drift` of each pool, `auto-upgrade` of each cluster.
 * @param summaries of the pools, by their id; a pool without one is not assessed
 */
export function recommendationsOf(
  _subjects: Subjects,
  _summaries: ReadonlyMap<string, PoolSummary>,
  _now: Date,
): readonly Recommendation[] {
  throw new Error('to be written');
}
