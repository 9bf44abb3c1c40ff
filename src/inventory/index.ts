/** Inventory's public entry. */
import { PROVIDERS } from './registry.ts';
import type { AksSettings, KubernetesSettings, Provider } from './types.ts';

export { joinPools } from './kubernetes/pools.ts';
export type {
  AksSettings,
  Check,
  ClusterListing,
  DiskAccess,
  DiskRefusal,
  FoundCluster,
  KubernetesSettings,
  LatestImages,
  Leftover,
  NodeCursor,
  NodeListing,
  OpenedDisk,
  Problem,
  Provider,
  Run,
  Traffic,
  Workloads,
} from './types.ts';

/** Clusters of Azure Kubernetes Service. Nothing is sent yet. @throws NodewardError config-invalid */
export function createAks(settings: AksSettings): Provider {
  return PROVIDERS.aks(settings);
}

/** Clusters that a kubeconfig leads to. Nothing is read yet. */
export function createKubernetes(settings: KubernetesSettings): Provider {
  return PROVIDERS.kubernetes(settings);
}
