/** A node component, the Go modules it is built from and the programs it installs. */
export interface KnownComponent {
  /** As matching and the image catalogue name it. */
  readonly name: string;
  /** Lower case, as purls spell Go modules. */
  readonly modules: readonly string[];
  readonly programs: readonly string[];
  /**
   * Whether a program of one of these names is always this component. Others share their name with programs of
   * distributions: iproute2 has a `bridge` too.
   */
  readonly distinct: boolean;
}

const CNI_PLUGINS =
  'bandwidth bridge dhcp dummy firewall host-device host-local ipvlan loopback macvlan portmap ptp sbr static tap tuning vlan vrf';

const component = (name: string, modules: string, programs: string): KnownComponent => ({
  name,
  modules: modules.split(' '),
  programs: programs.split(' '),
  distinct: true,
});
const ambiguous = (name: string, modules: string, programs: string): KnownComponent => ({
  ...component(name, modules, programs),
  distinct: false,
});

/** All components that are known by their programs, whatever the evidence: SBOMs and the programs themselves. */
export const KNOWN_COMPONENTS: readonly KnownComponent[] = [
  component('kubelet', 'k8s.io/kubernetes', 'kubelet'),
  component('kubectl', 'k8s.io/kubernetes', 'kubectl'),
  component('kubeadm', 'k8s.io/kubernetes', 'kubeadm'),
  component('kube-proxy', 'k8s.io/kubernetes', 'kube-proxy'),
  component(
    'containerd',
    'github.com/containerd/containerd github.com/containerd/containerd/v2',
    'containerd containerd-shim containerd-shim-runc-v1 containerd-shim-runc-v2 ctr',
  ),
  component('runc', 'github.com/opencontainers/runc', 'runc'),
  ambiguous('cni-plugins', 'github.com/containernetworking/plugins', CNI_PLUGINS),
  component(
    'azure-cni',
    'github.com/azure/azure-container-networking',
    'azure-vnet azure-vnet-ipam azure-vnet-ipamv6 azure-vnet-telemetry azure-ipam',
  ),
  component('oras', 'oras.land/oras', 'oras'),
  component('crictl', 'sigs.k8s.io/cri-tools github.com/kubernetes-sigs/cri-tools', 'crictl'),
  component(
    'azure-acr-credential-provider',
    'sigs.k8s.io/cloud-provider-azure',
    'azure-acr-credential-provider acr-credential-provider',
  ),
  ambiguous('coredns', 'github.com/coredns/coredns', 'coredns'),
  ambiguous('node-exporter', 'github.com/prometheus/node_exporter', 'node-exporter node_exporter'),
  ambiguous('ig', 'github.com/inspektor-gadget/inspektor-gadget', 'ig'),
  ambiguous('buildx', 'github.com/docker/buildx', 'docker-buildx'),
  ambiguous('moby', 'github.com/docker/docker github.com/moby/moby', 'dockerd docker-proxy'),
  ambiguous('docker-cli', 'github.com/docker/cli', 'docker'),
  ambiguous('nvidia-device-plugin', 'github.com/nvidia/k8s-device-plugin', 'nvidia-device-plugin'),
  ambiguous(
    'nvidia-container-toolkit',
    'github.com/nvidia/nvidia-container-toolkit',
    'nvidia-ctk nvidia-container-runtime nvidia-container-runtime-hook nvidia-container-toolkit',
  ),
];

/** `kubelet-1.28.1`: a program kept beside others for the case that the cluster asks for that version. */
const VERSIONED_PROGRAM = /^(.+?)-(v?\d+\.\d+\.\d+\S*)$/;
/** Where node images keep software that is not in use yet. */
const CACHE_FOLDER = /(?:^|\/)downloads\//;
/** Folders of CNI plugins, where the names of plugins mean nothing else. */
const CNI_FOLDER = /(?:^|\/)cni(?:\/bin)?\/[^/]+$/;

/** What the path of a program says of it. */
export interface ProgramPath {
  /** File name without a version. */
  readonly name: string;
  /** The version in its file name; null where there is none. */
  readonly version: string | null;
  /** Whether it is kept for another version of the cluster. */
  readonly cached: boolean;
}

/** Takes the path of a program apart. */
export function programOf(path: string): ProgramPath {
  const file = path.slice(path.lastIndexOf('/') + 1);
  const match = VERSIONED_PROGRAM.exec(file);
  const cached = match !== null || CACHE_FOLDER.test(path);
  return { name: match?.[1] ?? file, version: match?.[2] ?? null, cached };
}

/** The component that a program of this path must be, whatever is in it; null where its name could mean another. */
export function componentOfPath(path: string): string | null {
  const { name } = programOf(path);
  const known = KNOWN_COMPONENTS.find(({ programs }) => programs.includes(name));
  if (known === undefined) return null;
  return known.distinct || (known.name === 'cni-plugins' && CNI_FOLDER.test(path)) ? known.name : null;
}

/**
 * The component that a Go program is, by the import path of its command (`k8s.io/kubernetes/cmd/kubelet`); null where
 * it is none. Modules that several components are built from are told apart by the name of the command.
 */
export function componentOfCommand(command: string): string | null {
  const path = command.toLowerCase();
  const built = KNOWN_COMPONENTS.filter(({ modules }) =>
    modules.some((module) => path === module || path.startsWith(`${module}/`)),
  );
  if (built.length === 1) return built[0]?.name ?? null;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return built.find(({ programs }) => programs.includes(name))?.name ?? null;
}
