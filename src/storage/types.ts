import type { CoverageReason, Evidence } from '../model/coverage.ts';
import type { Cluster, Node, NodePool, Subscription } from '../model/fleet.ts';
import type {
  Enablement,
  ScanFailure,
  StoredCluster,
  StoredNode,
  StoredPool,
  StoredSubscription,
  SyncRecord,
} from '../model/inventory.ts';
import type { SoftwareList } from '../model/software.ts';

/** A software list in the store, without its content. */
export interface StoredSoftware {
  readonly digest: string;
  readonly os: SoftwareList['os'];
  readonly format: SoftwareList['format'];
  readonly packages: number;
  readonly components: number;
  readonly programs: number;
}

/** What may be changed, inside one transaction. */
export interface InventoryWriter {
  putSubscription(subscription: Subscription, at: string): void;
  /** The cluster and its pools of one listing; pools that are not among them are gone. */
  putCluster(cluster: Cluster, pools: readonly NodePool[], at: string): void;
  /** Pools that only nodes tell of; others of the cluster stay. */
  putPools(pools: readonly NodePool[], at: string): void;
  putNodes(nodes: readonly Node[], at: string): void;
  /** What a look at a cluster's nodes came to. */
  markSynced(
    cluster: string,
    state: {
      readonly at: string | null;
      readonly cursor: string | null;
      readonly problems: readonly CoverageReason[];
    },
  ): void;
  /** Clusters of a subscription that are not among these are gone, with their pools and nodes. */
  keepClusters(subscription: string, ids: ReadonlySet<string>, at: string): void;
  /** Nodes of a cluster that are not among these are gone. */
  keepNodes(cluster: string, ids: ReadonlySet<string>, at: string): void;
  markNodesGone(ids: readonly string[], at: string): void;
  putLatestImages(images: ReadonlyMap<string, string>): void;
  /** One per node and source: the newest stays. Its software list must be put before. */
  putEvidence(evidence: readonly Evidence[]): void;
  putSoftware(digest: string, software: SoftwareList): void;
  putScanFailure(failure: ScanFailure): void;
  putEnablement(enablement: Enablement): void;
  beginSync(at: string): number;
  endSync(id: number, end: Pick<SyncRecord, 'endedAt' | 'requests' | 'problems'>): void;
  /** Forgets what is gone since before an instant, and software lists that nothing names any more. @returns how many rows */
  forget(before: string): number;
}

/** What is known of the fleet. */
export interface Inventory {
  /** Runs `change` in one transaction: all of it, or nothing. @throws NodewardError inventory-busy, file-unwritable */
  write<T>(change: (writer: InventoryWriter) => T): T;
  subscriptions(): readonly StoredSubscription[];
  /** Those that are there; with `gone`, all. */
  clusters(options?: { readonly gone?: boolean }): readonly StoredCluster[];
  pools(options?: { readonly cluster?: string; readonly gone?: boolean }): readonly StoredPool[];
  nodes(options?: {
    readonly cluster?: string;
    readonly pool?: string;
    readonly gone?: boolean;
  }): Iterable<StoredNode>;
  /** Nodes of this id or name, in any case; several clusters may have one of a name. */
  findNodes(idOrName: string): readonly StoredNode[];
  /** All evidence of the nodes of a cluster, or of one node. */
  evidence(of: { readonly cluster: string } | { readonly node: string }): readonly Evidence[];
  scanFailures(of: { readonly cluster: string } | { readonly node: string }): readonly ScanFailure[];
  software(digest: string): SoftwareList | null;
  softwareHeads(): ReadonlyMap<string, StoredSoftware>;
  enablements(): readonly Enablement[];
  lastSync(): SyncRecord | null;
  /** A random id of this store, for the tags of what Nodeward makes in a cloud. */
  readonly installation: string;
  close(): void;
}
