/**
 * The state of the simulated cloud: plain JSON objects that are stored as they are. Instants are epoch milliseconds of
 * the sandbox's clock. Ids are ARM ids as Azure spells them (`/subscriptions/…/resourcegroups/…`, lower-case
 * `resourcegroups`); they are compared in lower case.
 */
import type { SoftwareList } from '../model/software.ts';

/** One node image as the sandbox uses it: facts of the real catalogue. */
export interface SandboxImage {
  /** `AKSUbuntu-2204gen2containerd-202402.26.0`. */
  readonly name: string;
  /** `AKSUbuntu-2204gen2containerd`. */
  readonly family: string;
  readonly version: string;
  /** ISO day. */
  readonly buildDate: string;
  /** `Ubuntu 22.04.4 LTS`; empty where the catalogue does not say. */
  readonly osImage: string;
  /** `5.15.0-1057-azure`; null where the catalogue does not say. */
  readonly kernel: string | null;
  /** The Kubernetes versions whose kubelet is on the image, oldest first: `1.27.7`. */
  readonly kubelets: readonly string[];
  /** `1.7.7-ubuntu22.04u1`; null where the catalogue does not say. */
  readonly containerd: string | null;
}

/** The real images the sandbox is made of. */
export interface SandboxImages {
  /** Images of the channel NodeImage, by family, then oldest first. */
  readonly images: readonly SandboxImage[];
  /** What is on an image; null where the catalogue lists no packages for it. */
  software(name: string): SoftwareList | null;
}

export interface SimSubscription {
  readonly id: string;
  /** The guid alone. */
  readonly guid: string;
  readonly name: string;
}

export type ProvisioningState =
  | 'Creating'
  | 'Updating'
  | 'Upgrading'
  | 'UpgradingNodeImageVersion'
  | 'Scaling'
  | 'Starting'
  | 'Stopping'
  | 'Deleting'
  | 'Canceling'
  | 'Canceled'
  | 'Succeeded'
  | 'Failed';

export interface SimCluster {
  readonly id: string;
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly nodeResourceGroup: string;
  readonly name: string;
  readonly location: string;
  /** What was asked for (may be a minor alias), and what runs. */
  kubernetesVersion: string;
  currentKubernetesVersion: string;
  eTag: string;
  provisioningState: ProvisioningState;
  power: 'Running' | 'Stopped';
  tags: Record<string, string>;
  upgradeChannel: string;
  nodeOsChannel: string;
  /** Bodies of maintenance configurations by name. */
  maintenance: Record<string, unknown>;
  upgradeOverride: { forceUpgrade: boolean; until: string } | null;
  /** Whether the API server answers from outside. */
  reachable: boolean;
  /** Node auto-provisioning: `Auto` has nodes without an agent pool. */
  nodeProvisioning: 'Manual' | 'Auto';
  /** For everything random about its Kubernetes objects. */
  readonly seed: number;
  /** The last resource version given out by its Kubernetes API. */
  resourceVersion: number;
}

export interface SimPool {
  readonly id: string;
  readonly cluster: string;
  readonly name: string;
  mode: string;
  readonly osType: 'Linux' | 'Windows';
  osSku: string;
  readonly arch: 'amd64' | 'arm64';
  readonly vmSize: string;
  count: number;
  /** Bounds of the cluster autoscaler, which adds and removes nodes every few hours; null without it. */
  autoscale: { min: number; max: number } | null;
  /** Spot nodes, which Azure takes back every few hours. */
  readonly spot: boolean;
  osDiskType: 'Managed' | 'Ephemeral';
  readonly osDiskSizeGb: number;
  /** Azure Disk Encryption or a confidential OS disk: a snapshot is ciphertext. */
  readonly encrypted: boolean;
  readonly fips: boolean;
  /** Whether each of its nodes has an address on the internet; left out in pools that an older release made. */
  readonly publicAddress?: boolean;
  /** `VirtualMachineScaleSets`; `VirtualMachines` for the pools ARM lists with mode `Machines`. */
  readonly type: string;
  /** The image family nodes get; null for a pool made of the customer's own image. */
  family: string | null;
  /** What ARM shows: the TARGET, also after a failed upgrade. */
  nodeImageVersion: string;
  orchestratorVersion: string;
  currentOrchestratorVersion: string;
  upgradeSettings: Record<string, unknown>;
  power: 'Running' | 'Stopped';
  provisioningState: ProvisioningState;
  provisioningError: { code: string; message: string } | null;
  eTag: string;
  tags: Record<string, string>;
  labels: Record<string, string>;
  taints: string[];
  creationData: unknown;
  recentlyUsed: { orchestratorVersion: string; nodeImageVersion: string; timestamp: string }[];
  /** Name of its scale set in the node resource group, `aks-np1-12345678-vmss`. */
  readonly scaleSet: string;
  /** The number the next instance gets. */
  nextInstance: number;
}

export interface SimNode {
  /** ARM id of the scale-set VM: `…/virtualMachineScaleSets/aks-np1-12345678-vmss/virtualMachines/0`. */
  readonly id: string;
  /** Null for a node of node auto-provisioning. */
  readonly pool: string | null;
  readonly cluster: string;
  readonly name: string;
  readonly instance: number;
  /** Kubernetes' `metadata.uid`; another one after a reimage. */
  uid: string;
  /** The image it runs, without the date of security patches; null for a customer's own image. */
  image: string | null;
  /** `2024.03.15` of the SecurityPatch channel; null without. */
  live: string | null;
  /** `1.28.5`. */
  kubelet: string;
  kernel: string;
  containerd: string;
  osImage: string;
  created: number;
  bootId: string;
  ready: boolean;
  unschedulable: boolean;
  /** Labels and annotations written over those that follow from its pool; null removes one. */
  labels: Record<string, string | null>;
  annotations: Record<string, string | null>;
  taints: { key: string; value?: string; effect: string }[];
  /** Seed of what was changed by hand on it; null where nothing was. */
  drift: number | null;
  /** A node the upgrade added, to be deleted at its end. */
  surge: boolean;
  /** Kubernetes resource version of its last change. */
  resourceVersion: number;
}

/** One long-running operation, also after it ended, until it expires. */
export interface SimOperation {
  readonly id: string;
  /** `UpgradeNodeImage`, `UpgradePool`, `UpgradeCluster`, `Update`, `Delete`, `Abort`, `Snapshot`, `GrantAccess`, … */
  readonly kind: string;
  /** The resource it works on. */
  readonly target: string;
  readonly subscription: string;
  readonly location: string;
  status: 'InProgress' | 'Succeeded' | 'Failed' | 'Canceled';
  readonly start: number;
  end: number | null;
  error: { code: string; message: string } | null;
  /** What its next step needs. */
  data: Record<string, unknown>;
  /** What the final GET on its Location answers; null for 204. */
  result: unknown;
}

/** A disk snapshot in `Microsoft.Compute`. */
export interface SimSnapshot {
  readonly id: string;
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly name: string;
  readonly location: string;
  /** ARM id of the disk it was made of. */
  readonly source: string;
  /** What of the disk's state it holds, so that the bytes stay what they were: see `compute`. Null where it failed. */
  readonly content: unknown;
  readonly incremental: boolean;
  readonly tags: Record<string, string>;
  readonly created: number;
  /**
   * The open SAS; null where there is none. It ends at the first of two instants: `expires` of the sandbox's clock, and
   * `realExpires` of the machine's, as the sandbox's may stand.
   */
  access: { token: string; expires: number; realExpires: number } | null;
}

/** A fault that was asked for. */
export interface SimFault {
  readonly id: string;
  readonly kind: FaultKind;
  /** Name or id of a subscription, cluster, pool or node; `*` for all. */
  readonly target: string;
  /** How often it still strikes; null for ever. */
  left: number | null;
}

/** What can be made to go wrong. */
export type FaultKind =
  | 'pdb-block'
  | 'quota'
  | 'subnet-full'
  | 'capacity'
  | 'stuck-operation'
  | 'no-content'
  | 'target-after-failure'
  | 'webhook-denial'
  | 'auto-upgrade'
  | 'throttle'
  | 'unreachable'
  | 'forbidden'
  | 'snapshot-failure'
  | 'scope-locked';

/** Something that will happen at an instant of the clock. */
export interface SimEvent {
  readonly at: number;
  /** Order among events of one instant. */
  readonly sequence: number;
  /** Which handler it is for: `upgrade`, `operation-end`, `auto-upgrade`, `churn`, … */
  readonly kind: string;
  readonly data: Record<string, unknown>;
}
