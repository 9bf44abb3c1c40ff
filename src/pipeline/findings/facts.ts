import {
  type ClusterSubject,
  driftOf,
  exemptionBook,
  type Judging,
  mostOf,
  ownerOf,
  type PoolDrift,
  type PoolFacts,
  type PoolSubject,
} from '../../findings/index.ts';
import type { Exemption } from '../../model/exemption.ts';
import type { NodeView } from '../../model/fleet-report.ts';
import type { OwnerRule } from '../../model/governance.ts';
import type { StoredCluster, StoredPool } from '../../model/inventory.ts';
import type { Exposure } from '../../model/recommendation.ts';
import type { StoreReader } from '../../storage/index.ts';
import { parseNodeImageName, withLive } from '../../versions/node-image/name.ts';
import { totalOf } from '../fleet/coverage.ts';
import { type ClusterLook, contentOf, type PoolLook, reasonsOf, Viewer } from '../fleet/look.ts';
import type { Fleet } from '../fleet/types.ts';

/** A pool with everything that its findings and recommendations depend on. */
export interface KnownPool {
  readonly facts: PoolFacts;
  readonly subject: PoolSubject;
  readonly drift: PoolDrift;
  readonly region: string | null;
  /** Whether its assessment is enabled. */
  readonly enabled: boolean;
}

/** A cluster with its pools. */
export interface KnownCluster {
  readonly subject: ClusterSubject;
  readonly pools: readonly KnownPool[];
  /** Its nodes, by the id of their pool. */
  readonly nodes: ReadonlyMap<string, readonly NodeView[]>;
}

/** What is known of clusters at the instant of a reader, one cluster at a time. */
export async function* knownClusters(
  fleet: Fleet,
  reader: StoreReader,
  clusters: readonly StoredCluster[],
): AsyncIterable<KnownCluster> {
  const viewer = await Viewer.at(fleet, reader);
  const rules = await reader.governance.ownerRules();
  for (const cluster of clusters)
    yield knownCluster(viewer.judge(cluster, await contentOf(reader, cluster.id)), rules);
}

function knownCluster(look: ClusterLook, rules: readonly OwnerRule[]): KnownCluster {
  const { cluster, subscription: subscriptionName, pools, summary } = look;
  const { provider, autoUpgrade, subscription, tags: clusterTags } = cluster;
  const nobody = { poolTags: {}, labels: {}, pool: cluster.id };
  return {
    subject: {
      ...{ provider, autoUpgrade, subscription, subscriptionName },
      cluster: cluster.id,
      clusterName: cluster.name,
      owner: ownerOf(rules, { ...nobody, clusterTags, cluster: cluster.id, subscription }),
      nodes: totalOf(summary.counts),
    },
    pools: pools.map((pool) => knownPool(look, pool, rules)),
    nodes: new Map(pools.map(({ pool, nodes }) => [pool.id, nodes])),
  };
}

function knownPool(of: ClusterLook, look: PoolLook, rules: readonly OwnerRule[]): KnownPool {
  const { pool, nodes, summary, standing } = look;
  const { id, subscription, name: clusterName, tags: clusterTags, region, problems } = of.cluster;
  const { tags: poolTags, labels } = pool;
  const drift = driftOf(nodes.map(softwareOf));
  const image = mostOf(nodes.map(({ node }) => node.image)) ?? pool.image;
  const names = { pool: pool.id, cluster: id, subscription };
  return {
    facts: { ...names, ...versionsOf(image, nodes), exposure: exposureOf(pool, nodes.length) },
    subject: {
      ...names,
      ...{ poolName: pool.name, clusterName, subscriptionName: of.subscription, image },
      owner: ownerOf(rules, { poolTags, clusterTags, labels, ...names }),
      nodes: nodes.length,
      coverage: summary.counts,
      whole: summary.whole && problems.length === 0,
      reasons: reasonsOf(summary),
      offered: pool.latestImage,
      drift: { affected: drift.nodes.length, reasons: drift.reasons },
    },
    drift,
    region,
    enabled: standing.enabled,
  };
}

function softwareOf({ node: { name, image }, coverage: { evidence } }: NodeView) {
  const { source = null, software: list = null, drift = [] } = evidence ?? {};
  return { name, image, source, list, drift };
}

/**
 * The family of the images of all nodes, and the versions of it that they run; none where one of them may run something
 * else. While nodes are of several families, what holds for one of them does not hold for the pool.
 */
function versionsOf(
  image: string | null,
  nodes: readonly NodeView[],
): Pick<PoolFacts, 'family' | 'imageVersions'> {
  const family = image === null ? null : (parseNodeImageName(image)?.family ?? null);
  const named = nodes.flatMap(({ node }) => (node.image === null ? [] : [parseNodeImageName(node.image)]));
  if (named.some((each) => each?.family !== family)) return { family: null, imageVersions: [] };
  const versions = named.flatMap((each) => (each === null ? [] : [withLive(each.version, each.live)]));
  if (versions.length < nodes.length) return { family, imageVersions: [] };
  return { family, imageVersions: [...new Set(versions)].sort() };
}

function exposureOf({ publicAddress, mode, privileged }: StoredPool, nodes: number): Exposure {
  const systemPool = mode === null ? null : mode.toLowerCase() === 'system';
  return { publicAddress, systemPool, nodes, privileged };
}

/** What findings are judged by, with the exemptions as they were made. */
interface Grounds extends Omit<Judging, 'exemptions'> {
  readonly exemptions: readonly Exemption[];
}

/**
 * What findings are judged by at the instant of a reader, for those who read the exemptions in their own way.
 * @param cves those that are judged; all where null
 */
export async function groundsAt(
  { clock }: Fleet,
  { findings, governance }: StoreReader,
  cves: readonly string[] | null,
): Promise<Grounds> {
  return {
    vulnerabilities: await findings.vulnerabilities(cves),
    policy: await governance.policy(),
    exemptions: await governance.exemptions(),
    now: clock.now(),
  };
}

/** What findings are judged by at the instant of a reader. @param cves as for `groundsAt` */
export async function judgingAt(
  fleet: Fleet,
  reader: StoreReader,
  cves: readonly string[] | null,
): Promise<Judging> {
  const { exemptions, ...grounds } = await groundsAt(fleet, reader, cves);
  const { vulnerabilities, now } = grounds;
  return { ...grounds, exemptions: exemptionBook(exemptions, now.toISOString(), vulnerabilities.values()) };
}
