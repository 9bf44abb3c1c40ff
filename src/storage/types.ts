import type { CoverageReason, Evidence, EvidenceSource } from '../model/coverage.ts';
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
import type { FindingsReader, FindingsWriter } from './findings-types.ts';
import type { GovernanceReader, GovernanceWriter } from './governance-types.ts';

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

/** How old the evidence of a source is. */
export interface EvidenceAge {
  readonly source: EvidenceSource;
  readonly nodes: number;
  /** ISO 8601 instants. */
  readonly oldest: string;
  readonly newest: string;
}

/** What is known of the fleet. Lists are sorted by name, then id; all but `clusters` and `pools` hold what is there only. */
export interface InventoryReader {
  subscriptions(): Promise<readonly StoredSubscription[]>;
  /** Those that are there; with `gone`, all. */
  clusters(options?: { readonly gone?: boolean }): Promise<readonly StoredCluster[]>;
  /** Null where it is not there. */
  cluster(id: string): Promise<StoredCluster | null>;
  pools(options?: { readonly cluster?: string; readonly gone?: boolean }): Promise<readonly StoredPool[]>;
  /** Of one cluster or pool: a fleet's are too many for one list. */
  nodes(
    of: ({ readonly cluster: string } | { readonly pool: string }) & { readonly gone?: boolean },
  ): Promise<readonly StoredNode[]>;
  /** Nodes of this id or name, in any case; several clusters may have one of a name. */
  findNodes(idOrName: string): Promise<readonly StoredNode[]>;
  /** Which of these nodes are there in another cluster than this one. */
  nodesElsewhere(ids: readonly string[], cluster: string): Promise<readonly StoredNode[]>;
  /** All evidence of the nodes of a cluster, or of one node. */
  evidence(of: EvidenceOf): Promise<readonly Evidence[]>;
  scanFailures(of: EvidenceOf): Promise<readonly ScanFailure[]>;
  software(digest: string): Promise<SoftwareList | null>;
  softwareHeads(): Promise<ReadonlyMap<string, StoredSoftware>>;
  enablements(): Promise<readonly Enablement[]>;
  lastSync(): Promise<SyncRecord | null>;
  /** Of nodes that are there, by source, best first; sources without any are left out. */
  evidenceAges(): Promise<readonly EvidenceAge[]>;
  /** How many clusters, pools and nodes are there. */
  counts(): Promise<{ readonly clusters: number; readonly pools: number; readonly nodes: number }>;
}

/** Whose evidence or scan failures are asked for. */
export type EvidenceOf = { readonly cluster: string } | { readonly node: string };

/**
 * What may be changed of the fleet, inside one transaction, which also sees what it changed. Instants are ISO 8601 in UTC
 * with milliseconds. What is put as it already is costs no write.
 */
export interface InventoryWriter extends InventoryReader {
  readonly tally: Tally;
  putSubscription(subscription: Subscription, at: string): Promise<void>;
  /** What listing the clusters of a subscription came to; `at` is null where not all could be listed. */
  markListed(subscription: string, listing: Pick<Look, 'at' | 'problems'>): Promise<void>;
  /** The subscription is gone, with everything in it. */
  dropSubscription(id: string, at: string): Promise<void>;
  putCluster(cluster: Cluster, at: string): Promise<void>;
  /**
   * The pools that the cloud lists for a cluster. Listed ones that are not among them are gone, with their nodes; the
   * cursor then goes too, so that the next look is a whole one and finds nodes that are there all the same.
   */
  putPools(cluster: string, pools: readonly NodePool[], at: string): Promise<void>;
  /** Pools that only nodes tell of (`autoprovisioned`, `labels`); others stay. */
  putNodePools(pools: readonly NodePool[], at: string): Promise<void>;
  /** Nodes that came or changed; their pools must be there. */
  putNodes(nodes: readonly Node[], at: string): Promise<void>;
  /** Nodes that were seen by a look that did not see all. */
  touchNodes(ids: readonly string[], at: string): Promise<void>;
  /** What a look came to. After a whole look, pools that only nodes tell of are gone when they have none. */
  markSynced(cluster: string, look: Look): Promise<void>;
  /** Clusters of a subscription that are not among these are gone, with their pools and nodes. */
  keepClusters(subscription: string, ids: ReadonlySet<string>, at: string): Promise<void>;
  /** Nodes of a cluster that are not among these are gone. */
  keepNodes(cluster: string, ids: ReadonlySet<string>, at: string): Promise<void>;
  markNodesGone(ids: readonly string[], at: string): Promise<void>;
  /** What the region offers for these pools, by their id, as it was told at an instant. */
  putLatestImages(images: ReadonlyMap<string, string>, at: string): Promise<void>;
  /** How many privileged workloads run in each of these pools, by their id; null where it was not asked. */
  putWorkloads(privileged: ReadonlyMap<string, number | null>): Promise<void>;
  /**
   * One per node and source: the one put last stays, whatever the clock said. Its software list must be put before.
   * Evidence from the disk removes the failure of an earlier scan.
   */
  putEvidence(evidence: readonly Evidence[]): Promise<void>;
  putSoftware(digest: string, software: SoftwareList): Promise<void>;
  putScanFailure(failure: ScanFailure): Promise<void>;
  putEnablement(enablement: Enablement): Promise<void>;
  beginSync(at: string): Promise<number>;
  endSync(id: number, end: Pick<SyncRecord, 'endedAt' | 'requests' | 'problems'>): Promise<void>;
  /** Forgets what is gone since before an instant, and software lists that nothing names any more. @returns how many rows */
  forget(before: string): Promise<number>;
}

/** What a store holds, read at one instant. */
export interface StoreReader {
  readonly inventory: InventoryReader;
  readonly findings: FindingsReader;
  readonly governance: GovernanceReader;
}

/** What a store holds, inside one transaction that may change it. */
export interface StoreWriter {
  readonly inventory: InventoryWriter;
  readonly findings: FindingsWriter;
  readonly governance: GovernanceWriter;
}

/** Where a store is: a SQLite file, or a database of a PostgreSQL server. */
export type StorePlace = { readonly path: string } | { readonly url: string };

/** Everything Nodeward knows, on either database. Outside `read` and `write`, each call is of an instant of its own. */
export interface Store extends StoreReader {
  readonly database: 'sqlite' | 'postgres';
  /** A random id of this store, for the tags of what Nodeward makes in a cloud. */
  readonly installation: string;
  /**
   * Runs `change` in one transaction: all of it, or nothing. Nothing may be asked of the store inside but through the writer.
   * @throws NodewardError store-busy, file-unwritable, store-failed
   */
  write<T>(change: (writer: StoreWriter) => Promise<T>): Promise<T>;
  /** Everything that `look` reads through its reader is of one instant, whatever others write. */
  read<T>(look: (reader: StoreReader) => Promise<T>): Promise<T>;
  /** What time it is to the database: the same for all processes that share it, whatever their machines say. */
  now(): Promise<Date>;
  close(): Promise<void>;
}
