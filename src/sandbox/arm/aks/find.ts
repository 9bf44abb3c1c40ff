import type { FastifyRequest } from 'fastify';
import type { Core } from '../../core.ts';
import { isPool, strikesOn } from '../../engine/engine.ts';
import { isSettled } from '../../provisioning.ts';
import type { SimCluster, SimPool } from '../../types.ts';
import { aksRefusal, notFound, refusal } from '../errors.ts';
import { requireGroup } from '../groups.ts';

/** Below this the clusters of a resource group are found. */
export const GROUP = '/subscriptions/:subscription/resourceGroups/:group';
/** One cluster, and one of its pools. */
export const CLUSTER = `${GROUP}/providers/Microsoft.ContainerService/managedClusters/:cluster`;
export const POOL = `${CLUSTER}/agentPools/:pool`;

/** The parameters of `CLUSTER` and `POOL`. */
export interface ClusterPath {
  readonly Params: { readonly subscription: string; readonly group: string; readonly cluster: string };
}

/** Like `ClusterPath`, with the pool. */
export interface PoolPath {
  readonly Params: ClusterPath['Params'] & { readonly pool: string };
}

/** The ARM id a request's path names, with Azure's spelling of what comes before the names. */
export function clusterIdOf({ subscription, group, cluster }: ClusterPath['Params']): string {
  return `/subscriptions/${subscription.toLowerCase()}/resourcegroups/${group}/providers/Microsoft.ContainerService/managedClusters/${cluster}`;
}

/** @throws ArmError 404 for a resource group or cluster that is not there */
export function findCluster(core: Core, params: ClusterPath['Params']): SimCluster {
  const cluster = core.state.clusters.get(clusterIdOf(params));
  if (cluster !== undefined) return cluster;
  requireGroup(core, `/subscriptions/${params.subscription.toLowerCase()}`, params.group);
  throw notFound('Microsoft.ContainerService/managedClusters', params.cluster, params.group);
}

/** @throws ArmError 404 for a cluster or pool that is not there */
export function findPool(core: Core, params: PoolPath['Params']): SimPool {
  const cluster = findCluster(core, params);
  const pool = core.state.pools.get(`${cluster.id}/agentPools/${params.pool}`);
  if (pool !== undefined) return pool;
  const type = 'Microsoft.ContainerService/managedClusters';
  throw notFound(type, `${params.cluster}/agentPools/${params.pool}`, params.group);
}

/** Checks `If-Match` and `If-None-Match`. @throws ArmError 412 */
export function requireMatch(request: FastifyRequest, eTag: string | null): void {
  const { 'if-match': match, 'if-none-match': noneMatch } = request.headers;
  const refused = (code: string, message: string): Error => aksRefusal(412, code, message);
  if (match !== undefined && (eTag === null || !matches(match, eTag)))
    throw refused(
      'PreconditionFailed',
      `The request's If-Match '${match}' does not match the resource's eTag '${eTag ?? ''}'.`,
    );
  if (noneMatch !== undefined && eTag !== null && matches(noneMatch, eTag))
    throw refused('PreconditionFailed', `The resource exists already: If-None-Match '${noneMatch}'.`);
}

function matches(header: string, eTag: string): boolean {
  return header
    .split(',')
    .map((each) => each.trim().replace(/^(W\/)?"(.*)"$/, '$2'))
    .some((each) => each === '*' || each === eTag);
}

/** Whether anything forbids to change a cluster now. @throws ArmError 409 */
export function requireIdleCluster(core: Core, cluster: SimCluster): void {
  requireUnlocked(core, cluster);
  if (!isSettled(cluster.provisioningState)) throw busyCluster(cluster);
  const busy = core.state.poolsOf(cluster.id).find(({ provisioningState }) => !isSettled(provisioningState));
  if (busy !== undefined)
    throw notAllowed(
      `Managed Cluster operation is not allowed: Another operation (${busy.provisioningState}) is in progress on agent pool (${busy.name}), please wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation for more details`,
    );
}

/** Whether anything forbids to change a pool now. @throws ArmError 409 */
export function requireIdlePool(core: Core, cluster: SimCluster, pool: SimPool | null): void {
  requireUnlocked(core, pool ?? cluster);
  if (!isSettled(cluster.provisioningState)) throw busyCluster(cluster);
  if (pool?.provisioningState === 'Deleting')
    throw notAllowed(`Unable to perform 'Scaling' operation on '${pool.name}' since deletion was issued`);
  if (pool !== null && !isSettled(pool.provisioningState))
    throw notAllowed(
      `Operation is not allowed: Another agentpool operation (${pool.provisioningState}) is in progress, please wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation for more details`,
    );
  if (cluster.power === 'Stopped')
    throw notAllowed(
      `Operation is not allowed: managed cluster '${cluster.name}' is in a stopped state, please start it first.`,
    );
}

function busyCluster(cluster: SimCluster): Error {
  return notAllowed(
    `Operation is not allowed: Another operation (${cluster.provisioningState}) is in progress on the managed cluster '${cluster.name}', please wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation for more details`,
  );
}

function notAllowed(message: string): Error {
  return aksRefusal(409, 'OperationNotAllowed', message);
}

/** @throws ArmError 409 ScopeLocked where a fault says so */
export function requireUnlocked(core: Core, resource: SimCluster | SimPool): void {
  if (strikesOn(core, 'scope-locked', resource) === null) return;
  const message = `The scope '${resource.id}' cannot perform write operation because following scope(s) are locked: '${resource.id}'. Please remove the lock and try again.`;
  throw refusal(409, 'ScopeLocked', message);
}

/** Whether there is something to abort. @throws ArmError 409 */
export function requireRunning(resource: SimCluster | SimPool): void {
  const { name, provisioningState: state } = resource;
  const thing = isPool(resource) ? 'agent pool' : 'managed cluster';
  if (state === 'Canceling') throw notAllowed(`Abort is not allowed: ${thing} '${name}' is being aborted.`);
  if (isSettled(state))
    throw notAllowed(
      `Abort is not allowed: ${thing} '${name}' has no operation in progress; the latest one ended (${state}).`,
    );
}
