import { isSettled } from '../provisioning.ts';
import type { SimCluster, SimOperation, SimPool } from '../types.ts';
import { replaceDrifted } from './auto-provisioned.ts';
import { upgradeCluster } from './clusters.ts';
import { clusterOf, type Engine, touch } from './engine.ts';
import { opensWithin } from './maintenance.ts';
import { addNode, removeNode, targetOf } from './nodes.ts';
import { removeNodes } from './pools.ts';
import { startUpgrade } from './upgrade.ts';
import { compareVersions, minorOf, offeredVersions } from './versions.ts';

const HOUR_MS = 3_600_000;
const HOURS_PER_WEEK = 168;
/** A short-lived pool changes in one hour out of so many. */
const CHURN_HOURS = 3;
const NODE_SCHEDULE = 'aksManagedNodeOSUpgradeSchedule';
const CLUSTER_SCHEDULE = 'aksManagedAutoUpgradeSchedule';

/** What Azure does by itself, looked at every full hour. Called once, at start. */
export function runBackground(engine: Engine): void {
  const { core } = engine;
  core.onEvent('hour', ({ at }) => {
    core.schedule({ at: at + HOUR_MS, kind: 'hour', data: {} });
    for (const cluster of [...core.state.clusters.values()]) hourOf(engine, cluster, at);
  });
  const next = (Math.floor(core.now() / HOUR_MS) + 1) * HOUR_MS;
  if (core.fresh) core.schedule({ at: next, kind: 'hour', data: {} });
}

function hourOf(engine: Engine, cluster: SimCluster, at: number): void {
  if (cluster.power === 'Stopped' || !isSettled(cluster.provisioningState)) return;
  if (cluster.nodeProvisioning === 'Auto') replaceDrifted(engine, cluster);
  for (const pool of engine.core.state.poolsOf(cluster.id)) if (isShortLived(pool)) churn(engine, pool, at);
  if (isWindow(cluster, CLUSTER_SCHEDULE, at) && upgradeByChannel(engine, cluster)) return;
  if (isWindow(cluster, NODE_SCHEDULE, at)) upgradeNodes(engine, cluster);
}

/** Whether a kind of automatic upgrade may start now: in its window, else once a week at an hour of the cluster's own. */
function isWindow(cluster: SimCluster, name: string, at: number): boolean {
  const configuration = cluster.maintenance[name] ?? cluster.maintenance.default;
  if (configuration !== undefined) return opensWithin(configuration, at);
  return Math.floor(at / HOUR_MS) % HOURS_PER_WEEK === cluster.seed % HOURS_PER_WEEK;
}

/** Starts what the channel of the node's operating system wants. */
export function upgradeNodes(engine: Engine, cluster: SimCluster): void {
  const channel = cluster.upgradeChannel === 'node-image' ? 'NodeImage' : cluster.nodeOsChannel;
  if (channel === 'NodeImage') upgradeStalePool(engine, cluster);
  if (channel === 'SecurityPatch') patchNodes(engine, cluster);
}

/**
 * Starts to upgrade the first pool whose region has a newer image. Called again once it is done, so that the others
 * follow one by one.
 */
export function upgradeStalePool(engine: Engine, cluster: SimCluster): SimOperation | null {
  const { core } = engine;
  if (!isSettled(cluster.provisioningState) || cluster.power === 'Stopped') return null;
  const pools = core.state.poolsOf(cluster.id);
  if (pools.some(({ provisioningState }) => !isSettled(provisioningState))) return null;
  const stale = pools.find(
    (pool) =>
      isUpgradeable(pool) && pool.nodeImageVersion !== core.latestImage(pool.family ?? '', cluster.location),
  );
  return stale === undefined ? null : autoUpgrade(engine, stale);
}

/** Starts an automatic upgrade of a pool to the newest image of its family; null where there is none. */
export function autoUpgrade(engine: Engine, pool: SimPool): SimOperation | null {
  const { family, orchestratorVersion, currentOrchestratorVersion: kubelet } = pool;
  const image =
    family === null ? null : engine.core.latestImage(family, clusterOf(engine.core, pool).location);
  if (image === null) return null;
  const target = { image, kubelet };
  return startUpgrade(engine, pool, {
    ...{
      kind: 'AutoUpgradeNodeImage',
      state: 'UpgradingNodeImageVersion',
      target,
      family,
      orchestratorVersion,
    },
  });
}

/** Patches the nodes that run, without making them anew: their image gets the date of the patches. */
function patchNodes({ core, api }: Engine, cluster: SimCluster): void {
  const day = new Date(core.now()).toISOString().slice(0, 10).replaceAll('-', '.');
  for (const node of core.state.nodesOfCluster(cluster.id)) {
    const linux = node.pool === null || core.state.pools.get(node.pool)?.osType === 'Linux';
    if (node.image === null || !linux) continue;
    node.live = day;
    core.state.nodes.put(node);
    api.nodeChanged(node, 'MODIFIED');
  }
}

/** Starts what the cluster's channel wants of its Kubernetes version. @returns whether anything was started */
function upgradeByChannel(engine: Engine, cluster: SimCluster): boolean {
  const { core } = engine;
  const version = channelVersion(offeredVersions(core, cluster.location), cluster);
  if (version === null || compareVersions(version, cluster.currentKubernetesVersion) <= 0) return false;
  const pools = core.state.poolsOf(cluster.id);
  if (pools.some(({ provisioningState }) => !isSettled(provisioningState))) return false;
  const ids = pools.filter((pool) => pool.type !== 'VirtualMachines').map(({ id }) => id);
  upgradeCluster(engine, cluster, { wanted: version, version, pools: ids });
  return true;
}

function channelVersion(offered: readonly string[], cluster: SimCluster): string | null {
  const minors = [...new Set(offered.map(minorOf))];
  const newestOf = (minor: string | undefined): string | null =>
    offered.findLast((version) => minorOf(version) === minor) ?? null;
  const current = minorOf(cluster.currentKubernetesVersion);
  if (cluster.upgradeChannel === 'patch') return newestOf(current);
  const wanted = { stable: minors.at(-2), rapid: minors.at(-1) }[cluster.upgradeChannel];
  if (wanted === undefined) return null;
  // No minor may be skipped.
  const next = minors.find((minor) => compareVersions(minor, current) > 0);
  if (next !== undefined && compareVersions(wanted, next) > 0) return newestOf(next);
  return newestOf(wanted);
}

function isUpgradeable(pool: SimPool): boolean {
  return pool.family !== null && pool.type !== 'VirtualMachines' && pool.power === 'Running';
}

function isShortLived({ spot, autoscale, power, provisioningState }: SimPool): boolean {
  return (spot || autoscale !== null) && power === 'Running' && isSettled(provisioningState);
}

/** Machines come and go: spot ones are taken back, the autoscaler follows the load. Upkeep of the count included. */
function churn(engine: Engine, pool: SimPool, at: number): void {
  const { core, api } = engine;
  const random = core.random(`churn ${pool.id} ${at}`);
  if (random.below(CHURN_HOURS) > 0) return;
  const [oldest] = [...core.state.nodesOf(pool.id)].sort((a, b) => a.created - b.created);
  if (oldest !== undefined) removeNode(core, oldest, api);
  const { min, max } = pool.autoscale ?? { min: pool.count, max: pool.count };
  const wanted = Math.min(max, Math.max(min, pool.count + random.below(3) - 1));
  const nodes = core.state.nodesOf(pool.id).length;
  for (let count = nodes; count < wanted; count++)
    api.nodeChanged(addNode(core, pool, targetOf(pool)), 'ADDED');
  if (nodes > wanted) removeNodes(engine, pool, nodes - wanted);
  if (pool.count !== wanted) {
    pool.count = wanted;
    touch(core, pool);
  }
  api.settlePods(clusterOf(core, pool));
}
