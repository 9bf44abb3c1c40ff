/** The fleet as it is kept: what providers saw, and when. */

import type { CoverageReason } from './coverage.ts';
import type { Cluster, Node, NodePool, Subscription } from './fleet.ts';

/** When something was seen. ISO 8601 instants. */
export interface Sighting {
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** When it was found to be gone; null while it is there. */
  readonly gone: string | null;
}

/** A subscription with what the last listing of its clusters came to. */
export interface StoredSubscription extends Subscription, Sighting {
  /** When all of its clusters were last listed; null where they never were. */
  readonly listedAt: string | null;
  /** Why the last listing did not give all clusters; empty where it did. */
  readonly problems: readonly CoverageReason[];
}

/** A pool with when it was seen. */
export interface StoredPool extends NodePool, Sighting {
  /** When it was last told which image the region offers; null where it never was, or where the pool changed since. */
  readonly latestAsked: string | null;
  /** Privileged workloads outside `kube-system` that run in it; null where they were not asked for. */
  readonly privileged: number | null;
}

/** A node with when it was seen. */
export interface StoredNode extends Node, Sighting {}

/** A cluster with what the last look at its nodes came to. */
export interface StoredCluster extends Cluster, Sighting {
  /** When its nodes were last read; null where they never were. */
  readonly syncedAt: string | null;
  /** What the provider keeps between two looks. */
  readonly cursor: string | null;
  /** Why the last look did not give everything; empty where it did. */
  readonly problems: readonly CoverageReason[];
}

/** Whether a scope is assessed, and who said so. */
export interface Enablement {
  /** `all`, or the id of a subscription, cluster or pool. */
  readonly scope: string;
  readonly enabled: boolean;
  readonly at: string;
  /** The user of the operating system who said it. */
  readonly by: string;
}

/** Why the disk of a node was not read, the last time it was tried. */
export interface ScanFailure {
  readonly node: string;
  readonly at: string;
  readonly reason: CoverageReason;
}

/** A sync that ended, or was ended. */
export interface SyncRecord {
  readonly id: number;
  readonly startedAt: string;
  /** Null where it never ended: the process was killed. */
  readonly endedAt: string | null;
  readonly requests: number;
  readonly problems: number;
}
