import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Core } from '../../core.ts';
import { compareVersions, minorOf, offeredVersions } from '../../engine/versions.ts';
import { nodeAddress } from '../../names.ts';
import type { SimCluster, SimNode, SimPool } from '../../types.ts';
import { notFound, refusal } from '../errors.ts';
import { pathOf } from '../gateway.ts';
import { requireGroup } from '../groups.ts';
import { clusterBody, poolBody } from './bodies.ts';
import { CLUSTER, type ClusterPath, findCluster, findPool, GROUP, POOL, type PoolPath } from './find.ts';

/** Clusters on one page of a listing. */
const PAGE = 25;
/** From this API version on, profiles tell what a pool ran before. */
const RECENTLY_USED_SINCE = '2026-04-01';

interface SubscriptionPath {
  readonly Params: { readonly subscription: string };
}

/** What can be read of clusters and pools. */
export function readRoutes(app: FastifyInstance, core: Core): void {
  app.get<SubscriptionPath>(
    '/subscriptions/:subscription/providers/Microsoft.ContainerService/managedClusters',
    async (request) => {
      const subscription = `/subscriptions/${request.params.subscription.toLowerCase()}`;
      return page(core, request, core.state.clustersOf(subscription));
    },
  );
  app.get<{ Params: { subscription: string; group: string } }>(
    `${GROUP}/providers/Microsoft.ContainerService/managedClusters`,
    async (request) => {
      const subscription = `/subscriptions/${request.params.subscription.toLowerCase()}`;
      const group = requireGroup(core, subscription, request.params.group).name.toLowerCase();
      const all = core.state.clustersOf(subscription);
      return page(
        core,
        request,
        all.filter(({ resourceGroup }) => resourceGroup.toLowerCase() === group),
      );
    },
  );
  app.get<ClusterPath>(CLUSTER, async ({ params }) => clusterBody(core, findCluster(core, params)));
  app.get<ClusterPath>(`${CLUSTER}/agentPools`, async ({ params }) => ({
    value: core.state.poolsOf(findCluster(core, params).id).map(poolBody),
  }));
  app.get<PoolPath>(POOL, async ({ params }) => poolBody(findPool(core, params)));
  app.get<PoolPath>(`${POOL}/machines`, async ({ params }) => {
    const pool = findPool(core, params);
    return { value: core.state.nodesOf(pool.id).map((node) => machineBody(pool, node)) };
  });
  app.get<{ Params: PoolPath['Params'] & { machine: string } }>(
    `${POOL}/machines/:machine`,
    async ({ params }) => {
      const pool = findPool(core, params);
      const name = params.machine.toLowerCase();
      const node = core.state.nodesOf(pool.id).find((each) => each.name === name);
      if (node !== undefined) return machineBody(pool, node);
      throw notFound(
        'Microsoft.ContainerService/managedClusters/agentPools/machines',
        params.machine,
        params.group,
      );
    },
  );
  profileRoutes(app, core);
}

/** What pools and clusters can be upgraded to. */
function profileRoutes(app: FastifyInstance, core: Core): void {
  app.get<ClusterPath>(`${CLUSTER}/upgradeProfiles/default`, async ({ params }) =>
    clusterProfile(core, findCluster(core, params)),
  );
  app.get<ClusterPath>(`${CLUSTER}/availableAgentPoolVersions`, async ({ params }) => {
    const cluster = findCluster(core, params);
    const versions = offeredVersions(core, cluster.location).filter(
      (version) => compareVersions(version, cluster.currentKubernetesVersion) <= 0,
    );
    return {
      ...{ id: `${cluster.id}/availableAgentPoolVersions`, name: 'default' },
      type: 'Microsoft.ContainerService/managedClusters/availableAgentpoolVersions',
      properties: {
        agentPoolVersions: versions.map((kubernetesVersion) => ({
          ...(kubernetesVersion === versions.at(-1) ? { default: true } : {}),
          kubernetesVersion,
        })),
      },
    };
  });
  app.get<PoolPath>(`${POOL}/upgradeProfiles/default`, async (request) => {
    const version = String((request.query as Record<string, unknown>)['api-version']);
    return poolProfile(core, findPool(core, request.params), version >= RECENTLY_USED_SINCE);
  });
  app.get<{ Params: { subscription: string; location: string } }>(
    '/subscriptions/:subscription/providers/Microsoft.ContainerService/locations/:location/kubernetesVersions',
    async ({ params }) => regionVersions(offeredVersions(core, params.location.toLowerCase())),
  );
}

/** One page of clusters. The token says behind which one the next page begins, whatever was deleted meanwhile. */
function page(core: Core, request: FastifyRequest, clusters: readonly SimCluster[]): Record<string, unknown> {
  const query = request.query as Record<string, unknown>;
  const token = query.$skiptoken;
  const after =
    typeof token === 'string' ? Buffer.from(token, 'base64url').toString('utf8').toLowerCase() : null;
  const sorted = [...clusters].sort((a, b) => (a.id.toLowerCase() < b.id.toLowerCase() ? -1 : 1));
  if (after !== null && !after.startsWith('/subscriptions/'))
    throw refusal(400, 'InvalidSkipToken', 'The $skiptoken is not one that was given out.');
  const rest = after === null ? sorted : sorted.filter(({ id }) => id.toLowerCase() > after);
  const value = rest.slice(0, PAGE).map((cluster) => clusterBody(core, cluster));
  const last = rest[PAGE - 1];
  if (last === undefined || rest.length <= PAGE) return { value };
  const next = new URLSearchParams({
    'api-version': String(query['api-version']),
    $skiptoken: Buffer.from(last.id).toString('base64url'),
  });
  return { value, nextLink: `${core.url}${pathOf(request)}?${next}` };
}

function machineBody(pool: SimPool, node: SimNode): Record<string, unknown> {
  return {
    ...{ id: `${pool.id}/machines/${node.name}`, name: node.name },
    type: 'Microsoft.ContainerService/managedClusters/agentPools/machines',
    properties: {
      network: { ipAddresses: [{ family: 'IPv4', ip: nodeAddress(node) }] },
      resourceId: node.id,
    },
  };
}

function upgradesFrom(offered: readonly string[], current: string, most: string): readonly string[] {
  return offered.filter(
    (version) => compareVersions(version, current) > 0 && compareVersions(version, most) <= 0,
  );
}

function poolProfile(core: Core, pool: SimPool, withUsed: boolean): Record<string, unknown> {
  const cluster = core.state.clusters.get(pool.cluster);
  const location = cluster?.location ?? '';
  const { currentOrchestratorVersion: kubernetesVersion, osType, family } = pool;
  const most = cluster?.currentKubernetesVersion ?? kubernetesVersion;
  const upgrades = upgradesFrom(offeredVersions(core, location), kubernetesVersion, most);
  const latest = family === null ? null : core.latestImage(family, location);
  return {
    ...{ id: `${pool.id}/upgradeProfiles/default`, name: 'default' },
    type: 'Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles',
    properties: {
      ...{ kubernetesVersion, osType },
      ...(upgrades.length === 0
        ? {}
        : { upgrades: upgrades.map((version) => ({ kubernetesVersion: version })) }),
      ...(latest === null ? {} : { latestNodeImageVersion: latest }),
      ...(withUsed && pool.recentlyUsed.length > 0 ? { recentlyUsedVersions: pool.recentlyUsed } : {}),
    },
  };
}

function clusterProfile(core: Core, cluster: SimCluster): Record<string, unknown> {
  const offered = offeredVersions(core, cluster.location);
  const { currentKubernetesVersion: current } = cluster;
  const minors = [...new Set(offered.map(minorOf))];
  // No minor may be skipped.
  const next = minors.find((minor) => compareVersions(minor, minorOf(current)) > 0) ?? minorOf(current);
  const upgrades = offered.filter(
    (version) => compareVersions(version, current) > 0 && compareVersions(minorOf(version), next) <= 0,
  );
  const list = upgrades.map((kubernetesVersion) => ({ kubernetesVersion }));
  return {
    ...{ id: `${cluster.id}/upgradeprofiles/default`, name: 'default' },
    type: 'Microsoft.ContainerService/managedClusters/upgradeprofiles',
    properties: {
      controlPlaneProfile: {
        kubernetesVersion: current,
        osType: 'Linux',
        ...(list.length === 0 ? {} : { upgrades: list }),
      },
      agentPoolProfiles: core.state.poolsOf(cluster.id).map((pool) => ({
        ...{ name: pool.name, kubernetesVersion: pool.currentOrchestratorVersion, osType: pool.osType },
        ...(list.length === 0 ? {} : { upgrades: list }),
      })),
    },
  };
}

function regionVersions(offered: readonly string[]): Record<string, unknown> {
  const minors = [...new Set(offered.map(minorOf))];
  return {
    values: minors.map((version, index) => ({
      version,
      ...(index === minors.length - 2 ? { isDefault: true } : {}),
      capabilities: { supportPlan: ['KubernetesOfficial', 'AKSLongTermSupport'] },
      patchVersions: Object.fromEntries(
        offered
          .filter((patch) => minorOf(patch) === version)
          .map((patch) => {
            const next = minors[index + 1];
            const upgrades = offered.filter(
              (other) =>
                compareVersions(other, patch) > 0 && (minorOf(other) === version || minorOf(other) === next),
            );
            return [patch, { upgrades }];
          }),
      ),
    })),
  };
}
