/** A cluster with its pools and nodes, judged: what all views are made of. */
import type { CoverageReason, Evidence } from '../../model/coverage.ts';
import type { CoverageCounts, NodeView } from '../../model/fleet-report.ts';
import type {
  Enablement,
  ScanFailure,
  StoredCluster,
  StoredNode,
  StoredPool,
  StoredSubscription,
} from '../../model/inventory.ts';
import type { StoredSoftware, StoreReader } from '../../storage/index.ts';
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

  private constructor(fleet: Fleet, known: Known) {
    const { rules, clock } = fleet;
    this.#fleet = fleet;
    this.#standings = standings(known.enablements, rules.excludeTags);
    this.#subscriptions = new Map(known.subscriptions.map(({ id, name }) => [id, name]));
    const { maxAgeHours, disks } = rules;
    const advisories = new AdvisoryJudge(fleet, known.heads);
    this.#judging = { now: clock.now(), maxAgeHours, disks, advisories };
  }

  static of(fleet: Fleet): Promise<Viewer> {
    return fleet.store.read((reader) => Viewer.at(fleet, reader));
  }

  /** With what is known at the instant of a reader. */
  static async at(fleet: Fleet, { inventory }: StoreReader): Promise<Viewer> {
    const enablements = await inventory.enablements();
    const subscriptions = await inventory.subscriptions();
    return new Viewer(fleet, { enablements, subscriptions, heads: await inventory.softwareHeads() });
  }

  /** Everything of one cluster, read at one instant. */
  async look(cluster: StoredCluster): Promise<ClusterLook> {
    const content = await this.#fleet.store.read((reader) => contentOf(reader, cluster.id));
    return this.judge(cluster, content);
  }

  /** A cluster with what it holds. */
  judge(cluster: StoredCluster, { nodes, evidence, failures, pools }: Content): ClusterLook {
    const subscription = this.#subscriptions.get(cluster.subscription) ?? cluster.subscription;
    const looks = pools.map((pool): PoolLook => {
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
    const summary = clusterSummary(cluster, standing, looks);
    return { cluster, subscription, standing, pools: looks, summary };
  }
}

/** What all clusters are looked at with. */
interface Known {
  readonly enablements: readonly Enablement[];
  readonly subscriptions: readonly StoredSubscription[];
  readonly heads: ReadonlyMap<string, StoredSoftware>;
}

/** What a cluster holds at one instant: nodes by their pool, evidence and failures by their node. */
export interface Content {
  readonly pools: readonly StoredPool[];
  readonly nodes: ReadonlyMap<string, readonly StoredNode[]>;
  readonly evidence: ReadonlyMap<string, readonly Evidence[]>;
  readonly failures: ReadonlyMap<string, ScanFailure>;
}

/** Everything that is stored of a cluster that is there. */
export async function contentOf({ inventory }: StoreReader, cluster: string): Promise<Content> {
  const failures = await inventory.scanFailures({ cluster });
  return {
    pools: await inventory.pools({ cluster }),
    nodes: Map.groupBy(await inventory.nodes({ cluster }), ({ pool }) => pool),
    evidence: Map.groupBy(await inventory.evidence({ cluster }), ({ node }) => node),
    failures: new Map(failures.map((each) => [each.node, each])),
  };
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
