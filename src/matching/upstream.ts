/** Which Go modules a node component is built from, and which of a module's advisories concern it. */
export interface Upstream {
  readonly modules: readonly string[];
  /** Import paths that end up in this binary; an advisory that names only other paths does not concern it. */
  readonly imports: RegExp | null;
}

const KUBELET =
  /^k8s\.io\/(?:kubernetes\/(?:cmd\/kubelet|pkg\/(?:kubelet|volume|probe|credentialprovider|util|security|features|apis|api|capabilities|cluster\/ports))|kubelet|mount-utils|client-go|apimachinery|component-base|cri-)/;
const KUBECTL =
  /^k8s\.io\/(?:kubernetes\/(?:cmd\/kubectl|pkg\/(?:kubectl|util))|kubectl|cli-runtime|client-go|apimachinery)/;

/** Where a Kubernetes vulnerability is, where its advisory names only the module all binaries are built from. */
export interface KubernetesScope {
  /** Node binaries it is in; empty where it is in the control plane only. */
  readonly binaries: readonly ('kubelet' | 'kubectl')[];
  readonly windowsOnly: boolean;
}

const scope = (binaries: KubernetesScope['binaries'], windowsOnly = false): KubernetesScope => ({
  binaries,
  windowsOnly,
});
const CONTROL_PLANE = scope([]);
const NODE = scope(['kubelet']);
const WINDOWS_NODE = scope(['kubelet'], true);
const CLIENT = scope(['kubectl']);

/**
 * By the Kubernetes project's own announcements. A CVE that is not listed is taken to concern every binary of the
 * module, and its finding says so.
 */
export const KUBERNETES_SCOPES: Readonly<Record<string, KubernetesScope>> = {
  'CVE-2015-5305': CONTROL_PLANE,
  'CVE-2015-7561': CONTROL_PLANE,
  'CVE-2017-1000056': CONTROL_PLANE,
  'CVE-2017-1002101': NODE,
  'CVE-2017-1002102': NODE,
  'CVE-2018-1002100': CLIENT,
  'CVE-2018-1002101': WINDOWS_NODE,
  'CVE-2018-1002105': CONTROL_PLANE,
  'CVE-2019-1002100': CONTROL_PLANE,
  'CVE-2019-1002101': CLIENT,
  'CVE-2019-11245': NODE,
  'CVE-2019-11246': CLIENT,
  'CVE-2019-11247': CONTROL_PLANE,
  'CVE-2019-11248': NODE,
  'CVE-2019-11249': CLIENT,
  'CVE-2019-11251': CLIENT,
  'CVE-2019-11253': CONTROL_PLANE,
  'CVE-2019-11254': CONTROL_PLANE,
  'CVE-2020-8551': NODE,
  'CVE-2020-8552': CONTROL_PLANE,
  'CVE-2020-8554': CONTROL_PLANE,
  'CVE-2020-8555': CONTROL_PLANE,
  'CVE-2020-8557': NODE,
  'CVE-2020-8558': NODE,
  'CVE-2020-8559': CONTROL_PLANE,
  'CVE-2020-8561': CONTROL_PLANE,
  'CVE-2020-8562': CONTROL_PLANE,
  'CVE-2020-8563': CONTROL_PLANE,
  'CVE-2020-8566': CONTROL_PLANE,
  'CVE-2021-25735': CONTROL_PLANE,
  'CVE-2021-25736': CONTROL_PLANE,
  'CVE-2021-25737': CONTROL_PLANE,
  'CVE-2021-25740': CONTROL_PLANE,
  'CVE-2021-25741': NODE,
  'CVE-2021-25743': CLIENT,
  'CVE-2021-25749': WINDOWS_NODE,
  'CVE-2022-3162': CONTROL_PLANE,
  'CVE-2022-3172': CONTROL_PLANE,
  'CVE-2022-3294': CONTROL_PLANE,
  'CVE-2023-2431': NODE,
  'CVE-2023-2727': CONTROL_PLANE,
  'CVE-2023-2728': CONTROL_PLANE,
  'CVE-2023-3676': WINDOWS_NODE,
  'CVE-2023-3893': WINDOWS_NODE,
  'CVE-2023-3955': WINDOWS_NODE,
  'CVE-2023-5528': WINDOWS_NODE,
  'CVE-2024-0793': CONTROL_PLANE,
  'CVE-2024-10220': NODE,
  'CVE-2024-3177': CONTROL_PLANE,
  'CVE-2024-5321': WINDOWS_NODE,
  'CVE-2024-7598': CONTROL_PLANE,
  'CVE-2024-9042': WINDOWS_NODE,
  'CVE-2025-0426': NODE,
  'CVE-2025-13281': CONTROL_PLANE,
  'CVE-2025-1767': NODE,
  'CVE-2025-4563': CONTROL_PLANE,
  'CVE-2025-5187': CONTROL_PLANE,
};

/** By component name. Module paths as the Go vulnerability database spells them. */
export const UPSTREAMS: Readonly<Record<string, Upstream>> = {
  kubelet: { modules: ['k8s.io/kubernetes'], imports: KUBELET },
  kubectl: { modules: ['k8s.io/kubernetes'], imports: KUBECTL },
  containerd: {
    modules: ['github.com/containerd/containerd', 'github.com/containerd/containerd/v2'],
    imports: null,
  },
  runc: { modules: ['github.com/opencontainers/runc'], imports: null },
  'cni-plugins': { modules: ['github.com/containernetworking/plugins'], imports: null },
  'azure-cni': { modules: ['github.com/Azure/azure-container-networking'], imports: null },
  crictl: { modules: ['sigs.k8s.io/cri-tools', 'github.com/kubernetes-sigs/cri-tools'], imports: null },
  coredns: { modules: ['github.com/coredns/coredns'], imports: null },
  oras: {
    modules: ['oras.land/oras', 'github.com/oras-project/oras', 'github.com/deislabs/oras'],
    imports: null,
  },
  'azure-acr-credential-provider': { modules: ['sigs.k8s.io/cloud-provider-azure'], imports: null },
  'node-exporter': { modules: ['github.com/prometheus/node_exporter'], imports: null },
  ig: { modules: ['github.com/inspektor-gadget/inspektor-gadget'], imports: null },
  buildx: { modules: ['github.com/docker/buildx'], imports: null },
  moby: { modules: ['github.com/docker/docker', 'github.com/moby/moby'], imports: null },
  'docker-cli': { modules: ['github.com/docker/cli'], imports: null },
  'nvidia-device-plugin': { modules: ['github.com/NVIDIA/k8s-device-plugin'], imports: null },
  'nvidia-container-toolkit': { modules: ['github.com/NVIDIA/nvidia-container-toolkit'], imports: null },
};
