import type { FastifyInstance } from 'fastify';
import { abortCluster, changeCluster, deleteCluster, upgradeCluster } from '../../engine/clusters.ts';
import type { Engine } from '../../engine/engine.ts';
import { offeredVersions, resolveVersion } from '../../engine/versions.ts';
import type { SimCluster, SimOperation } from '../../types.ts';
import { aksRefusal } from '../errors.ts';
import { requireGroup, tagsOf } from '../groups.ts';
import { operationHeaders } from '../operations.ts';
import { clusterBody } from './bodies.ts';
import { applyClusterSettings, clusterRequest, clusterUpgrade, type WantedCluster } from './cluster-body.ts';
import {
  CLUSTER,
  type ClusterPath,
  clusterIdOf,
  findCluster,
  requireIdleCluster,
  requireMatch,
  requireRunning,
  requireUnlocked,
} from './find.ts';
import { poolProperties } from './pool-body.ts';
import { createPool } from './pool-create.ts';
import { accepted } from './pool-writes.ts';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,61}[a-zA-Z0-9]$|^[a-zA-Z0-9]$/;

/** What can be done to a cluster. */
export function clusterRoutes(app: FastifyInstance, engine: Engine): void {
  const { core } = engine;
  app.put<ClusterPath & { Body: unknown }>(CLUSTER, async (request, reply) => {
    const known = core.state.clusters.get(clusterIdOf(request.params)) ?? null;
    requireMatch(request, known?.eTag ?? null);
    const wanted = clusterRequest(request.body);
    const cluster = known ?? createCluster(engine, request.params, wanted);
    const operation =
      known === null
        ? changeCluster(engine, cluster, { what: 'create' })
        : updateCluster(engine, known, wanted);
    return reply
      .code(known === null ? 201 : 200)
      .headers(operationHeaders(core, operation, 'status'))
      .send(clusterBody(core, cluster));
  });
  app.patch<ClusterPath & { Body: { tags?: unknown } | undefined }>(CLUSTER, async (request, reply) => {
    const cluster = findCluster(core, request.params);
    requireMatch(request, cluster.eTag);
    requireIdleCluster(core, cluster);
    cluster.tags = tagsOf(request.body?.tags);
    const operation = changeCluster(engine, cluster, { what: 'update' });
    return reply
      .code(200)
      .headers(operationHeaders(core, operation, 'status'))
      .send(clusterBody(core, cluster));
  });
  app.delete<ClusterPath>(CLUSTER, async (request, reply) => {
    const cluster = core.state.clusters.get(clusterIdOf(request.params));
    if (cluster === undefined) return reply.code(204).send();
    requireMatch(request, cluster.eTag);
    if (cluster.provisioningState === 'Deleting') requireIdleCluster(core, cluster);
    requireUnlocked(core, cluster);
    return accepted(reply, engine, deleteCluster(engine, cluster)).send();
  });
  for (const what of ['start', 'stop'] as const)
    app.post<ClusterPath>(`${CLUSTER}/${what}`, async ({ params }, reply) => {
      const cluster = findCluster(core, params);
      requireIdleCluster(core, cluster);
      if (what === 'stop' && cluster.nodeProvisioning === 'Auto')
        throw aksRefusal(
          400,
          'BadRequest',
          `Managed cluster '${cluster.name}' cannot be stopped: node auto-provisioning is enabled.`,
        );
      return accepted(reply, engine, changeCluster(engine, cluster, { what })).send();
    });
  app.post<ClusterPath>(`${CLUSTER}/abort`, async ({ params }, reply) => {
    const cluster = findCluster(core, params);
    requireRunning(cluster);
    return accepted(reply, engine, abortCluster(engine, cluster)).send(clusterBody(core, cluster));
  });
}

/** Starts what a PUT asks for; a request that is refused on the way changes nothing. */
function updateCluster(engine: Engine, cluster: SimCluster, wanted: WantedCluster): SimOperation {
  const { core } = engine;
  requireIdleCluster(core, cluster);
  if (wanted.location && wanted.location.toLowerCase().replaceAll(' ', '') !== cluster.location)
    throw aksRefusal(400, 'PropertyChangeNotAllowed', "Changing property 'location' is not allowed.");
  const before = structuredClone(cluster);
  try {
    const upgrade = clusterUpgrade(engine, cluster, wanted);
    if (upgrade !== null && cluster.power === 'Stopped')
      throw aksRefusal(
        409,
        'OperationNotAllowed',
        `Operation is not allowed: managed cluster '${cluster.name}' is in a stopped state, please start it first.`,
      );
    applyClusterSettings(engine, cluster, wanted);
    cluster.kubernetesVersion = wanted.properties?.kubernetesVersion ?? cluster.kubernetesVersion;
    if (upgrade !== null) return upgradeCluster(engine, cluster, upgrade);
    return changeCluster(engine, cluster, { what: 'update' });
  } catch (thrown) {
    Object.assign(cluster, before);
    throw thrown;
  }
}

/** Adds a cluster with the pools of its profiles; its nodes come when its creation ends. @throws ArmError 400, 404 */
function createCluster(engine: Engine, params: ClusterPath['Params'], wanted: WantedCluster): SimCluster {
  const { core } = engine;
  const subscription = `/subscriptions/${params.subscription.toLowerCase()}`;
  const group = requireGroup(core, subscription, params.group);
  const { cluster: name } = params;
  const location = (wanted.location ?? '').toLowerCase().replaceAll(' ', '');
  if (location === '' || !NAME.test(name))
    throw aksRefusal(
      400,
      'InvalidParameter',
      'A managed cluster needs a location, and a name of 1 to 63 letters, digits, _ and -.',
    );
  const profiles = wanted.properties?.agentPoolProfiles ?? [];
  if (profiles.length === 0)
    throw aksRefusal(400, 'InvalidParameter', 'Required parameter agentPoolProfiles is missing (null).');
  const offered = offeredVersions(core, location);
  const asked = wanted.properties?.kubernetesVersion ?? offered.at(-1) ?? '';
  const version = resolveVersion(offered, asked);
  if (version === null)
    throw aksRefusal(
      400,
      'K8sVersionNotSupported',
      `Version ${asked} is not supported in region ${location}.`,
    );
  const id = `${subscription}/resourcegroups/${group.name}/providers/Microsoft.ContainerService/managedClusters/${name}`;
  const random = core.random(`cluster ${id} ${core.now()}`);
  const cluster: SimCluster = {
    ...{ id, subscription, resourceGroup: group.name, name, location, power: 'Running', reachable: true },
    nodeResourceGroup: `MC_${group.name}_${name}_${location}`,
    ...{ kubernetesVersion: asked, currentKubernetesVersion: version, eTag: random.guid() },
    ...{ provisioningState: 'Creating', tags: {}, upgradeChannel: 'none', nodeOsChannel: 'NodeImage' },
    ...{ maintenance: {}, upgradeOverride: null, nodeProvisioning: 'Manual' },
    ...{ seed: random.below(2 ** 31), resourceVersion: 1000 },
  };
  applyClusterSettings(engine, cluster, wanted);
  core.state.clusters.put(cluster);
  try {
    for (const profile of profiles)
      createPool(engine, cluster, { name: profile.name, wanted: poolProperties(profile) });
  } catch (thrown) {
    for (const pool of core.state.poolsOf(id)) core.state.pools.delete(pool.id);
    core.state.clusters.delete(id);
    throw thrown;
  }
  return cluster;
}
