import { AUTO_PROVISIONED_SIZE } from '../../names.ts';
import type { SimCluster, SimNode, SimPool } from '../../types.ts';

type Texts = Record<string, string>;

const AKS = 'kubernetes.azure.com';

/** The labels a node has when nobody touches it: those of the kubelet and of AKS. */
export function baseLabels(node: SimNode, pool: SimPool | null, cluster: SimCluster | undefined): Texts {
  const image = node.image === null ? null : `${node.image}${node.live === null ? '' : `-${node.live}`}`;
  return {
    ...kubeletLabels(node, pool, cluster),
    ...(image === null ? {} : { [`${AKS}/node-image-version`]: image }),
    [`${AKS}/cluster`]: cluster?.nodeResourceGroup ?? '',
    ...(pool === null ? karpenterLabels() : poolLabels(pool)),
    ...pool?.labels,
  };
}

function kubeletLabels(node: SimNode, pool: SimPool | null, cluster: SimCluster | undefined): Texts {
  const arch = archOf(node, pool);
  const os = osOf(node, pool);
  const region = cluster?.location ?? '';
  const size = vmSizeOf(pool);
  return {
    'beta.kubernetes.io/arch': arch,
    'beta.kubernetes.io/instance-type': size,
    'beta.kubernetes.io/os': os,
    'failure-domain.beta.kubernetes.io/region': region,
    'kubernetes.io/arch': arch,
    'kubernetes.io/hostname': node.name,
    'kubernetes.io/os': os,
    'node.kubernetes.io/instance-type': size,
    'topology.kubernetes.io/region': region,
    'topology.kubernetes.io/zone': `${region}-${(node.instance % 3) + 1}`,
    ...(os === 'windows'
      ? { 'node.kubernetes.io/windows-build': node.kernel.split('.').slice(0, 3).join('.') }
      : {}),
  };
}

function poolLabels(pool: SimPool): Texts {
  const mode = pool.mode.toLowerCase();
  return {
    agentpool: pool.name,
    [`${AKS}/agentpool`]: pool.name,
    [`${AKS}/mode`]: mode,
    [`${AKS}/nodepool-type`]: pool.type,
    [`${AKS}/os-sku`]: pool.osSku,
    [`${AKS}/os-sku-effective`]: pool.osSku,
    [`${AKS}/os-sku-requested`]: pool.osSku,
    [`${AKS}/role`]: 'agent',
    [`${AKS}/storageprofile`]: pool.osDiskType.toLowerCase(),
    'kubernetes.io/role': 'agent',
    'node-role.kubernetes.io/agent': '',
    ...(pool.osDiskType === 'Managed' ? { [`${AKS}/storagetier`]: 'Premium_LRS' } : {}),
    ...(pool.fips ? { [`${AKS}/fips_enabled`]: 'true' } : {}),
    ...(pool.spot ? { [`${AKS}/scalesetpriority`]: 'spot', [`${AKS}/priority`]: 'spot' } : {}),
  };
}

/** A node of node auto-provisioning belongs to a Karpenter NodePool, and to no agent pool. */
function karpenterLabels(): Texts {
  return {
    'karpenter.azure.com/aksnodeclass': 'default',
    'karpenter.azure.com/sku-name': vmSizeOf(null),
    'karpenter.sh/capacity-type': 'on-demand',
    'karpenter.sh/initialized': 'true',
    'karpenter.sh/nodepool': 'default',
    'karpenter.sh/registered': 'true',
    [`${AKS}/ebpf-dataplane`]: 'cilium',
    [`${AKS}/mode`]: 'user',
    [`${AKS}/os-sku`]: 'Ubuntu',
    [`${AKS}/role`]: 'agent',
  };
}

/** The annotations a node has when nobody touches it. */
export function baseAnnotations(node: SimNode, address: string): Texts {
  return {
    'alpha.kubernetes.io/provided-node-ip': address,
    'node.alpha.kubernetes.io/ttl': '0',
    'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
    ...(node.live === null ? {} : livePatching(node.live)),
  };
}

/** What the security patches of the channel SecurityPatch leave behind. @param date `2024.03.15` */
function livePatching(date: string): Texts {
  const stamp = `${date.replaceAll('.', '')}T000000Z`;
  return {
    [`${AKS}/live-patching-current-timestamp`]: stamp,
    [`${AKS}/live-patching-golden-timestamp`]: stamp,
  };
}

/** What was written over texts; null removes one. */
export function overlaid(base: Texts, over: Readonly<Record<string, string | null>>): Texts {
  const all: Texts = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === null) delete all[key];
    else all[key] = value;
  }
  return all;
}

/** What has to be written over `base` to get `wanted`. */
export function overlay(base: Texts, wanted: Readonly<Texts>): Record<string, string | null> {
  const over: Record<string, string | null> = {};
  for (const [key, value] of Object.entries(wanted)) if (base[key] !== value) over[key] = value;
  for (const key of Object.keys(base)) if (!(key in wanted)) over[key] = null;
  return over;
}

export function archOf(node: SimNode, pool: SimPool | null): 'amd64' | 'arm64' {
  return node.image?.includes('arm64') ? 'arm64' : (pool?.arch ?? 'amd64');
}

export function osOf(node: SimNode, pool: SimPool | null): 'linux' | 'windows' {
  if (pool !== null) return pool.osType === 'Windows' ? 'windows' : 'linux';
  return node.image?.startsWith('AKSWindows') ? 'windows' : 'linux';
}

export function vmSizeOf(pool: SimPool | null): string {
  return pool?.vmSize ?? AUTO_PROVISIONED_SIZE;
}
