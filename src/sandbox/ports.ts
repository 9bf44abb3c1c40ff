import type { FastifyInstance } from 'fastify';
import type {
  FaultKind,
  SandboxImages,
  SimCluster,
  SimEvent,
  SimFault,
  SimNode,
  SimOperation,
  SimPool,
  SimSnapshot,
  SimSubscription,
} from './types.ts';

/** One kind of stored thing, by id in any case. `put` and `delete` are written to disk with the next commit. */
export interface Collection<T> {
  get(id: string): T | undefined;
  values(): Iterable<T>;
  readonly size: number;
  /** Adds it, or says that it was changed in place. */
  put(value: T): void;
  delete(id: string): void;
}

/** An object of a cluster's Kubernetes API that is not a node: pods, PodDisruptionBudgets, workloads, leases, events. */
export interface KubeObject {
  /** `<cluster id>|<resource>|<namespace>|<name>`, lower-case. */
  readonly id: string;
  readonly cluster: string;
  /** `pods`, `poddisruptionbudgets`, `deployments`, … */
  readonly resource: string;
  /** The object as the API gives it, with `metadata.resourceVersion`. */
  body: { metadata: Record<string, unknown> } & Record<string, unknown>;
}

/** Everything the sandbox knows, in memory and, after each commit, in `sandbox.db` of its folder. */
export interface State {
  readonly subscriptions: Collection<SimSubscription>;
  readonly clusters: Collection<SimCluster>;
  readonly pools: Collection<SimPool>;
  readonly nodes: Collection<SimNode>;
  readonly operations: Collection<SimOperation>;
  readonly snapshots: Collection<SimSnapshot>;
  readonly faults: Collection<SimFault>;
  readonly kube: Collection<KubeObject>;
  poolsOf(cluster: string): readonly SimPool[];
  nodesOf(pool: string): readonly SimNode[];
  nodesOfCluster(cluster: string): readonly SimNode[];
  clustersOf(subscription: string): readonly SimCluster[];
  kubeOf(cluster: string, resource: string): readonly KubeObject[];
  /** Named counters and settings of modules, JSON; written with the next commit. */
  setting(name: string): unknown;
  putSetting(name: string, value: unknown): void;
}

/** Random numbers that depend on the seed and a name alone, so that every run gives the same ones. */
export interface Random {
  /** 0 ≤ n < 1. */
  next(): number;
  /** 0 ≤ n < below, whole. */
  below(below: number): number;
  pick<T>(from: readonly T[]): T;
  guid(): string;
}

/** What every part of the sandbox works with. */
export interface SandboxCore {
  /** Epoch milliseconds of the sandbox's clock. */
  now(): number;
  /** `rate`: simulated seconds in a real one; 0 where the clock stands. */
  readonly clock: { readonly rate: number };
  readonly state: State;
  readonly images: SandboxImages;
  /** Where the sandbox keeps its files. */
  readonly folder: string;
  readonly seed: number;
  /** Whether Azure's request limits apply. */
  readonly limits: boolean;
  /** `https://127.0.0.1:8443`, once it listens. */
  readonly url: string;
  random(name: string): Random;
  /** Puts an event into the queue; its handler runs when the clock gets there. */
  schedule(event: Omit<SimEvent, 'sequence'>): void;
  /** Names the handler for events of a kind. Called once per kind, at start. */
  onEvent(kind: string, handler: (event: SimEvent) => void): void;
  /**
   * Whether a fault of this kind strikes one of these things (names or ids, in any case; the fault's target may be `*`),
   * counting it down.
   */
  strikes(kind: FaultKind, things: readonly string[]): SimFault | null;
  /** Regions in the order in which they get images, and since when a region has an image (epoch ms). */
  availableAt(image: string, location: string): number | null;
  /** The newest image of a family that a region has now; null where it has none. */
  latestImage(family: string, location: string): string | null;
}

/** What the upgrade machine needs of a cluster's Kubernetes API. The Kubernetes part provides it. */
export interface ClusterApi {
  /** Tells watchers that a node was added, changed or is gone; gives it its resource version. */
  nodeChanged(node: SimNode, type: 'ADDED' | 'MODIFIED' | 'DELETED'): void;
  /** Evicts what can be evicted now from a node, as `kubectl drain` would. */
  drain(node: SimNode, options: { readonly force: boolean }): DrainResult;
  /** PodDisruptionBudgets that never allow an eviction and have pods on nodes of a pool: `data/ledger`. */
  hopelessBudgets(pool: SimPool): readonly string[];
  /** Gives a new node its daemon pods, and pending pods of workloads a place. */
  settlePods(cluster: SimCluster): void;
  /** An Event object: source `upgrader`, reason `Drain`, `Surge`, `Upgrade`, … */
  event(node: SimNode, reason: string, message: string): void;
}

/** Whether a node is empty, and what keeps it from being so. */
export interface DrainResult {
  readonly done: boolean;
  /** `default/web-0` with the budget or webhook that denies its eviction. */
  readonly blocked: readonly {
    readonly pod: string;
    readonly by: string;
    readonly kind: 'pdb' | 'webhook';
  }[];
}

/** A part of the sandbox that answers requests. */
export type Routes = (app: FastifyInstance, core: SandboxCore) => void;
