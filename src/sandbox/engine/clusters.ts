import { endOperation, type OperationEnd } from '../arm/operations.ts';
import { isSettled } from '../provisioning.ts';
import type { SimCluster, SimOperation, SimPool } from '../types.ts';
import { begin, type Engine, finish, lasting, operationOf, runningOperation, touch } from './engine.ts';
import { imageForPool } from './families.ts';
import { targetOf } from './nodes.ts';
import { PREEMPTED, removeNodes, removePool, settleCount } from './pools.ts';
import { startUpgrade, type UpgradeStart } from './upgrade.ts';
import type { Failure } from './upgrade-run.ts';

/** Changes of a cluster that end at once after some time. */
export type ClusterChange = 'create' | 'update' | 'delete' | 'start' | 'stop' | 'abort' | 'upgrade';

const KINDS = {
  create: { kind: 'CreateCluster', state: 'Creating', lasts: 'create' },
  update: { kind: 'UpdateCluster', state: 'Updating', lasts: 'reconcile' },
  delete: { kind: 'DeleteCluster', state: 'Deleting', lasts: 'delete' },
  start: { kind: 'StartCluster', state: 'Starting', lasts: 'start' },
  stop: { kind: 'StopCluster', state: 'Stopping', lasts: 'stop' },
  abort: { kind: 'Abort', state: 'Canceling', lasts: 'abort' },
  upgrade: { kind: 'UpgradeCluster', state: 'Upgrading', lasts: 'controlPlane' },
} as const;

/** Starts a change of a cluster whose fields say already what it is to become. */
export function changeCluster(
  engine: Engine,
  cluster: SimCluster,
  change: { readonly what: ClusterChange; readonly data?: Record<string, unknown> },
): SimOperation {
  const { core } = engine;
  const { kind, state, lasts } = KINDS[change.what];
  const operation = begin(engine, cluster, {
    kind,
    state,
    ...(change.data === undefined ? {} : { data: change.data }),
  });
  const after = lasting(lasts, core.random(`${kind} ${operation.id}`));
  const data = { operation: operation.id, cluster: cluster.id, what: change.what };
  core.schedule({ at: core.now() + after, kind: 'cluster-change', data });
  return operation;
}

/**
 * Upgrades the control plane, then the pools named, one after the other.
 * @param to the version as it was asked for, and in full
 */
export function upgradeCluster(
  engine: Engine,
  cluster: SimCluster,
  to: { readonly wanted: string; readonly version: string; readonly pools: readonly string[] },
): SimOperation {
  cluster.kubernetesVersion = to.wanted;
  return changeCluster(engine, cluster, {
    what: 'upgrade',
    data: { wanted: to.wanted, version: to.version, pools: [...to.pools] },
  });
}

/** Cancels what a cluster is doing, and what its pools are as a part of it. */
export function abortCluster(engine: Engine, cluster: SimCluster): SimOperation {
  endRunning(engine, cluster, { status: 'Canceled' });
  return changeCluster(engine, cluster, { what: 'abort' });
}

/** Starts to delete a cluster; what it and its pools are doing gives way. */
export function deleteCluster(engine: Engine, cluster: SimCluster): SimOperation {
  endRunning(engine, cluster, PREEMPTED);
  return changeCluster(engine, cluster, { what: 'delete' });
}

/** Ends what runs on a cluster and on its pools. */
function endRunning(engine: Engine, cluster: SimCluster, end: OperationEnd): void {
  const { core } = engine;
  for (const resource of [cluster, ...core.state.poolsOf(cluster.id)]) {
    const running = runningOperation(core, resource.id);
    if (running !== undefined) endOperation(core, running, end);
    if (isSettled(resource.provisioningState)) continue;
    resource.provisioningState = 'Canceled';
    touch(core, resource);
  }
}

/** Names the handlers of these changes. Called once, at start. */
export function runClusterChanges(engine: Engine): void {
  const { core } = engine;
  core.onEvent('cluster-change', ({ data }) => {
    const operation = operationOf(core, data);
    const cluster = core.state.clusters.get(String(data.cluster));
    if (operation === undefined || operation.status !== 'InProgress' || cluster === undefined) return;
    endChange(engine, { operation, cluster, what: data.what as ClusterChange });
  });
}

/** Goes on with a cluster's upgrade once one of its pools has ended. */
export function continueUpgrade(engine: Engine, parent: string, failure: Failure | null): void {
  const operation = engine.core.state.operations.get(parent);
  if (operation === undefined || operation.status !== 'InProgress') return;
  if (failure === null) nextPool(engine, operation);
  else finish(engine, operation, { status: 'Failed', error: failure });
}

/** A change that is over. */
interface EndingChange {
  readonly operation: SimOperation;
  readonly cluster: SimCluster;
  readonly what: ClusterChange;
}

function endChange(engine: Engine, { operation, cluster, what }: EndingChange): void {
  const { core } = engine;
  const pools = core.state.poolsOf(cluster.id);
  if (what === 'upgrade') {
    cluster.currentKubernetesVersion = String(operation.data.version);
    touch(core, cluster);
    nextPool(engine, operation);
    return;
  }
  if (what === 'abort' || what === 'delete') {
    endOperation(core, operation, { status: 'Succeeded' });
    cluster.provisioningState = 'Canceled';
    touch(core, cluster);
    if (what === 'delete') removeCluster(engine, cluster);
    return;
  }
  if (what === 'stop') {
    cluster.power = 'Stopped';
    for (const pool of pools) removeNodes(engine, pool, Number.POSITIVE_INFINITY);
  }
  const fills = what === 'create' || (what === 'start' && cluster.power === 'Stopped');
  if (what === 'start') cluster.power = 'Running';
  const failures = fills ? pools.map((pool) => fillPool(engine, pool)) : [];
  const failure = failures.find((each) => each !== null) ?? null;
  finish(
    engine,
    operation,
    failure === null ? { status: 'Succeeded' } : { status: 'Failed', error: failure },
  );
}

/** Gives a pool without nodes those it should have. @returns why it could not, or null */
function fillPool(engine: Engine, pool: SimPool): Failure | null {
  const failure = settleCount(engine, pool);
  pool.provisioningState = failure === null ? 'Succeeded' : 'Failed';
  pool.provisioningError = failure;
  touch(engine.core, pool);
  return failure;
}

function removeCluster(engine: Engine, cluster: SimCluster): void {
  const { state } = engine.core;
  for (const pool of state.poolsOf(cluster.id)) removePool(engine, pool);
  for (const node of state.nodesOfCluster(cluster.id)) state.nodes.delete(node.id);
  for (const object of [...state.kube.values()])
    if (object.cluster === cluster.id) state.kube.delete(object.id);
  state.clusters.delete(cluster.id);
}

/** Upgrades the next pool of a cluster upgrade, or ends it. */
function nextPool(engine: Engine, operation: SimOperation): void {
  const { core } = engine;
  const left = operation.data.pools as string[];
  const version = String(operation.data.version);
  const wanted = String(operation.data.wanted);
  for (let id = left.shift(); id !== undefined; id = left.shift()) {
    const pool = core.state.pools.get(id);
    if (pool === undefined) continue;
    startUpgrade(engine, pool, {
      ...poolUpgrade(engine, pool, { wanted, version }),
      parent: operation.id,
    });
    core.state.operations.put(operation);
    return;
  }
  finish(engine, operation, { status: 'Succeeded' });
}

/** What an upgrade of a pool to a Kubernetes version does: it also gets the newest image of its SKU. */
export function poolUpgrade(
  { core }: Engine,
  pool: SimPool,
  { wanted, version }: { readonly wanted: string; readonly version: string },
): UpgradeStart {
  const location = core.state.clusters.get(pool.cluster)?.location ?? '';
  const newest =
    pool.family === null ? null : imageForPool(core, pool, { location, kubernetesVersion: version });
  return {
    ...{ kind: 'UpgradePool', state: 'Upgrading', orchestratorVersion: wanted },
    family: newest?.family ?? pool.family,
    target: { image: newest?.image ?? targetOf(pool).image, kubelet: version },
  };
}
