/** A cluster with its pools and nodes, judged: what all views are made of. */
import type { CoverageReason } from '../../model/coverage.ts';
import type { CoverageCounts, NodeView } from '../../model/fleet-report.ts';
import type { ScanFailure, StoredCluster, StoredNode, StoredPool } from '../../model/inventory.ts';
import { AdvisoryJudge } from './advisory-reasons.ts';
import { addCounts, type Judging, NO_NODES, nodeCoverage } from './coverage.ts';
import { joinReasons, ReasonCounts } from './reason-counts.ts';
import { type Standing, type Standings, standings } from './standing.ts';
import type { Fleet } from './types.ts';

/** How far a scope is assessed. */
export interface Summary {
  readonly counts: CoverageCounts;
  /** False where a part of it is not enabled, stopped, not reached, or has nodes that were not seen. */
  readonly whole: boolean;
  /** What it is missing by itself. */
  readonly own: readonly CoverageReason[];
  /** What its parts are missing. */
  readonly parts: readonly ReasonCounts[];
}

/** A pool with its nodes. */
export interface PoolLook {
  readonly pool: StoredPool;
  readonly standing: Standing;
  readonly nodes: readonly NodeView[];
  readonly summary: Summary;
}

/** A cluster with its pools. */
export interface ClusterLook {
  readonly cluster: StoredCluster;
  /** Name of its subscription. */
  readonly subscription: string;
  readonly standing: Standing;
  readonly pools: readonly PoolLook[];
  readonly summary: Summary;
}

/** The reasons of a scope and of its parts, each code once. */
export function reasonsOf({ own, parts }: Summary): readonly CoverageReason[] {
  return joinReasons(own, parts);
}

/** Looks at clusters, one after the other, by what is known now. */
export class Viewer {
  readonly #fleet: Fleet;
  readonly #standings: Standings;
  readonly #subscriptions: ReadonlyMap<string, string>;
  readonly #judging: Judging;

  constructor(fleet: Fleet) {
    const { inventory, rules, clock } = fleet;
    this.#fleet = fleet;
    this.#standings = standings(inventory.enablements(), rules.excludeTags);
    this.#subscriptions = new Map(inventory.subscriptions().map(({ id, name }) => [id, name]));
    const { maxAgeHours, disks } = rules;
    this.#judging = { now: clock.now(), maxAgeHours, disks, advisories: new AdvisoryJudge(fleet) };
  }

  /** Everything of one cluster, read at one instant. */
  look(cluster: StoredCluster): ClusterLook {
    const { inventory } = this.#fleet;
    const { id } = cluster;
    return inventory.read(() => {
      const nodes = Map.groupBy(inventory.nodes({ cluster: id }), ({ pool }) => pool);
      const evidence = Map.groupBy(inventory.evidence({ cluster: id }), ({ node }) => node);
      const failures = new Map(inventory.scanFailures({ cluster: id }).map((each) => [each.node, each]));
      const subscription = this.#subscriptions.get(cluster.subscription) ?? cluster.subscription;
      const pools = inventory.pools({ cluster: id }).map((pool): PoolLook => {
        const standing = this.#standings.of(cluster, pool);
        const own = nodes.get(pool.id) ?? [];
        const shared = poolFailure(own, failures);
        const views = own.map((node): NodeView => {
          const failure = failures.get(node.id) ?? shared;
          const facts = { node, pool, cluster, standing, evidence: evidence.get(node.id) ?? [], failure };
          const coverage = nodeCoverage(facts, this.#judging);
          const { enabled } = standing;
          return { node, pool: pool.name, cluster: cluster.name, subscription, enabled, coverage };
        });
        return { pool, standing, nodes: views, summary: poolSummary({ cluster, pool, standing }, views) };
      });
      const standing = this.#standings.of(cluster, null);
      return { cluster, subscription, standing, pools, summary: clusterSummary(cluster, standing, pools) };
    });
  }
}

/** That the disk of one node cannot be read, where it says the same of all nodes of its pool. */
function poolFailure(
  nodes: readonly StoredNode[],
  failures: ReadonlyMap<string, ScanFailure>,
): ScanFailure | null {
  for (const { id } of nodes) {
    const failure = failures.get(id);
    if (failure?.reason.code === 'encrypted-disk' || failure?.reason.code === 'ephemeral-disk')
      return failure;
  }
  return null;
}

function countsOf(nodes: readonly NodeView[]): CoverageCounts {
  const counts = { ...NO_NODES };
  for (const { coverage } of nodes) counts[coverage.state]++;
  return counts;
}

function poolSummary(
  { cluster, pool, standing }: { cluster: StoredCluster; pool: StoredPool; standing: Standing },
  nodes: readonly NodeView[],
): Summary {
  const own: CoverageReason[] = standing.enabled ? [] : [standing.reason];
  const what = cluster.power === 'stopped' ? 'cluster' : 'pool';
  const stopped = cluster.power === 'stopped' || pool.power === 'stopped';
  const unseen = stopped ? 0 : Math.max(0, (pool.count ?? 0) - nodes.length);
  if (stopped) own.push(stoppedReason(what));
  else if (unseen > 0) own.push(unseenReason(pool.count ?? 0, nodes.length));
  else if (nodes.length === 0) own.push(noNodes('pool'));
  const counts = new ReasonCounts('nodes');
  for (const { coverage } of nodes) counts.add(coverage.reasons);
  const whole = standing.enabled && !stopped && unseen === 0 && (nodes.length > 0 || pool.count === 0);
  return { counts: countsOf(nodes), whole, own, parts: [counts] };
}

function clusterSummary(cluster: StoredCluster, standing: Standing, pools: readonly PoolLook[]): Summary {
  const ofPools = new ReasonCounts('pools');
  const ofNodes = new ReasonCounts('nodes');
  let counts = NO_NODES;
  for (const { nodes, summary } of pools) {
    // What a pool is missing is told once for it, not once more for each of its nodes.
    ofPools.add(summary.own);
    for (const { coverage } of nodes) ofNodes.add(coverage.reasons);
    counts = addCounts(counts, summary.counts);
  }
  const own: CoverageReason[] = standing.enabled || pools.length > 0 ? [] : [standing.reason];
  if (cluster.power === 'stopped') own.push(stoppedReason('cluster'));
  own.push(...cluster.problems);
  const seen = pools.some(({ nodes }) => nodes.length > 0);
  if (own.length === 0 && cluster.syncedAt === null) own.push(notSynced());
  else if (own.length === 0 && !seen) own.push(noNodes('cluster'));
  const whole =
    standing.enabled &&
    cluster.power !== 'stopped' &&
    cluster.problems.length === 0 &&
    cluster.syncedAt !== null &&
    pools.every(({ summary }) => summary.whole);
  return { counts, whole, own, parts: [ofPools, ofNodes] };
}

function stoppedReason(what: 'cluster' | 'pool'): CoverageReason {
  const detail = `The ${what} is stopped: it has no machines.`;
  return { code: 'cluster-stopped', detail, remedy: 'Nothing has to be done until it is started again.' };
}

function unseenReason(count: number, seen: number): CoverageReason {
  const detail = `The cloud counts ${count} nodes in the pool; ${seen === 0 ? 'none' : seen} of them ${seen === 1 ? 'was' : 'were'} seen.`;
  const remedy = 'Run `nodeward sync` again; if nodes stay missing, look why they do not join the cluster.';
  return { code: 'not-synced', detail, remedy };
}

function notSynced(): CoverageReason {
  return { code: 'not-synced', detail: 'Its nodes were never read.', remedy: 'Run `nodeward sync`.' };
}

function noNodes(what: 'cluster' | 'pool'): CoverageReason {
  const remedy = 'Nothing has to be done until it has nodes; the next `nodeward sync` finds them.';
  return { code: 'no-nodes', detail: `The ${what} has no nodes.`, remedy };
}
