import type { SimPool } from '../types.ts';

/** How old the image of a pool is: the newest that its region has, or the newest that was built so many days ago. */
export type ImageAge = 'latest' | { readonly days: number } | { readonly before: string };

/** One pool to be made. What is left out is what most pools have. */
export interface PoolPlan {
  readonly name: string;
  readonly count: number;
  /** Families in order of preference: the first that has an image is taken; none: the customer's own image. */
  readonly families: readonly string[];
  readonly age?: ImageAge;
  readonly mode?: string;
  readonly osSku?: string;
  readonly vmSize?: string;
  readonly arch?: 'arm64';
  readonly osDiskType?: 'Ephemeral';
  readonly osDiskSizeGb?: number;
  readonly encrypted?: true;
  readonly fips?: true;
  readonly publicAddress?: true;
  readonly type?: string;
  readonly stopped?: true;
  readonly spot?: true;
  readonly autoscale?: { readonly min: number; readonly max: number };
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
  /** How many of its nodes were changed by hand. */
  readonly drifted?: number;
  /** How many days ago its nodes got security patches, newest image or not. */
  readonly patchedDays?: number;
  /** How many of its nodes still run an older image, as an upgrade to the image ARM shows failed. */
  readonly leftBehind?: { readonly nodes: number; readonly days: number };
  readonly upgradeSettings?: SimPool['upgradeSettings'];
}

/** One cluster to be made. */
export interface ClusterPlan {
  readonly name: string;
  readonly resourceGroup: string;
  readonly location: string;
  /** How many minors below the newest offered one. */
  readonly minorsBehind?: number;
  readonly upgradeChannel?: string;
  readonly nodeOsChannel?: string;
  readonly stopped?: true;
  readonly unreachable?: true;
  readonly tags?: Readonly<Record<string, string>>;
  readonly maintenance?: Readonly<Record<string, unknown>>;
  /** Nodes of node auto-provisioning, without a pool. */
  readonly autoProvisioned?: number;
  readonly pools: readonly PoolPlan[];
}

/** A subscription with its clusters. */
export interface SubscriptionPlan {
  readonly name: string;
  readonly clusters: readonly ClusterPlan[];
}
