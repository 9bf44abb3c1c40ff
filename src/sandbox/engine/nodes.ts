import type { Core } from '../core.ts';
import type { ClusterApi } from '../ports.ts';
import type { SandboxImage, SimCluster, SimNode, SimPool } from '../types.ts';

/** What a node runs once it is made or reimaged. */
export interface NodeTarget {
  /** Null for a customer's own image. */
  readonly image: string | null;
  /** `1.28.5`. */
  readonly kubelet: string;
}

/** A pool made of a customer's own image gets the software of this family, without its label. */
const CUSTOM_BASE = 'AKSUbuntu-2204gen2containerd';
const CUSTOM_BEFORE = '2023-10-01';

/** The image whose software a customer's own image has: an old one of the usual family. */
export function customBase(core: Core): SandboxImage | undefined {
  const images = core.rollout.imagesOf(CUSTOM_BASE);
  return images.findLast(({ buildDate }) => buildDate < CUSTOM_BEFORE) ?? images[0];
}

/** What nodes of a pool should run: what ARM shows for it. */
export function targetOf(pool: SimPool): NodeTarget {
  return {
    image: pool.family === null ? null : pool.nodeImageVersion,
    kubelet: pool.currentOrchestratorVersion,
  };
}

/** Adds the next instance of a pool. It is there and ready at once. */
export function addNode(core: Core, pool: SimPool, target: NodeTarget): SimNode {
  const cluster = core.state.clusters.get(pool.cluster);
  if (cluster === undefined) throw new RangeError(`pool ${pool.id} has no cluster`);
  const instance = pool.nextInstance++;
  core.state.pools.put(pool);
  const id = `${nodeGroupId(cluster)}/providers/Microsoft.Compute/virtualMachineScaleSets/${pool.scaleSet}/virtualMachines/${instance}`;
  const random = core.random(`node ${id} ${core.now()}`);
  const node: SimNode = {
    id,
    pool: pool.id,
    cluster: cluster.id,
    name: `${pool.scaleSet}${instance.toString(36).padStart(6, '0')}`,
    instance,
    uid: random.guid(),
    bootId: random.guid(),
    created: core.now(),
    live: null,
    ...softwareOf(core, target),
    ...FRESH,
    labels: {},
    annotations: {},
    taints: [],
    surge: false,
    resourceVersion: 0,
  };
  core.state.nodes.put(node);
  return node;
}

const FRESH = { ready: true, unschedulable: false, drift: null } as const;

/** Makes a node anew from an image: another machine in all but its name and place. */
export function reimageNode(core: Core, node: SimNode, target: NodeTarget): void {
  const random = core.random(`reimage ${node.id} ${node.uid}`);
  Object.assign(node, softwareOf(core, target), FRESH, {
    uid: random.guid(),
    bootId: random.guid(),
    created: core.now(),
    live: null,
    labels: {},
    annotations: {},
    taints: [],
  });
  core.state.nodes.put(node);
}

/** Takes a node away, and tells those who watch. */
export function removeNode(core: Core, node: SimNode, api: ClusterApi): void {
  api.nodeChanged(node, 'DELETED');
  core.state.nodes.delete(node.id);
}

/** The ARM id of the resource group that holds a cluster's machines. */
export function nodeGroupId(cluster: SimCluster): string {
  return `${cluster.subscription}/resourceGroups/${cluster.nodeResourceGroup}`;
}

/** The software a node reports of itself. */
export function softwareOf(
  core: Core,
  { image, kubelet }: NodeTarget,
): Pick<SimNode, 'image' | 'kubelet' | 'kernel' | 'containerd' | 'osImage'> {
  const known = image === null ? customBase(core) : core.rollout.find(image);
  const windows = /^AKSWindows-.*-(\d+\.\d+)\.\d+$/.exec(image ?? '');
  return {
    image,
    kubelet,
    kernel: known?.kernel ?? (windows === null ? '5.15.0-1040-azure' : `10.0.${windows[1]}`),
    containerd: known?.containerd ?? '1.7.7-1',
    osImage: known?.osImage || (windows === null ? 'Ubuntu 22.04.3 LTS' : 'Windows Server Datacenter'),
  };
}

/** `aks-np1-12345678-vmss`; for Windows, whose computer names are short, `akswin22`. */
export function scaleSetName(
  core: Core,
  cluster: SimCluster,
  pool: { readonly name: string; readonly windows: boolean },
): string {
  if (pool.windows) return `aks${pool.name}`;
  const number = core.random(`machines ${cluster.id}`).below(90_000_000) + 10_000_000;
  return `aks-${pool.name}-${number}-vmss`;
}
