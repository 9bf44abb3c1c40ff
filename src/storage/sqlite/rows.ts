import type { SQLInputValue } from 'node:sqlite';
import type { CoverageReason, Evidence } from '../../model/coverage.ts';
import type { Cluster, Node, NodePool } from '../../model/fleet.ts';
import type {
  Enablement,
  ScanFailure,
  Sighting,
  StoredCluster,
  StoredNode,
  StoredPool,
  StoredSubscription,
  SyncRecord,
} from '../../model/inventory.ts';
import type { StoredSoftware } from '../types.ts';
import type { Row } from './statements.ts';

/** The columns of what a provider says, in the order of `clusterValues`. */
export const CLUSTER_COLUMNS =
  'subscription provider name resource_group node_resource_group region kubernetes_version power provisioning auto_upgrade tags revision api_host'.split(
    ' ',
  );

/** In the order of `CLUSTER_COLUMNS`. */
export function clusterValues(each: Cluster, subscription: number): SQLInputValue[] {
  return [
    subscription,
    each.provider,
    each.name,
    each.resourceGroup,
    each.nodeResourceGroup,
    each.region,
    each.kubernetesVersion,
    each.power,
    each.provisioning,
    JSON.stringify(each.autoUpgrade),
    JSON.stringify(each.tags),
    each.revision,
    each.apiHost,
  ];
}

/** The columns of what a provider says, in the order of `poolValues`. What a region offers is told apart from it. */
export const POOL_COLUMNS =
  'cluster name kind mode os os_sku vm_size count image kubernetes_version os_disk power provisioning tags revision'.split(
    ' ',
  );

/** In the order of `POOL_COLUMNS`. */
export function poolValues(each: NodePool, cluster: number): SQLInputValue[] {
  return [
    cluster,
    each.name,
    each.kind,
    each.mode,
    each.os,
    each.osSku,
    each.vmSize,
    each.count,
    each.image,
    each.kubernetesVersion,
    each.osDisk,
    each.power,
    each.provisioning,
    JSON.stringify(each.tags),
    each.revision,
  ];
}

/** The columns of what a provider says, in the order of `nodeValues`. */
export const NODE_COLUMNS =
  'cluster pool name uid image arch os os_image kernel kubelet container_runtime boot_id ready unschedulable created'.split(
    ' ',
  );

/** In the order of `NODE_COLUMNS`. */
export function nodeValues(each: Node, keys: { cluster: number; pool: number }): SQLInputValue[] {
  return [
    keys.cluster,
    keys.pool,
    each.name,
    each.uid,
    each.image,
    each.arch,
    each.os,
    each.osImage,
    each.kernel,
    each.kubelet,
    each.containerRuntime,
    each.bootId,
    each.ready === null ? null : Number(each.ready),
    Number(each.unschedulable),
    each.created,
  ];
}

const text = (row: Row, column: string): string => String(row[column]);
const maybe = <T extends string>(row: Row, column: string): T | null =>
  row[column] === null ? null : (String(row[column]) as T);
const json = <T>(row: Row, column: string): T => JSON.parse(text(row, column)) as T;

function sightingOf(row: Row): Sighting {
  return {
    firstSeen: text(row, 'first_seen'),
    lastSeen: text(row, 'last_seen'),
    gone: maybe(row, 'gone'),
  };
}

export function subscriptionOf(row: Row): StoredSubscription {
  const provider = text(row, 'provider') as StoredSubscription['provider'];
  const listed = { listedAt: maybe(row, 'listed_at'), problems: json<CoverageReason[]>(row, 'problems') };
  return { id: text(row, 'id'), provider, name: text(row, 'name'), ...sightingOf(row), ...listed };
}

export function clusterOf(row: Row): StoredCluster {
  return {
    id: text(row, 'id'),
    provider: text(row, 'provider') as StoredCluster['provider'],
    subscription: text(row, 'subscription'),
    name: text(row, 'name'),
    resourceGroup: maybe(row, 'resource_group'),
    nodeResourceGroup: maybe(row, 'node_resource_group'),
    region: maybe(row, 'region'),
    kubernetesVersion: maybe(row, 'kubernetes_version'),
    power: text(row, 'power') as StoredCluster['power'],
    provisioning: maybe(row, 'provisioning'),
    autoUpgrade: json(row, 'auto_upgrade'),
    tags: json(row, 'tags'),
    revision: maybe(row, 'revision'),
    apiHost: maybe(row, 'api_host'),
    ...sightingOf(row),
    syncedAt: maybe(row, 'synced_at'),
    cursor: maybe(row, 'cursor'),
    problems: json(row, 'problems'),
  };
}

export function poolOf(row: Row): StoredPool {
  return {
    id: text(row, 'id'),
    cluster: text(row, 'cluster'),
    name: text(row, 'name'),
    kind: text(row, 'kind') as StoredPool['kind'],
    mode: maybe(row, 'mode'),
    os: text(row, 'os') as StoredPool['os'],
    osSku: maybe(row, 'os_sku'),
    vmSize: maybe(row, 'vm_size'),
    count: row.count === null ? null : Number(row.count),
    image: maybe(row, 'image'),
    latestImage: maybe(row, 'latest_image'),
    kubernetesVersion: maybe(row, 'kubernetes_version'),
    osDisk: text(row, 'os_disk') as StoredPool['osDisk'],
    publicAddress: null,
    labels: {},
    privileged: null,
    power: text(row, 'power') as StoredPool['power'],
    provisioning: maybe(row, 'provisioning'),
    tags: json(row, 'tags'),
    revision: maybe(row, 'revision'),
    latestAsked: maybe(row, 'latest_asked'),
    ...sightingOf(row),
  };
}

export function nodeOf(row: Row): StoredNode {
  return {
    id: text(row, 'id'),
    cluster: text(row, 'cluster'),
    pool: text(row, 'pool'),
    name: text(row, 'name'),
    uid: maybe(row, 'uid'),
    image: maybe(row, 'image'),
    arch: maybe(row, 'arch'),
    os: text(row, 'os') as StoredNode['os'],
    osImage: maybe(row, 'os_image'),
    kernel: maybe(row, 'kernel'),
    kubelet: maybe(row, 'kubelet'),
    containerRuntime: maybe(row, 'container_runtime'),
    bootId: maybe(row, 'boot_id'),
    ready: row.ready === null ? null : row.ready === 1,
    unschedulable: row.unschedulable === 1,
    created: maybe(row, 'created'),
    ...sightingOf(row),
  };
}

/** What evidence says besides which node it is of and when it was taken: shared by nodes of one state. */
export type Reading = Pick<Evidence, 'software' | 'confidence' | 'complete' | 'drift' | 'gaps'>;

export function readingOf(row: Row): Reading {
  return {
    software: text(row, 'digest'),
    confidence: text(row, 'confidence') as Reading['confidence'],
    complete: row.complete === 1,
    drift: json(row, 'drift'),
    gaps: json(row, 'gaps'),
  };
}

export function evidenceOf(row: Row, reading: Reading): Evidence {
  return {
    node: text(row, 'node'),
    source: text(row, 'source') as Evidence['source'],
    takenAt: text(row, 'taken_at'),
    uid: maybe(row, 'uid'),
    image: maybe(row, 'image'),
    reported: row.reported === null ? null : json(row, 'reported'),
    ...reading,
  };
}

export function failureOf(row: Row): ScanFailure {
  return { node: text(row, 'node'), at: text(row, 'at'), reason: json(row, 'reason') };
}

export function softwareOf(row: Row): StoredSoftware {
  return {
    digest: text(row, 'digest'),
    os: row.os === null ? null : json(row, 'os'),
    format: text(row, 'format') as StoredSoftware['format'],
    packages: Number(row.packages),
    components: Number(row.components),
    programs: Number(row.programs),
    fips: row.fips === 1,
  };
}

export function enablementOf(row: Row): Enablement {
  return {
    scope: text(row, 'scope'),
    enabled: row.enabled === 1,
    at: text(row, 'at'),
    by: text(row, 'said_by'),
  };
}

export function syncOf(row: Row): SyncRecord {
  return {
    id: Number(row.id),
    startedAt: text(row, 'started_at'),
    endedAt: maybe(row, 'ended_at'),
    requests: Number(row.requests),
    problems: Number(row.problems),
  };
}
