import { createHash } from 'node:crypto';
import type { SimCluster, SimNode } from './types.ts';

/** The first label of a cluster's DNS name, `prod-weu-dns-1a2b3c4d`: one per cluster. */
export function dnsLabel({ id, name }: Pick<SimCluster, 'id' | 'name'>): string {
  const hash = createHash('sha256').update(id.toLowerCase()).digest('hex').slice(0, 8);
  return `${name.toLowerCase()}-dns-${hash}`;
}

/** What ARM shows as the cluster's `fqdn`. */
export function fqdn(cluster: Pick<SimCluster, 'id' | 'name' | 'location'>): string {
  return `${dnsLabel(cluster)}.hcp.${cluster.location}.azmk8s.io`;
}

/** Below which path of the sandbox's own address a cluster's Kubernetes API answers. */
export function apiServerPath(cluster: Pick<SimCluster, 'id' | 'name'>): string {
  return `/clusters/${dnsLabel(cluster)}`;
}

/** Bearer tokens the sandbox knows. The reader may change nothing and make no snapshots; every other token is refused. */
export const TOKENS = { owner: 'sandbox', reader: 'sandbox-reader' } as const;

/** The size of the machines that node auto-provisioning makes. */
export const AUTO_PROVISIONED_SIZE = 'Standard_D4s_v5';

/** The address on the internet of a node that has one: of those that are for examples, and nobody's. */
export function publicAddress(node: Pick<SimNode, 'id'>): string {
  const hash = createHash('sha256').update(`public ${node.id.toLowerCase()}`).digest();
  return `198.51.100.${1 + ((hash[0] ?? 0) % 254)}`;
}

/** The address of a node in its cluster's virtual network; two nodes may happen to have the same one. */
export function nodeAddress(node: Pick<SimNode, 'id'>): string {
  const hash = createHash('sha256').update(node.id.toLowerCase()).digest();
  return `10.${224 + ((hash[0] ?? 0) & 15)}.${hash[1]}.${1 + ((hash[2] ?? 0) % 254)}`;
}
