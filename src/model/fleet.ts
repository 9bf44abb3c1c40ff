/** Clusters, their node pools and their nodes, as a provider sees them. Ids are lower-case and never reused. */

/** Where clusters are discovered. */
export type ProviderId = 'aks' | 'kubernetes';

/** All providers, in the order they are asked. */
export const PROVIDER_IDS: readonly ProviderId[] = ['aks', 'kubernetes'];

/** What clusters are billed to: an Azure subscription; for a kubeconfig, the file itself. */
export interface Subscription {
  /** `/subscriptions/<guid>`, lower-case; `kubeconfig` for the provider `kubernetes`. */
  readonly id: string;
  readonly provider: ProviderId;
  readonly name: string;
}

/** Whether a cluster or pool has machines that run. A stopped cluster is `Succeeded` all the same. */
export type PowerState = 'running' | 'stopped' | 'unknown';

/** One Kubernetes cluster. */
export interface Cluster {
  /** The ARM id in lower case; for the provider `kubernetes`, `kubernetes:<uid of the namespace kube-system>`. */
  readonly id: string;
  readonly provider: ProviderId;
  /** `Subscription.id`. */
  readonly subscription: string;
  /** As the cloud spells it. */
  readonly name: string;
  /** Null where the provider has none. */
  readonly resourceGroup: string | null;
  /** The resource group of the machines (`MC_…`); null where the provider has none. */
  readonly nodeResourceGroup: string | null;
  /** `westus2`; null where it is not known. */
  readonly region: string | null;
  /** The version that runs, `1.28.5`; null where it is not known. */
  readonly kubernetesVersion: string | null;
  readonly power: PowerState;
  /** ARM's provisioning state as it is (`Succeeded`, `Upgrading`, …); null where there is none. */
  readonly provisioning: string | null;
  readonly autoUpgrade: AutoUpgrade;
  readonly tags: Readonly<Record<string, string>>;
  /** What changes whenever the cluster does (ARM's eTag); null where there is none. */
  readonly revision: string | null;
  /** `host[:port]` of the API server, lower-case; null where it is not known. */
  readonly apiHost: string | null;
}

/** What the cloud upgrades by itself; null where it says nothing. */
export interface AutoUpgrade {
  /** `none`, `patch`, `stable`, `rapid`, `node-image`. */
  readonly kubernetes: string | null;
  /** `None`, `Unmanaged`, `NodeImage`, `SecurityPatch`. */
  readonly nodeOs: string | null;
}

/**
 * Who makes the machines of a pool: `scale-set` (an agent pool of a scale set or availability set), `machines` (an agent
 * pool that the cloud keeps for single machines: hidden, not upgradeable through the pool), `autoprovisioned` (Karpenter
 * or AKS node auto-provisioning, no agent pool at all), `labels` (known by the labels of its nodes alone).
 */
export type PoolKind = 'scale-set' | 'machines' | 'autoprovisioned' | 'labels';

/** Where the operating system's disk is: one that can be snapshotted, or the host's own. */
export type OsDiskKind = 'managed' | 'ephemeral' | 'unknown';

/** One node pool: machines of one kind that are replaced together. */
export interface NodePool {
  /** The ARM id in lower case; else `<cluster id>/pools/<name>`. */
  readonly id: string;
  /** `Cluster.id`. */
  readonly cluster: string;
  readonly name: string;
  readonly kind: PoolKind;
  /** `System`, `User`, `Gateway`, …, as the cloud spells it; null where there is none. */
  readonly mode: string | null;
  readonly os: 'linux' | 'windows' | 'unknown';
  /** `Ubuntu`, `AzureLinux`, `Windows2022`, …; null where it is not known. */
  readonly osSku: string | null;
  readonly vmSize: string | null;
  /** How many nodes the cloud wants it to have; null where it does not say. */
  readonly count: number | null;
  /** The node image the cloud names for the pool: its target, which nodes may not have. Null where it names none. */
  readonly image: string | null;
  /** The node image the region offers now for this pool; null where it was not asked or not told. */
  readonly latestImage: string | null;
  readonly kubernetesVersion: string | null;
  readonly osDisk: OsDiskKind;
  /** Whether its nodes get addresses of their own on the internet; null where it is not known. */
  readonly publicAddress: boolean | null;
  readonly power: PowerState;
  readonly provisioning: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** Labels that its nodes get, as the cloud lists them; else those that all of its nodes have in common. */
  readonly labels: Readonly<Record<string, string>>;
  readonly revision: string | null;
}

/** One node of a cluster, as its Kubernetes API and its cloud describe it. */
export interface Node {
  /** The `providerID` without its scheme, in lower case (an ARM id for AKS); else `<cluster id>/nodes/<uid>`. */
  readonly id: string;
  readonly cluster: string;
  /** `NodePool.id`. */
  readonly pool: string;
  readonly name: string;
  /** `metadata.uid`: another one is another machine, whatever its name. Null where only the cloud knows the node. */
  readonly uid: string | null;
  /**
   * The node image it runs (label `kubernetes.azure.com/node-image-version`), with the date of its security patches
   * where it has one; null where no label says.
   */
  readonly image: string | null;
  readonly arch: string | null;
  readonly os: 'linux' | 'windows' | 'unknown';
  /** `nodeInfo.osImage`: `Ubuntu 22.04.4 LTS`. */
  readonly osImage: string | null;
  /** `nodeInfo.kernelVersion`: the kernel that runs. */
  readonly kernel: string | null;
  /** `nodeInfo.kubeletVersion`, `v1.28.5`. */
  readonly kubelet: string | null;
  /** `nodeInfo.containerRuntimeVersion`, `containerd://1.7.7-1`. */
  readonly containerRuntime: string | null;
  readonly bootId: string | null;
  /** Null where it is not known. */
  readonly ready: boolean | null;
  readonly unschedulable: boolean;
  /** ISO 8601 instant of `metadata.creationTimestamp`; null where it is not known. */
  readonly created: string | null;
}
