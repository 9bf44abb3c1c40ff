import type { Cluster, NodePool, PoolKind, PowerState } from '../../../model/fleet.ts';
import { type Fields, fieldsOf, nameAt, objectAt, textAt, textsAt } from '../../fields.ts';
import { imageName, osOf } from '../../kubernetes/node.ts';
import { osDiskOf } from '../../kubernetes/pools.ts';
import type { FoundCluster } from '../../types.ts';
import { clusterPlace, subscriptionId } from './ids.ts';

const MAX_POOLS = 1_000;

/**
 * A cluster with its pools as ARM lists it. What it does not say, or says in a way that ARM never does, is null; values
 * that are new to Nodeward are kept.
 * @returns why it cannot be used, where it is not told apart from others or its pools are not all known
 */
export function readCluster(value: unknown, subscription: string): FoundCluster | { readonly fault: string } {
  const object = fieldsOf(value);
  const id = nameAt(object, 'id')?.toLowerCase() ?? '';
  const place = clusterPlace(id);
  const name = nameAt(object, 'name');
  if (place === null || name === null) return { fault: 'a cluster has no usable id and name' };
  if (subscriptionId(place.subscription) !== subscription)
    return { fault: `cluster ${name} is of another subscription` };
  const properties = objectAt(object, 'properties');
  const profiles = properties?.agentPoolProfiles ?? [];
  if (properties === null || !Array.isArray(profiles) || profiles.length > MAX_POOLS)
    return { fault: `cluster ${name} does not tell its node pools` };
  const pools = profiles.map((profile) => readPool(profile, id));
  const named = pools.filter((pool) => pool !== null);
  if (named.length < pools.length) return { fault: `a node pool of cluster ${name} has no usable name` };
  return { cluster: clusterOf({ object, properties, id, name }), pools: named };
}

function clusterOf(of: { object: Fields | null; properties: Fields; id: string; name: string }): Cluster {
  const { object, properties, id, name } = of;
  const auto = objectAt(properties, 'autoUpgradeProfile');
  const host = textAt(properties, 'fqdn') ?? textAt(properties, 'privateFQDN');
  return {
    id,
    provider: 'aks',
    subscription: subscriptionId(clusterPlace(id)?.subscription ?? ''),
    name,
    resourceGroup: resourceGroupOf(nameAt(object, 'id') ?? id),
    nodeResourceGroup: nameAt(properties, 'nodeResourceGroup'),
    region: textAt(object, 'location')?.toLowerCase() ?? null,
    kubernetesVersion:
      textAt(properties, 'currentKubernetesVersion') ?? textAt(properties, 'kubernetesVersion'),
    power: powerOf(properties),
    provisioning: textAt(properties, 'provisioningState'),
    autoUpgrade: {
      kubernetes: textAt(auto, 'upgradeChannel'),
      nodeOs: textAt(auto, 'nodeOSUpgradeChannel'),
    },
    tags: textsAt(object, 'tags'),
    revision: textAt(object, 'eTag'),
    apiHost: host?.toLowerCase() ?? null,
  };
}

function readPool(value: unknown, cluster: string): NodePool | null {
  const profile = fieldsOf(value);
  const name = nameAt(profile, 'name');
  if (profile === null || name === null || !/^[a-z][a-z0-9]{0,11}$/i.test(name)) return null;
  const mode = textAt(profile, 'mode');
  const { count, enableNodePublicIP: publicIp } = profile;
  return {
    id: `${cluster}/agentpools/${name.toLowerCase()}`,
    cluster,
    name,
    kind: kindOf(mode),
    mode,
    os: osOf(textAt(profile, 'osType')),
    osSku: textAt(profile, 'osSKU'),
    vmSize: textAt(profile, 'vmSize'),
    count: typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null,
    image: imageName(textAt(profile, 'nodeImageVersion')),
    latestImage: null,
    kubernetesVersion:
      textAt(profile, 'currentOrchestratorVersion') ?? textAt(profile, 'orchestratorVersion'),
    osDisk: osDiskOf(textAt(profile, 'osDiskType')),
    publicAddress: typeof publicIp === 'boolean' ? publicIp : null,
    power: powerOf(profile),
    provisioning: textAt(profile, 'provisioningState'),
    tags: textsAt(profile, 'tags'),
    labels: textsAt(profile, 'nodeLabels'),
    revision: textAt(profile, 'eTag'),
  };
}

function kindOf(mode: string | null): PoolKind {
  return mode === 'Machines' || mode === 'ManagedSystem' ? 'machines' : 'scale-set';
}

function powerOf(properties: Fields): PowerState {
  const code = textAt(objectAt(properties, 'powerState'), 'code')?.toLowerCase();
  return code === 'running' || code === 'stopped' ? code : 'unknown';
}

/** As the cloud spells it. */
function resourceGroupOf(id: string): string | null {
  return /\/resourcegroups\/([^/]+)\//i.exec(id)?.[1] ?? null;
}
