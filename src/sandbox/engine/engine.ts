import { endOperation, type OperationEnd, startOperation } from '../arm/operations.ts';
import type { Core } from '../core.ts';
import type { ClusterApi, Random } from '../ports.ts';
import type { FaultKind, ProvisioningState, SimCluster, SimFault, SimOperation, SimPool } from '../types.ts';

/** What the upgrade machine works with. */
export interface Engine {
  readonly core: Core;
  readonly api: ClusterApi;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** How long things take, in milliseconds: one figure, or the bounds that a random one lies between. */
export const DURATIONS = {
  /** Checks before anything happens. */
  validation: 30 * SECOND,
  surgeNode: [120 * SECOND, 240 * SECOND],
  cordon: 5 * SECOND,
  /** Until an eviction that a budget denied is tried again. */
  blockedDrain: 60 * SECOND,
  /** Until it is looked whether evicted pods are gone. */
  leavingPods: 15 * SECOND,
  reimage: [180 * SECOND, 300 * SECOND],
  removeSurge: 60 * SECOND,
  controlPlane: [4 * MINUTE, 7 * MINUTE],
  reconcile: 20 * SECOND,
  scale: [90 * SECOND, 180 * SECOND],
  create: 5 * MINUTE,
  delete: [2 * MINUTE, 4 * MINUTE],
  abort: 20 * SECOND,
  start: 4 * MINUTE,
  stop: 2 * MINUTE,
} as const;

/** A duration of the table. */
export function lasting(what: keyof typeof DURATIONS, random: Random): number {
  const duration = DURATIONS[what];
  if (typeof duration === 'number') return duration;
  const [least, most] = duration;
  return least + random.below(most - least);
}

/** The cluster of a pool. */
export function clusterOf(core: Core, pool: SimPool): SimCluster {
  const cluster = core.state.clusters.get(pool.cluster);
  if (cluster === undefined) throw new RangeError(`pool ${pool.id} has no cluster`);
  return cluster;
}

/** Whether a resource is a pool. */
export function isPool(resource: SimCluster | SimPool): resource is SimPool {
  return 'cluster' in resource;
}

/** Whether a fault strikes a cluster or pool, by its own name or id or those of what it is in. */
export function strikesOn(core: Core, kind: FaultKind, resource: SimCluster | SimPool): SimFault | null {
  const cluster = isPool(resource) ? clusterOf(core, resource) : resource;
  const subscription = core.state.subscriptions.get(cluster.subscription);
  return core.strikes(kind, [
    ...[resource.id, resource.name, cluster.id, cluster.name, cluster.subscription],
    ...(subscription === undefined ? [] : [subscription.name, subscription.guid]),
  ]);
}

/** Says that a cluster or pool was changed: it gets another eTag, and is written with the next commit. */
export function touch(core: Core, resource: SimCluster | SimPool): void {
  resource.eTag = core.random(`etag ${resource.id} ${resource.eTag}`).guid();
  if (isPool(resource)) core.state.pools.put(resource);
  else core.state.clusters.put(resource);
}

/** Starts an operation on a cluster or pool, which is in the given state until `finish`. */
export function begin(
  engine: Engine,
  resource: SimCluster | SimPool,
  what: {
    readonly kind: string;
    readonly state: ProvisioningState;
    readonly data?: Record<string, unknown>;
  },
): SimOperation {
  const { core } = engine;
  const { subscription, location } = isPool(resource) ? clusterOf(core, resource) : resource;
  resource.provisioningState = what.state;
  if (isPool(resource)) resource.provisioningError = null;
  touch(core, resource);
  return startOperation(core, {
    ...{
      provider: 'Microsoft.ContainerService',
      kind: what.kind,
      target: resource.id,
      subscription,
      location,
    },
    ...(what.data === undefined ? {} : { data: what.data }),
  });
}

/** Ends an operation, and the state of what it works on with it. */
export function finish(engine: Engine, operation: SimOperation, end: OperationEnd): void {
  const { core } = engine;
  const resource = core.state.pools.get(operation.target) ?? core.state.clusters.get(operation.target);
  if (resource !== undefined) {
    resource.provisioningState = end.status;
    if (isPool(resource)) resource.provisioningError = end.status === 'Failed' ? { ...end.error } : null;
    touch(core, resource);
    if (end.status === 'Succeeded') {
      // The resource is done, but nobody who asks for the operation gets to know.
      if (strikesOn(core, 'stuck-operation', resource) !== null) return;
      if (strikesOn(core, 'no-content', resource) !== null) operation.data.noContent = true;
    }
  }
  endOperation(core, operation, end);
}

/** The operation that an event is about; undefined where it is gone. */
export function operationOf(core: Core, data: Record<string, unknown>): SimOperation | undefined {
  return core.state.operations.get(String(data.operation));
}

/** The newest operation on a resource that still runs. */
export function runningOperation(core: Core, target: string): SimOperation | undefined {
  let found: SimOperation | undefined;
  for (const operation of core.state.operations.values()) {
    const same = operation.target.toLowerCase() === target.toLowerCase();
    if (same && operation.status === 'InProgress') found = operation;
  }
  return found;
}
