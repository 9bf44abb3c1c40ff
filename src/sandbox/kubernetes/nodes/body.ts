import { nodeAddress, publicAddress } from '../../names.ts';
import type { SimCluster, SimNode, SimPool } from '../../types.ts';
import { type Condition, instant, type KubeBody, type Taint } from '../objects.ts';
import { guidOf, hexOf } from './identity.ts';
import { archOf, baseAnnotations, baseLabels, osOf, overlaid, vmSizeOf } from './labels.ts';

const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/**
 * A node as its cluster's API gives it. It depends on the node, its pool and its cluster alone, so that one resource
 * version always names the same object; the heartbeats are those of its lease.
 * @param pool null for a node of node auto-provisioning
 */
export function nodeBody(node: SimNode, pool: SimPool | null, cluster: SimCluster | undefined): KubeBody {
  const address = nodeAddress(node);
  const taints = taintsOf(node, pool);
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: {
      name: node.name,
      uid: node.uid,
      // 0 would mean any version.
      resourceVersion: String(Math.max(1, node.resourceVersion)),
      creationTimestamp: instant(node.created),
      labels: overlaid(baseLabels(node, pool, cluster), node.labels),
      annotations: overlaid(baseAnnotations(node, address), node.annotations),
    },
    spec: {
      providerID: `azure://${node.id}`,
      ...(taints.length === 0 ? {} : { taints }),
      ...(node.unschedulable ? { unschedulable: true } : {}),
    },
    status: {
      ...resourcesOf(pool),
      conditions: conditionsOf(node),
      addresses: [
        { type: 'InternalIP', address },
        ...(pool?.publicAddress === true ? [{ type: 'ExternalIP', address: publicAddress(node) }] : []),
        { type: 'Hostname', address: node.name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        machineID: hexOf(`machine ${node.id} ${node.uid}`),
        systemUUID: guidOf(`system ${node.id}`),
        bootID: node.bootId,
        kernelVersion: node.kernel,
        osImage: node.osImage,
        containerRuntimeVersion: `containerd://${node.containerd}`,
        kubeletVersion: `v${node.kubelet}`,
        kubeProxyVersion: `v${node.kubelet}`,
        operatingSystem: osOf(node, pool),
        architecture: archOf(node, pool),
      },
    },
  };
}

/** The taints that follow from the pool, from `spec.unschedulable` and from the conditions, and those set by hand. */
export function taintsOf(node: SimNode, pool: SimPool | null): readonly Taint[] {
  return [...poolTaints(pool), ...stateTaints(node), ...node.taints];
}

/** The taints a pool gives its nodes, from `key=value:Effect`. */
export function poolTaints(pool: SimPool | null): readonly Taint[] {
  return (pool?.taints ?? []).map((text) => {
    const [, key = '', value = '', effect = ''] = /^([^=:]*)(?:=([^:]*))?:(.*)$/.exec(text) ?? [];
    return { key, ...(value === '' ? {} : { value }), effect };
  });
}

/** Taints the node lifecycle controller looks after. */
export function stateTaints(node: SimNode): readonly Taint[] {
  const taints: Taint[] = [];
  if (node.unschedulable) taints.push({ key: UNSCHEDULABLE, effect: 'NoSchedule' });
  if (!node.ready) {
    const key = `node.kubernetes.io/${isSilent(node) ? 'unreachable' : 'not-ready'}`;
    taints.push({ key, effect: 'NoSchedule' }, { key, effect: 'NoExecute' });
  }
  return taints;
}

/** A node that no longer answers, as it is being reimaged; one that an upgrade just added is not ready yet. */
function isSilent(node: SimNode): boolean {
  return !node.ready && !node.surge;
}

/** What a condition says, without its type and times. */
interface Said {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

function conditionsOf(node: SimNode): readonly Condition[] {
  const since = instant(node.created);
  const times = { lastHeartbeatTime: since, lastTransitionTime: since };
  const silent = {
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
  };
  const told: Readonly<Record<string, Said>> = {
    MemoryPressure: free('KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    DiskPressure: free('KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    PIDPressure: free('KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    Ready: node.ready
      ? { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
      : { status: 'False', reason: 'KubeletNotReady', message: 'container runtime network not ready' },
  };
  return Object.entries(told).map(([type, said]) => ({
    type,
    ...times,
    ...(isSilent(node) ? silent : said),
  }));
}

/** A condition that is good as it does not hold. */
function free(reason: string, message: string): Said {
  return { status: 'False', reason, message };
}

/** Capacity by the number of cores in the name of the size, `Standard_D4ds_v5`; 4 GiB for each core. */
function resourcesOf(pool: SimPool | null): Record<string, unknown> {
  const cores = Number(/_[A-Za-z]+(\d+)/.exec(vmSizeOf(pool))?.[1] ?? 2);
  const memory = cores * 4 * 1024 * 1024;
  const disk = (pool?.osDiskSizeGb ?? 128) * 1024 * 1024 - 1_200_000;
  const more = { 'ephemeral-storage': `${disk}Ki`, 'hugepages-2Mi': '0', pods: '110' };
  return {
    capacity: { cpu: String(cores), ...more, memory: `${memory - 250_000}Ki` },
    allocatable: { cpu: `${cores * 1000 - 140}m`, ...more, memory: `${Math.floor(memory * 0.8)}Ki` },
  };
}
