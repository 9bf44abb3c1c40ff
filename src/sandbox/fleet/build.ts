import { putGroups } from '../arm/groups.ts';
import type { Core } from '../core.ts';
import { addAutoProvisioned } from '../engine/auto-provisioned.ts';
import { addNode, scaleSetName, softwareOf, targetOf } from '../engine/nodes.ts';
import { drainFailure } from '../engine/upgrade-drain.ts';
import { compareVersions, minorOf, offeredVersions } from '../engine/versions.ts';
import { SNAPSHOT_GROUP } from '../info.ts';
import type { SandboxImage, SimCluster, SimPool } from '../types.ts';
import type { ClusterPlan, ImageAge, PoolPlan, SubscriptionPlan } from './plan.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The newest Kubernetes where the catalogue names no kubelet at all. */
const FALLBACK_VERSION = '1.28.5';

/** Makes subscriptions with everything in them. */
export function buildFleet(core: Core, plans: readonly SubscriptionPlan[]): void {
  for (const { name, clusters } of plans) {
    const guid = core.random(`subscription ${name}`).guid();
    const id = `/subscriptions/${guid}`;
    core.state.subscriptions.put({ id, guid, name });
    for (const cluster of clusters) buildCluster(core, id, cluster);
    const groups = clusters.map(({ resourceGroup: name, location }) => ({ name, location }));
    const [first] = groups;
    if (first !== undefined) groups.push({ ...first, name: SNAPSHOT_GROUP });
    putGroups(
      core,
      groups.map((group) => ({ ...group, id: `${id}/resourceGroups/${group.name}`, tags: {} })),
    );
  }
}

function buildCluster(core: Core, subscription: string, plan: ClusterPlan): void {
  const { name, resourceGroup, location } = plan;
  const id = `${subscription}/resourcegroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${name}`;
  const random = core.random(`cluster ${id}`);
  const version = versionFor(core, plan);
  const cluster: SimCluster = {
    ...{ id, subscription, resourceGroup, name, location },
    nodeResourceGroup: `MC_${resourceGroup}_${name}_${location}`,
    kubernetesVersion: random.below(2) === 0 ? version : minorOf(version),
    currentKubernetesVersion: version,
    eTag: random.guid(),
    provisioningState: 'Succeeded',
    power: plan.stopped === true ? 'Stopped' : 'Running',
    tags: { ...plan.tags },
    upgradeChannel: plan.upgradeChannel ?? 'none',
    nodeOsChannel: plan.nodeOsChannel ?? 'NodeImage',
    maintenance: { ...plan.maintenance },
    upgradeOverride: null,
    reachable: plan.unreachable !== true,
    nodeProvisioning: plan.autoProvisioned === undefined ? 'Manual' : 'Auto',
    seed: random.below(2 ** 31),
    resourceVersion: 1000,
  };
  core.state.clusters.put(cluster);
  for (const pool of plan.pools) buildPool(core, cluster, pool);
  for (let index = 0; index < (plan.autoProvisioned ?? 0); index++) {
    const node = addAutoProvisioned(core, cluster);
    node.created -= core.random(`age ${node.id}`).below(3 * DAY_MS);
  }
}

/** The version of a cluster: of the minor it is planned at, the newest patch. */
function versionFor(core: Core, { location, minorsBehind }: ClusterPlan): string {
  const offered = offeredVersions(core, location);
  const minors = [...new Set(offered.map(minorOf))];
  const minor = minors[Math.max(0, minors.length - 1 - (minorsBehind ?? 1))];
  return offered.findLast((version) => minorOf(version) === minor) ?? FALLBACK_VERSION;
}

function buildPool(core: Core, cluster: SimCluster, plan: PoolPlan): void {
  const image = imageFor(core, cluster.location, plan);
  const pool = poolOf(core, { cluster, plan, image });
  core.state.pools.put(pool);
  if (pool.power === 'Stopped' || cluster.power === 'Stopped') return;
  for (let index = 0; index < plan.count; index++) addAged(core, pool, plan);
  if (plan.leftBehind !== undefined) leaveBehind(core, pool, plan.leftBehind);
}

/** An upgrade to what ARM shows failed on the way: the last nodes still have an older image. */
function leaveBehind(
  core: Core,
  pool: SimPool,
  behind: { readonly nodes: number; readonly days: number },
): void {
  const older = agedImage(core, pool.family === null ? [] : [pool.family], { days: behind.days });
  const [first, ...rest] = core.state.nodesOf(pool.id).slice(-behind.nodes);
  if (older === undefined || first === undefined) return;
  for (const node of [first, ...rest])
    Object.assign(node, softwareOf(core, { image: older.name, kubelet: node.kubelet }));
  const message = drainFailure({ node: first.name, pod: 'shop/web-0', budget: 'shop/web' });
  Object.assign(pool, { provisioningState: 'Failed', provisioningError: { code: 'UpgradeFailed', message } });
}

/** A node that has been there for some time: since its image came, or for some hours if it is of the short-lived kind. */
function addAged(core: Core, pool: SimPool, plan: PoolPlan): void {
  const node = addNode(core, pool, targetOf(pool));
  const random = core.random(`age ${node.id}`);
  const built = core.rollout.find(node.image ?? '')?.buildDate ?? '2023-10-01';
  const shortLived = plan.spot === true || plan.autoscale !== undefined;
  const most = shortLived ? 10 * HOUR_MS : Math.max(HOUR_MS, core.now() - Date.parse(built) - DAY_MS);
  node.created = Math.floor(core.now() - HOUR_MS / 2 - random.next() * most);
  if (plan.patchedDays !== undefined) {
    const day = new Date(core.now() - plan.patchedDays * DAY_MS).toISOString().slice(0, 10);
    node.live = day.replaceAll('-', '.');
  }
  if (node.instance < (plan.drifted ?? 0)) node.drift = random.below(2 ** 31);
  core.state.nodes.put(node);
}

function poolOf(
  core: Core,
  { cluster, plan, image }: { cluster: SimCluster; plan: PoolPlan; image: SandboxImage | undefined },
): SimPool {
  const id = `${cluster.id}/agentPools/${plan.name}`;
  const windows = image?.family.startsWith('AKSWindows') ?? false;
  const random = core.random(`pool ${id}`);
  return {
    ...{ id, cluster: cluster.id, name: plan.name, count: plan.count },
    mode: plan.mode ?? 'User',
    osType: windows ? 'Windows' : 'Linux',
    osSku: plan.osSku ?? (windows ? 'Windows2022' : 'Ubuntu'),
    arch: plan.arch ?? 'amd64',
    vmSize: plan.vmSize ?? (plan.arch === 'arm64' ? 'Standard_D4ps_v5' : 'Standard_D4s_v5'),
    autoscale: plan.autoscale === undefined ? null : { ...plan.autoscale },
    spot: plan.spot === true,
    osDiskType: plan.osDiskType ?? 'Managed',
    osDiskSizeGb: plan.osDiskSizeGb ?? 128,
    encrypted: plan.encrypted === true,
    fips: plan.fips === true,
    publicAddress: plan.publicAddress === true,
    type: plan.type ?? 'VirtualMachineScaleSets',
    family: image?.family ?? null,
    nodeImageVersion: image?.name ?? '',
    ...poolVersions(cluster, image),
    upgradeSettings: { ...(plan.upgradeSettings ?? { maxSurge: '10%', maxUnavailable: '0' }) },
    power: plan.stopped === true ? 'Stopped' : 'Running',
    ...{ provisioningState: 'Succeeded', provisioningError: null, eTag: random.guid() },
    ...{ tags: { ...plan.tags }, labels: { ...plan.labels }, taints: [...(plan.taints ?? [])] },
    ...{ creationData: null, recentlyUsed: [], nextInstance: 0 },
    scaleSet: scaleSetName(core, cluster, { name: plan.name, windows }),
  };
}

/** The cluster's version; on an image that is too old for it, the newest whose kubelet it has. */
function poolVersions(
  cluster: SimCluster,
  image: SandboxImage | undefined,
): Pick<SimPool, 'orchestratorVersion' | 'currentOrchestratorVersion'> {
  const { kubernetesVersion, currentKubernetesVersion: current } = cluster;
  const fits = (version: string): boolean => compareVersions(version, current) <= 0;
  const newest = [...(image?.kubelets ?? [])].sort(compareVersions).findLast(fits);
  if (newest === undefined || newest === current)
    return { orchestratorVersion: kubernetesVersion, currentOrchestratorVersion: current };
  return { orchestratorVersion: newest, currentOrchestratorVersion: newest };
}

function imageFor(core: Core, location: string, plan: PoolPlan): SandboxImage | undefined {
  const age = plan.age ?? 'latest';
  if (age !== 'latest') return agedImage(core, plan.families, age);
  for (const family of plan.families) {
    const image = core.rollout.latest(family, location, core.now());
    if (image !== undefined) return image;
  }
  return undefined;
}

function agedImage(
  core: Core,
  families: readonly string[],
  age: Exclude<ImageAge, 'latest'>,
): SandboxImage | undefined {
  const day =
    'before' in age ? age.before : new Date(core.now() - age.days * DAY_MS).toISOString().slice(0, 10);
  for (const family of families) {
    const images = core.rollout.imagesOf(family);
    const image = images.findLast(({ buildDate }) => buildDate <= day) ?? images[0];
    if (image !== undefined) return image;
  }
  return undefined;
}
