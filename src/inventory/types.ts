import type { Progress } from '../base/log.ts';
import type { Cluster, Node, NodePool, ProviderId, Subscription } from '../model/fleet.ts';

/** What every look at a cloud runs with. */
export interface Run {
  readonly progress: Progress;
  /** Aborted on Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Why a part of the fleet could not be looked at. The rest goes on. */
export interface Problem {
  /** The id of what it is about: a subscription, cluster, pool or node; the provider's id where it is about all. */
  readonly scope: string;
  readonly code: 'no-permission' | 'unreachable' | 'throttled' | 'malformed' | 'failed';
  /** One sentence that names what was asked, and the answer. */
  readonly detail: string;
  readonly remedy: string;
}

/** A cluster with its pools, as one listing gives them. */
export interface FoundCluster {
  readonly cluster: Cluster;
  readonly pools: readonly NodePool[];
}

/** The clusters of one subscription. `complete` is false where a page could not be read: what is missing is not gone. */
export interface ClusterListing {
  readonly clusters: readonly FoundCluster[];
  readonly complete: boolean;
  readonly problems: readonly Problem[];
}

/**
 * What a provider wants kept between two looks at a cluster's nodes: how to reach its API, and up to which change it
 * was read. Opaque to everyone else; JSON without secrets.
 */
export type NodeCursor = string;

/** What runs in a cluster with rights over its nodes. */
export interface Workloads {
  /** How many privileged pods run on each node, by its name; those without any are left out. Null where nobody could tell. */
  readonly privileged: ReadonlyMap<string, number> | null;
  readonly problem: Problem | null;
}

/** The nodes of one cluster. */
export interface NodeListing {
  /** `all`: these are all nodes there are. `changes`: these changed since the cursor; `removed` are gone. */
  readonly kind: 'all' | 'changes';
  readonly nodes: readonly Node[];
  /** `Node.id`s; empty for `all`. */
  readonly removed: readonly string[];
  /** Pools that only their nodes tell of (node auto-provisioning, labels); those of the listing are not among them. */
  readonly pools: readonly NodePool[];
  /** False where nodes are missing or known by the cloud alone: what is not there is not gone. */
  readonly complete: boolean;
  /** Null where the next look must begin anew. */
  readonly cursor: NodeCursor | null;
  readonly problems: readonly Problem[];
  /** Left out where they were not asked for, or the cluster did not answer at all. */
  readonly workloads?: Workloads;
}

/** The disk of one node's operating system, opened through a snapshot. */
export interface OpenedDisk {
  /** An https URL with a signature, for range reads. */
  readonly url: string;
  /** Revokes the URL and deletes the snapshot. Never throws; what is left is told as a problem. */
  release(): Promise<readonly Problem[]>;
}

/** Why a node's disk cannot be read at all. */
export interface DiskRefusal {
  readonly reason: 'ephemeral-disk' | 'encrypted-disk' | 'no-permission' | 'scan-failed';
  readonly detail: string;
  readonly remedy: string;
  /** The snapshot that was made all the same and could not be deleted. */
  readonly left?: Problem;
}

/** A snapshot that an earlier run left behind, by its tag. */
export interface Leftover {
  readonly id: string;
  /** The tag's word on when it was made, ISO 8601; null where it says none. */
  readonly madeAt: string | null;
}

/** Reading disks of nodes through snapshots. */
export interface DiskAccess {
  /** Makes a snapshot of the node's OS disk and a URL to read it. Cleans up what it made where it fails half-way. */
  open(node: Node, pool: NodePool, run: Run): Promise<OpenedDisk | DiskRefusal>;
  /**
   * Snapshots that no scan can still be using: those whose URL has expired, and those of this installation where nobody
   * is scanning.
   * @param idle whether no process of this installation is reading a disk
   */
  leftovers(subscription: Subscription, run: Run, idle: boolean): Promise<readonly Leftover[]>;
  /** Revokes and deletes one. @returns a problem where it could not */
  remove(leftover: Leftover, run: Run): Promise<Problem | null>;
}

/** One thing that `config check` tried. */
export interface Check {
  /** `Azure credentials`, `list clusters in Contoso Production`. */
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed';
  readonly detail: string;
  /** Null where nothing has to be done. */
  readonly remedy: string | null;
}

/** How many requests were sent, for the budget of docs/operations.md. */
export interface Traffic {
  /** By kind, such as `ARM list clusters` or `Kubernetes list nodes`; retries included. */
  readonly requests: Readonly<Record<string, number>>;
  /** Answers 429 that were waited out. */
  readonly throttled: number;
}

/**
 * One way to find clusters. Everything it reads, it reads only; what it cannot read is a problem, not an exception.
 * It throws `NodewardError` where nothing at all can be read (no credentials), and the reason of `run.signal`.
 */
export interface Provider {
  readonly id: ProviderId;
  subscriptions(run: Run): Promise<readonly Subscription[]>;
  clusters(subscription: Subscription, run: Run): Promise<ClusterListing>;
  nodes(found: FoundCluster, cursor: NodeCursor | null, run: Run): Promise<NodeListing>;
  /**
   * The image each region offers for each pool (`NodePool.id` → name), asked once for pools that must get the same
   * answer: same region, image family and Kubernetes version.
   */
  latestImages(found: readonly FoundCluster[], run: Run): Promise<LatestImages>;
  /** Null where the provider cannot read disks, or no place for snapshots is configured. */
  readonly disks: DiskAccess | null;
  check(run: Run): Promise<readonly Check[]>;
  traffic(): Traffic;
  close(): Promise<void>;
}

/** The images that regions offer. */
export interface LatestImages {
  readonly images: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

/** What the provider `aks` is configured with. */
export interface AksSettings {
  /** `https://management.azure.com`, another cloud's, or a sandbox's. */
  readonly endpoint: string;
  /** PEM file of the authority that signed the endpoint's certificate; null for the system's authorities. */
  readonly caFile: string | null;
  /** `default`: the Azure SDK's chain (environment, workload identity, managed identity, CLI). Else a fixed token, for a sandbox. */
  readonly credential: 'default' | { readonly token: string };
  /** Guids or names; empty for all that the credentials can see. */
  readonly subscriptions: readonly string[];
  /** Resource group for snapshots, in each node's own subscription; null where disks are not read. */
  readonly snapshotResourceGroup: string | null;
  /** Whose snapshots these are, for their tags: the id of the store. One of it runs at a time. */
  readonly installation: string;
  /** Count privileged pods. */
  readonly workloads: boolean;
}

/** What the provider `kubernetes` is configured with. */
export interface KubernetesSettings {
  /** A kubeconfig; null for `$KUBECONFIG` or `~/.kube/config`. */
  readonly kubeconfig: string | null;
  /** Contexts to use; empty for the current one. */
  readonly contexts: readonly string[];
  /** Use the service account of the pod this runs in. */
  readonly inCluster: boolean;
  /** Count privileged pods. */
  readonly workloads: boolean;
}
