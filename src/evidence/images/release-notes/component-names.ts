/**
 * The one name of each node component, by the lower-case names release notes use for it. A name that is not here is
 * its own. The three builds of the Azure CNI (plain, Swift, overlay; single tenancy on Windows) are one program with
 * different settings.
 */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['azure cni', 'azure-cni'],
  ['azure swift cni', 'azure-cni'],
  ['azure overlay cni', 'azure-cni'],
  ['azure-vnet-cni', 'azure-cni'],
  ['azure-vnet-cni-swift', 'azure-cni'],
  ['azure-vnet-cni-overlay', 'azure-cni'],
  ['azure-vnet-cni-singletenancy', 'azure-cni'],
  ['azure-vnet-cni-singletenancy-swift', 'azure-cni'],
  ['azure-vnet-cni-singletenancy-overlay', 'azure-cni'],
  ['calico-windows', 'calico'],
  ['cni plugin', 'cni-plugins'],
  ['containernetworking-plugins', 'cni-plugins'],
  ['datacenter-gpu-manager-4-core', 'dcgm'],
  ['datacenter-gpu-manager-4-proprietary', 'dcgm'],
  ['datacenter-gpu-manager-exporter', 'dcgm-exporter'],
  ['fabricmanager', 'nvidia-fabricmanager'],
  ['kubelet credential provider', 'azure-acr-credential-provider'],
  ['nvidia-cuda-driver-prebaked', 'nvidia-cuda-driver'],
  ['nvidia-driver', 'nvidia-cuda-driver'],
  ['nvidia-gpu-driver-version', 'nvidia-cuda-driver'],
  ['secure-tls-bootstrap-kubelet-exec-plugin', 'aks-secure-tls-bootstrap-client'],
  ['windows-gmsa-ccgakvplugin', 'gmsa-ccgakvplugin'],
]);

/** Archives that hold several components of one version. */
const BUNDLES: ReadonlyMap<string, readonly string[]> = new Map([
  ['kubernetes-binaries', ['kubelet', 'kubectl']],
  ['win-k8s', ['kubelet', 'kubectl', 'kube-proxy']],
]);

/** Operating-system packages that are a node component: the package manager's word on it is the truth. */
const PACKAGES: ReadonlyMap<string, string> = new Map([
  ['containerd', 'containerd'],
  ['containerd2', 'containerd'],
  ['moby-containerd', 'containerd'],
  ['moby-containerd-cc', 'containerd'],
  ['cri-tools', 'crictl'],
  ['kubernetes-cri-tools', 'crictl'],
  ['moby-runc', 'runc'],
  ['runc', 'runc'],
  ['node-exporter-kubernetes', 'node-exporter'],
  ['oras', 'oras'],
]);

/**
 * Never used as they lie on the disk: the pool's Kubernetes version decides which kubelet is linked into the path,
 * and the software for GPUs is installed when the node turns out to have one.
 */
const CACHED_UNTIL_PROVISIONED: ReadonlySet<string> = new Set([
  'dcgm',
  'dcgm-exporter',
  'dra-driver-nvidia-gpu',
  'kube-proxy',
  'kubectl',
  'kubelet',
  'nvidia-container-runtime',
  'nvidia-cuda-driver',
  'nvidia-device-plugin',
  'nvidia-docker2',
  'nvidia-fabricmanager',
  'nvidia-grid-driver',
]);

/** The components a name in release notes stands for. */
export function componentNames(written: string): readonly string[] {
  const name = written.toLowerCase();
  return BUNDLES.get(name) ?? [NAMES.get(name) ?? name.replaceAll(' ', '-')];
}

/** The component an operating-system package is, or null. */
export function componentOfPackage(packageName: string): string | null {
  return PACKAGES.get(packageName) ?? null;
}

/** Whether the component is only put to use when a node is set up, however many versions there are. */
export function isCachedUntilProvisioned(component: string): boolean {
  return CACHED_UNTIL_PROVISIONED.has(component);
}
