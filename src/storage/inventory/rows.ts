import type { Selectable } from 'kysely';
import type { CoverageReason, Evidence } from '../../model/coverage.ts';
import type { Cluster, Node, NodePool } from '../../model/fleet.ts';
import type {
  Enablement,
  Sighting,
  StoredCluster,
  StoredNode,
  StoredPool,
  StoredSubscription,
  SyncRecord,
} from '../../model/inventory.ts';
import type { StoredSoftware } from '../types.ts';
import type {
  ClusterRow,
  EnablementRow,
  NodeRow,
  PoolRow,
  SoftwareRow,
  SubscriptionRow,
  SyncRow,
} from './tables.ts';

/** What a provider says of a cluster, by column. */
export function clusterValues(each: Cluster, subscription: number) {
  return {
    subscription,
    provider: each.provider,
    name: each.name,
    resource_group: each.resourceGroup,
    node_resource_group: each.nodeResourceGroup,
    region: each.region,
    kubernetes_version: each.kubernetesVersion,
    power: each.power,
    provisioning: each.provisioning,
    auto_upgrade: JSON.stringify(each.autoUpgrade),
    tags: JSON.stringify(each.tags),
    revision: each.revision,
    api_host: each.apiHost,
  } satisfies Partial<Selectable<ClusterRow>>;
}

/** What a provider says of a pool, by column. What a region offers is told apart from it. */
export function poolValues(each: NodePool, cluster: number) {
  return {
    cluster,
    name: each.name,
    kind: each.kind,
    mode: each.mode,
    os: each.os,
    os_sku: each.osSku,
    vm_size: each.vmSize,
    count: each.count,
    image: each.image,
    kubernetes_version: each.kubernetesVersion,
    os_disk: each.osDisk,
    public_address: flag(each.publicAddress),
    power: each.power,
    provisioning: each.provisioning,
    tags: JSON.stringify(each.tags),
    labels: JSON.stringify(each.labels),
    revision: each.revision,
  } satisfies Partial<Selectable<PoolRow>>;
}

/** What a provider says of a node, by column. */
export function nodeValues(each: Node, keys: { readonly cluster: number; readonly pool: number }) {
  return {
    ...keys,
    name: each.name,
    uid: each.uid,
    image: each.image,
    arch: each.arch,
    os: each.os,
    os_image: each.osImage,
    kernel: each.kernel,
    kubelet: each.kubelet,
    container_runtime: each.containerRuntime,
    boot_id: each.bootId,
    ready: flag(each.ready),
    unschedulable: Number(each.unschedulable),
    created: each.created,
  } satisfies Partial<Selectable<NodeRow>>;
}

function flag(value: boolean | null): number | null {
  return value === null ? null : Number(value);
}

function maybe(value: number | null): boolean | null {
  return value === null ? null : value === 1;
}

function sightingOf(row: Pick<Selectable<NodeRow>, 'first_seen' | 'last_seen' | 'gone'>): Sighting {
  return { firstSeen: row.first_seen, lastSeen: row.last_seen, gone: row.gone };
}

export function subscriptionOf(row: Selectable<SubscriptionRow>): StoredSubscription {
  return {
    id: row.id,
    provider: row.provider as StoredSubscription['provider'],
    name: row.name,
    ...sightingOf(row),
    listedAt: row.listed_at,
    problems: JSON.parse(row.problems) as CoverageReason[],
  };
}

export function clusterOf(row: Selectable<ClusterRow> & { readonly subscription_id: string }): StoredCluster {
  return {
    id: row.id,
    provider: row.provider as StoredCluster['provider'],
    subscription: row.subscription_id,
    name: row.name,
    resourceGroup: row.resource_group,
    nodeResourceGroup: row.node_resource_group,
    region: row.region,
    kubernetesVersion: row.kubernetes_version,
    power: row.power as StoredCluster['power'],
    provisioning: row.provisioning,
    autoUpgrade: JSON.parse(row.auto_upgrade) as StoredCluster['autoUpgrade'],
    tags: JSON.parse(row.tags) as StoredCluster['tags'],
    revision: row.revision,
    apiHost: row.api_host,
    ...sightingOf(row),
    syncedAt: row.synced_at,
    cursor: row.cursor,
    problems: JSON.parse(row.problems) as CoverageReason[],
  };
}

export function poolOf(
  row: Selectable<PoolRow> & { readonly cluster_id: string; readonly seen: string },
): StoredPool {
  return {
    id: row.id,
    cluster: row.cluster_id,
    name: row.name,
    kind: row.kind as StoredPool['kind'],
    mode: row.mode,
    os: row.os as StoredPool['os'],
    osSku: row.os_sku,
    vmSize: row.vm_size,
    count: row.count,
    image: row.image,
    latestImage: row.latest_image,
    kubernetesVersion: row.kubernetes_version,
    osDisk: row.os_disk as StoredPool['osDisk'],
    publicAddress: maybe(row.public_address),
    power: row.power as StoredPool['power'],
    provisioning: row.provisioning,
    tags: JSON.parse(row.tags) as StoredPool['tags'],
    labels: JSON.parse(row.labels) as StoredPool['labels'],
    revision: row.revision,
    latestAsked: row.latest_asked,
    privileged: row.privileged,
    ...sightingOf({ ...row, last_seen: row.seen }),
  };
}

export function nodeOf(
  row: Selectable<NodeRow> & { readonly cluster_id: string; readonly pool_id: string; readonly seen: string },
): StoredNode {
  return {
    id: row.id,
    cluster: row.cluster_id,
    pool: row.pool_id,
    name: row.name,
    uid: row.uid,
    image: row.image,
    arch: row.arch,
    os: row.os as StoredNode['os'],
    osImage: row.os_image,
    kernel: row.kernel,
    kubelet: row.kubelet,
    containerRuntime: row.container_runtime,
    bootId: row.boot_id,
    ready: maybe(row.ready),
    unschedulable: row.unschedulable === 1,
    created: row.created,
    firstSeen: row.first_seen,
    lastSeen: row.seen,
    gone: row.gone,
  };
}

/** One evidence as the tables have it, joined. */
export interface EvidenceRows {
  readonly node: string;
  readonly source: string;
  readonly taken_at: string;
  readonly uid: string | null;
  readonly image: string | null;
  readonly reported: string | null;
  readonly reading: number;
  readonly digest: string;
  readonly confidence: string;
  readonly complete: number;
  readonly drift: string;
  readonly gaps: string;
}

type Reading = Pick<Evidence, 'software' | 'confidence' | 'complete' | 'drift' | 'gaps'>;

/** Evidence of rows; what the nodes of one state share is one object. */
export function evidenceOf(rows: readonly EvidenceRows[]): readonly Evidence[] {
  const readings = new Map<number, Reading>();
  return rows.map((row) => {
    const reading = readings.get(row.reading) ?? readingOf(row);
    readings.set(row.reading, reading);
    return {
      node: row.node,
      source: row.source as Evidence['source'],
      takenAt: row.taken_at,
      uid: row.uid,
      image: row.image,
      reported: row.reported === null ? null : (JSON.parse(row.reported) as Evidence['reported']),
      ...reading,
    };
  });
}

function readingOf(row: EvidenceRows): Reading {
  return {
    software: row.digest,
    confidence: row.confidence as Reading['confidence'],
    complete: row.complete === 1,
    drift: JSON.parse(row.drift) as Reading['drift'],
    gaps: JSON.parse(row.gaps) as Reading['gaps'],
  };
}

export function softwareOf(row: Omit<Selectable<SoftwareRow>, 'key' | 'body'>): StoredSoftware {
  return {
    digest: row.digest,
    os: row.os === null ? null : (JSON.parse(row.os) as StoredSoftware['os']),
    format: row.format as StoredSoftware['format'],
    packages: row.packages,
    components: row.components,
    programs: row.programs,
    fips: row.fips === 1,
  };
}

export function enablementOf(row: Selectable<EnablementRow>): Enablement {
  return { scope: row.scope, enabled: row.enabled === 1, at: row.at, by: row.said_by };
}

export function syncOf(row: Selectable<SyncRow>): SyncRecord {
  return {
    id: row.id,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    requests: row.requests,
    problems: row.problems,
  };
}
