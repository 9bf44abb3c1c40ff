import type { Node, NodePool } from '../../model/fleet.ts';
import type { StoredNode } from '../../model/inventory.ts';

/**
 * Nodes that only the cloud tells of say less than is known from an earlier look at their cluster: what they do not say
 * is as it was, unless they run another image since.
 */
export async function merged(
  nodes: readonly Node[],
  stored: () => Promise<readonly StoredNode[]>,
): Promise<readonly Node[]> {
  if (nodes.every(({ uid }) => uid !== null)) return nodes;
  const known = new Map<string, StoredNode>();
  for (const node of await stored()) known.set(node.id, node);
  return nodes.map((node) => {
    const before = known.get(node.id);
    if (node.uid !== null || before === undefined) return node;
    return node.image !== null && node.image !== before.image ? node : filled(node, before);
  });
}

function filled(node: Node, before: StoredNode): Node {
  return {
    id: node.id,
    cluster: node.cluster,
    pool: node.pool,
    name: node.name,
    uid: before.uid,
    image: before.image,
    arch: node.arch ?? before.arch,
    os: node.os === 'unknown' ? before.os : node.os,
    osImage: before.osImage,
    kernel: before.kernel,
    kubelet: before.kubelet,
    containerRuntime: before.containerRuntime,
    bootId: before.bootId,
    ready: node.ready,
    unschedulable: before.unschedulable,
    created: before.created,
  };
}

/** Pools that nodes name and that are not known, so that no node is without one. */
export function completed(nodes: readonly Node[], known: readonly NodePool[]): readonly NodePool[] {
  const ids = new Set(known.map(({ id }) => id));
  const missing = new Map<string, NodePool>();
  for (const node of nodes) if (!ids.has(node.pool)) missing.set(node.pool, poolOf(node));
  return [...missing.values()];
}

function poolOf({ pool, cluster, os }: Node): NodePool {
  return {
    id: pool,
    cluster,
    name: pool.slice(pool.lastIndexOf('/') + 1),
    kind: 'labels',
    mode: null,
    os,
    osSku: null,
    vmSize: null,
    count: null,
    image: null,
    latestImage: null,
    kubernetesVersion: null,
    osDisk: 'unknown',
    publicAddress: null,
    power: 'unknown',
    provisioning: null,
    tags: {},
    labels: {},
    revision: null,
  };
}
