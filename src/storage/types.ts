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
  /** Whether it has packages of a FIPS stream, which advisories of their own speak about. */
  readonly fips: boolean;
}

/** How many came, changed and went. What was gone and is there again came. */
export interface Changed {
  readonly added: number;
  readonly changed: number;
  readonly gone: number;
}

/** What a transaction has changed in the fleet so far. What was put as it already is does not count. */
export interface Tally {
  readonly clusters: Changed;
  readonly pools: Changed;
  readonly nodes: Changed;
}

/** What a look at a cluster's nodes came to. */
export interface Look {
  /** Null where not all of its nodes were read: those that are there keep the instant they were last seen. */
  readonly at: string | null;
  readonly cursor: string | null;
  readonly problems: readonly CoverageReason[];
}

/**
 * What may be changed, inside one transaction. Instants are ISO 8601 in UTC with milliseconds. What is put as it already
 * is costs no write.
 */
export interface InventoryWriter {
  readonly tally: Tally;
  putSubscription(subscription: Subscription, at: string): void;
  /** What listing the clusters of a subscription came to; `at` is null where not all could be listed. */
  markListed(subscription: string, listing: Pick<Look, 'at' | 'problems'>): void;
  /** The subscription is gone, with everything in it. */
  dropSubscription(id: string, at: string): void;
  putCluster(cluster: Cluster, at: string): void;
  /**
   * The pools that the cloud lists for a cluster. Listed ones that are not among them are gone, with their nodes; the
   * cursor then goes too, so that the next look is a whole one and finds nodes that are there all the same.
   */
  putPools(cluster: string, pools: readonly NodePool[], at: string): void;
  /** Pools that only nodes tell of (`autoprovisioned`, `labels`); others stay. */
  putNodePools(pools: readonly NodePool[], at: string): void;
  /** Nodes that came or changed; their pools must be there. */
  putNodes(nodes: readonly Node[], at: string): void;
  /** Nodes that were seen by a look that did not see all. */
  touchNodes(ids: readonly string[], at: string): void;
  /** What a look came to. After a whole look, pools that only nodes tell of are gone when they have none. */
  markSynced(cluster: string, look: Look): void;
  /** Clusters of a subscription that are not among these are gone, with their pools and nodes. */
  keepClusters(subscription: string, ids: ReadonlySet<string>, at: string): void;
  /** Nodes of a cluster that are not among these are gone. */
  keepNodes(cluster: string, ids: ReadonlySet<string>, at: string): void;
  markNodesGone(ids: readonly string[], at: string): void;
  /** What the region offers for these pools, by their id, as it was told at an instant. */
  putLatestImages(images: ReadonlyMap<string, string>, at: string): void;
  /**
   * One per node and source: the one put last stays, whatever the clock said. Its software list must be put before.
   * Evidence from the disk removes the failure of an earlier scan.
   */
  putEvidence(evidence: readonly Evidence[]): void;
  putSoftware(digest: string, software: SoftwareList): void;
  putScanFailure(failure: ScanFailure): void;
  putEnablement(enablement: Enablement): void;
  beginSync(at: string): number;
  endSync(id: number, end: Pick<SyncRecord, 'endedAt' | 'requests' | 'problems'>): void;
  /** Forgets what is gone since before an instant, and software lists that nothing names any more. @returns how many rows */
  forget(before: string): number;
}

/** Whose evidence or scan failures are asked for. */
export type EvidenceOf = { readonly cluster: string } | { readonly node: string };

/** What is known of the fleet. Lists are sorted by name, then id; all but `clusters` and `pools` hold what is there only. */
export interface Inventory {
  /**
   * Runs `change` in one transaction: all of it, or nothing.
   * @throws NodewardError inventory-busy, file-unwritable
   */
  write<T>(change: (writer: InventoryWriter) => T): T;
  /** Everything that `look` reads is of one instant, whatever other processes write. It must not be asynchronous. */
  read<T>(look: () => T): T;
  subscriptions(): readonly StoredSubscription[];
  /** Those that are there; with `gone`, all. */
  clusters(options?: { readonly gone?: boolean }): readonly StoredCluster[];
  /** Null where it is not there. */
  cluster(id: string): StoredCluster | null;
  pools(options?: { readonly cluster?: string; readonly gone?: boolean }): readonly StoredPool[];
  /** Read while iterated: nothing may be written meanwhile. */
  nodes(options?: {
    readonly cluster?: string;
    readonly pool?: string;
    readonly gone?: boolean;
  }): Iterable<StoredNode>;
  /** Nodes of this id or name, in any case; several clusters may have one of a name. */
  findNodes(idOrName: string): readonly StoredNode[];
  /** Which of these nodes are there in another cluster than this one. */
  nodesElsewhere(ids: readonly string[], cluster: string): readonly StoredNode[];
  /** All evidence of the nodes of a cluster, or of one node. */
  evidence(of: EvidenceOf): readonly Evidence[];
  scanFailures(of: EvidenceOf): readonly ScanFailure[];
  software(digest: string): SoftwareList | null;
  softwareHeads(): ReadonlyMap<string, StoredSoftware>;
  enablements(): readonly Enablement[];
  lastSync(): SyncRecord | null;
  /** How many clusters, pools and nodes are there. */
  counts(): { readonly clusters: number; readonly pools: number; readonly nodes: number };
  /** A random id of this store, for the tags of what Nodeward makes in a cloud. */
  readonly installation: string;
  close(): void;
}
