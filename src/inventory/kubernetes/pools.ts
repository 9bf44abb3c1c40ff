import type { NodePool, OsDiskKind } from '../../model/fleet.ts';
import type { NodeFacts } from './node.ts';

/** The pool a node belongs to, as far as the node itself tells. */
export interface PoolHint {
  readonly kind: 'autoprovisioned' | 'labels';
  readonly name: string;
}

/** Labels that name a pool, in the order they are believed. */
const POOL_LABELS: readonly string[] = [
  'kubernetes.azure.com/agentpool',
  'agentpool',
  'eks.amazonaws.com/nodegroup',
  'cloud.google.com/gke-nodepool',
];

const ROLE_LABEL = 'node-role.kubernetes.io/';

/** The pool of nodes that say nothing about one. */
export const UNLABELLED = 'unlabelled';

/**
 * By labels and annotations: Karpenter first, whose nodes may also carry the cloud's, then the cloud's own, Cluster API,
 * and the node's role.
 */
export function poolHint({ labels, annotations }: NodeFacts): PoolHint {
  const karpenter = labels['karpenter.sh/nodepool'];
  if (karpenter) return { kind: 'autoprovisioned', name: karpenter };
  const labelled = POOL_LABELS.map((label) => labels[label]).find((name) => name);
  const name = labelled ?? machineOwner(annotations) ?? roleOf(labels) ?? UNLABELLED;
  return { kind: 'labels', name };
}

/** The agent pool of AKS that a node names; null where it names none. */
export function agentPoolOf({ labels }: NodeFacts): string | null {
  return labels['kubernetes.azure.com/agentpool'] || labels.agentpool || null;
}

/** Cluster API names the owner of a machine on its node; a MachineSet is a MachineDeployment's name and a hash. */
function machineOwner(annotations: Readonly<Record<string, string>>): string | null {
  const name = annotations['cluster.x-k8s.io/owner-name'];
  if (!name) return null;
  return annotations['cluster.x-k8s.io/owner-kind'] === 'MachineSet' ? name.replace(/-[a-z0-9]+$/, '') : name;
}

function roleOf(labels: Readonly<Record<string, string>>): string | null {
  const roles = Object.keys(labels)
    .filter((label) => label.startsWith(ROLE_LABEL) && label.length > ROLE_LABEL.length)
    .map((label) => label.slice(ROLE_LABEL.length))
    .sort();
  return roles.includes('control-plane') ? 'control-plane' : (roles[0] ?? null);
}

/** `NodePool.id` of a pool that only nodes tell of. */
export function hintedPoolId(cluster: string, { kind, name }: PoolHint): string {
  const path = kind === 'autoprovisioned' ? `karpenter/${name}` : name;
  return `${cluster}/pools/${path.toLowerCase()}`;
}

/** A pool that only nodes tell of, from the facts of one of them. */
export function hintedPool(cluster: string, hint: PoolHint, facts: NodeFacts): NodePool {
  const { labels } = facts;
  return {
    id: hintedPoolId(cluster, hint),
    cluster,
    name: hint.name,
    kind: hint.kind,
    mode: labels['kubernetes.azure.com/mode'] ?? null,
    os: facts.os,
    osSku: labels['kubernetes.azure.com/os-sku'] ?? null,
    // Karpenter picks a size for each node.
    vmSize: hint.kind === 'labels' ? (labels['node.kubernetes.io/instance-type'] ?? null) : null,
    count: null,
    image: null,
    latestImage: null,
    kubernetesVersion: null,
    osDisk: osDiskOf(labels['kubernetes.azure.com/storageprofile'] ?? null),
    publicAddress: facts.publicAddress,
    power: 'running',
    provisioning: null,
    tags: {},
    labels: ownLabels(labels),
    revision: null,
  };
}

/** Labels that Kubernetes, Azure and Karpenter put on nodes by themselves. */
const WELL_KNOWN = /(?:^|\.)(?:kubernetes\.io|k8s\.io|azure\.com|karpenter\.sh)$/;
const MAX_LABELS = 100;

/** The labels that people gave a node, not those that say what it is. */
function ownLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const own = Object.entries(labels).filter(([name]) => !WELL_KNOWN.test(name.split('/')[0] ?? ''));
  return Object.fromEntries(own.slice(0, MAX_LABELS));
}

/**
 * What two looks at nodes of one pool say of it together: the labels that both have, and whether any node has an address
 * on the internet. All else is as `pool` says.
 */
export function joinPools(before: NodePool, pool: NodePool): NodePool {
  const labels = Object.entries(pool.labels).filter(([name, value]) => before.labels[name] === value);
  const addresses = [before.publicAddress, pool.publicAddress];
  return {
    ...pool,
    publicAddress: addresses.includes(true) ? true : addresses.includes(null) ? null : false,
    labels: Object.fromEntries(labels),
  };
}

/** Where the operating system's disk is, by AKS's word for it in any case. */
export function osDiskOf(text: string | null): OsDiskKind {
  const kind = text?.toLowerCase();
  return kind === 'managed' || kind === 'ephemeral' ? kind : 'unknown';
}
