import type { Generated } from 'kysely';

/** The tables of what is known of the fleet. Rows refer to each other by number: ids are long and there are many nodes. */
export interface InventoryTables {
  readonly meta: MetaRow;
  readonly subscription: SubscriptionRow;
  readonly cluster: ClusterRow;
  readonly pool: PoolRow;
  readonly node: NodeRow;
  readonly software: SoftwareRow;
  readonly reading: ReadingRow;
  readonly evidence: EvidenceRow;
  readonly scan_failure: ScanFailureRow;
  readonly enablement: EnablementRow;
  readonly sync: SyncRow;
}

/** What is known of the store itself, by name: `installation`, `sandbox`. */
interface MetaRow {
  readonly name: string;
  readonly value: string;
}

/** What every row has that is seen again and again. */
interface SeenRow {
  readonly key: Generated<number>;
  readonly id: string;
  readonly first_seen: string;
  readonly last_seen: string;
  readonly gone: string | null;
}

export interface SubscriptionRow extends SeenRow {
  readonly provider: string;
  readonly name: string;
  readonly listed_at: string | null;
  /** JSON. */
  readonly problems: Generated<string>;
}

export interface ClusterRow extends SeenRow {
  readonly subscription: number;
  readonly provider: string;
  readonly name: string;
  readonly resource_group: string | null;
  readonly node_resource_group: string | null;
  readonly region: string | null;
  readonly kubernetes_version: string | null;
  readonly power: string;
  readonly provisioning: string | null;
  /** JSON. */
  readonly auto_upgrade: string;
  /** JSON. */
  readonly tags: string;
  readonly revision: string | null;
  readonly api_host: string | null;
  readonly synced_at: string | null;
  readonly cursor: string | null;
  /** JSON. */
  readonly problems: Generated<string>;
}

export interface PoolRow extends SeenRow {
  readonly cluster: number;
  readonly name: string;
  readonly kind: string;
  readonly mode: string | null;
  readonly os: string;
  readonly os_sku: string | null;
  readonly vm_size: string | null;
  readonly count: number | null;
  readonly image: string | null;
  readonly latest_image: string | null;
  readonly latest_asked: string | null;
  readonly kubernetes_version: string | null;
  readonly os_disk: string;
  readonly public_address: number | null;
  readonly power: string;
  readonly provisioning: string | null;
  /** JSON. */
  readonly tags: string;
  /** JSON. */
  readonly labels: string;
  readonly revision: string | null;
  readonly privileged: number | null;
}

export interface NodeRow extends SeenRow {
  readonly cluster: number;
  readonly pool: number;
  readonly name: string;
  readonly uid: string | null;
  readonly image: string | null;
  readonly arch: string | null;
  readonly os: string;
  readonly os_image: string | null;
  readonly kernel: string | null;
  readonly kubelet: string | null;
  readonly container_runtime: string | null;
  readonly boot_id: string | null;
  readonly ready: number | null;
  readonly unschedulable: number;
  readonly created: string | null;
}

export interface SoftwareRow {
  readonly key: Generated<number>;
  readonly digest: string;
  /** JSON. */
  readonly os: string | null;
  readonly format: string;
  readonly packages: number;
  readonly components: number;
  readonly programs: number;
  readonly fips: number;
  /** JSON, compressed. */
  readonly body: Uint8Array;
}

/** What evidence says besides which node it is of and when it was taken: shared by nodes of one state. */
interface ReadingRow {
  readonly key: Generated<number>;
  readonly hash: Uint8Array;
  readonly software: number;
  readonly confidence: string;
  readonly complete: number;
  /** JSON. */
  readonly drift: string;
  /** JSON. */
  readonly gaps: string;
}

interface EvidenceRow {
  readonly node: number;
  readonly source: string;
  readonly taken_at: string;
  readonly uid: string | null;
  readonly image: string | null;
  readonly reading: number;
  /** JSON. */
  readonly reported: string | null;
}

interface ScanFailureRow {
  readonly node: number;
  readonly at: string;
  /** JSON. */
  readonly reason: string;
}

export interface EnablementRow {
  readonly scope: string;
  readonly enabled: number;
  readonly at: string;
  readonly said_by: string;
}

export interface SyncRow {
  readonly id: Generated<number>;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly requests: Generated<number>;
  readonly problems: Generated<number>;
}
