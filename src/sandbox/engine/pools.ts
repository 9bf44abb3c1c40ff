import { endOperation, type OperationEnd } from '../arm/operations.ts';
import type { SimOperation, SimPool } from '../types.ts';
import {
  begin,
  clusterOf,
  type Engine,
  finish,
  lasting,
  operationOf,
  runningOperation,
  touch,
} from './engine.ts';
import { addNode, removeNode, targetOf } from './nodes.ts';
import { capacityFailure } from './upgrade-run.ts';

/** Changes of a pool that end at once after some time. Upgrades are `startUpgrade`'s. */
export type PoolChange =
  | 'create'
  | 'scale'
  | 'update'
  | 'delete'
  | 'delete-machines'
  | 'start'
  | 'stop'
  | 'abort';

const KINDS = {
  create: { kind: 'CreatePool', state: 'Creating', lasts: 'create' },
  scale: { kind: 'Scale', state: 'Scaling', lasts: 'scale' },
  update: { kind: 'Update', state: 'Updating', lasts: 'reconcile' },
  delete: { kind: 'DeletePool', state: 'Deleting', lasts: 'delete' },
  'delete-machines': { kind: 'DeleteMachines', state: 'Updating', lasts: 'scale' },
  start: { kind: 'StartPool', state: 'Starting', lasts: 'start' },
  stop: { kind: 'StopPool', state: 'Stopping', lasts: 'stop' },
  abort: { kind: 'Abort', state: 'Canceling', lasts: 'abort' },
} as const;

/** Starts a change of a pool whose fields say already what it is to become. */
export function changePool(
  engine: Engine,
  pool: SimPool,
  change: { readonly what: PoolChange; readonly data?: Record<string, unknown> },
): SimOperation {
  const { core } = engine;
  const { kind, state, lasts } = KINDS[change.what];
  const operation = begin(engine, pool, {
    kind,
    state,
    ...(change.data === undefined ? {} : { data: change.data }),
  });
  const after = lasting(lasts, core.random(`${kind} ${operation.id}`));
  const data = { operation: operation.id, pool: pool.id, what: change.what };
  core.schedule({ at: core.now() + after, kind: 'pool-change', data });
  return operation;
}

/**
 * Cancels what a pool is doing, and the upgrade of its cluster that this is a part of. Nodes stay as they are: some new,
 * some old, perhaps one cordoned and surge nodes beside them.
 */
export function abortPool(engine: Engine, pool: SimPool): SimOperation {
  endRunning(engine, pool, { status: 'Canceled' });
  return changePool(engine, pool, { what: 'abort' });
}

/** Starts to delete a pool; what it is doing gives way. */
export function deletePool(engine: Engine, pool: SimPool): SimOperation {
  endRunning(engine, pool, PREEMPTED);
  return changePool(engine, pool, { what: 'delete' });
}

/** How an operation ends whose resource is deleted. */
export const PREEMPTED: OperationEnd = {
  status: 'Failed',
  error: {
    code: 'AKSOperationPreemptedByDelete',
    message: 'The operation was preempted, as the deletion of its resource was asked for.',
  },
};

/** Ends what runs on a pool, and the operation on its cluster that waits for it. */
function endRunning(engine: Engine, pool: SimPool, end: OperationEnd): void {
  const { core } = engine;
  const running = runningOperation(core, pool.id);
  if (running === undefined) return;
  endOperation(core, running, end);
  const run = running.data.run as { parent: string | null } | undefined;
  const parent = core.state.operations.get(run?.parent ?? '');
  if (parent !== undefined && parent.status === 'InProgress') finish(engine, parent, end);
}

/** Names the handler of these changes. Called once, at start. */
export function runPoolChanges(engine: Engine): void {
  const { core } = engine;
  core.onEvent('pool-change', ({ data }) => {
    const operation = operationOf(core, data);
    const pool = core.state.pools.get(String(data.pool));
    // What was aborted goes no further.
    if (operation === undefined || operation.status !== 'InProgress' || pool === undefined) return;
    endChange(engine, { operation, pool, what: data.what as PoolChange });
  });
}

function endChange(
  engine: Engine,
  { operation, pool, what }: { operation: SimOperation; pool: SimPool; what: PoolChange },
): void {
  const { core } = engine;
  if (what === 'abort') {
    pool.provisioningState = 'Canceled';
    touch(core, pool);
    endOperation(core, operation, { status: 'Succeeded' });
    return;
  }
  if (what === 'delete') {
    endOperation(core, operation, { status: 'Succeeded' });
    removePool(engine, pool);
    return;
  }
  if (what === 'delete-machines') deleteMachines(engine, pool, operation.data.machines as readonly string[]);
  else if (what === 'stop') {
    pool.power = 'Stopped';
    removeNodes(engine, pool, core.state.nodesOf(pool.id).length);
  }
  // Nothing is missing from a pool that is stopped.
  const failure = settleCount(engine, pool);
  finish(
    engine,
    operation,
    failure === null ? { status: 'Succeeded' } : { status: 'Failed', error: failure },
  );
}

/** Adds or removes nodes until the pool has as many as it should. @returns why it could not, or null */
export function settleCount(engine: Engine, pool: SimPool): { code: string; message: string } | null {
  const { core, api } = engine;
  if (pool.power === 'Stopped' || clusterOf(core, pool).power === 'Stopped') return null;
  const nodes = core.state.nodesOf(pool.id).filter(({ surge }) => !surge);
  const missing = pool.count - nodes.length;
  if (missing > 0) {
    const failure = capacityFailure(engine, pool, missing);
    if (failure !== null) return failure;
    for (let count = 0; count < missing; count++)
      api.nodeChanged(addNode(core, pool, targetOf(pool)), 'ADDED');
    api.settlePods(clusterOf(core, pool));
  }
  if (missing < 0) removeNodes(engine, pool, -missing);
  return null;
}

/** Removes the newest nodes, as a scale set does. */
export function removeNodes(engine: Engine, pool: SimPool, count: number): void {
  const { core, api } = engine;
  const nodes = [...core.state.nodesOf(pool.id)].sort((a, b) => b.instance - a.instance);
  for (const node of nodes.slice(0, count)) removeNode(core, node, api);
  api.settlePods(clusterOf(core, pool));
}

function deleteMachines(engine: Engine, pool: SimPool, names: readonly string[]): void {
  const { core, api } = engine;
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const nodes = core.state.nodesOf(pool.id).filter(({ name }) => wanted.has(name.toLowerCase()));
  for (const node of nodes) removeNode(core, node, api);
  pool.count = Math.max(0, pool.count - nodes.length);
  api.settlePods(clusterOf(core, pool));
}

/** Takes a pool away with its nodes. */
export function removePool(engine: Engine, pool: SimPool): void {
  endRunning(engine, pool, PREEMPTED);
  for (const node of engine.core.state.nodesOf(pool.id)) removeNode(engine.core, node, engine.api);
  engine.core.state.pools.delete(pool.id);
}
