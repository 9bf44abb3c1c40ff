import type { Component } from '../../model/software.ts';
import type { Purl } from './purl.ts';
import type { SbomEntry } from './types.ts';

/** A node component, the Go module it is built from and the programs it installs. */
interface KnownComponent {
  readonly name: string;
  /** Lower case, as purls spell Go modules. */
  readonly modules: readonly string[];
  readonly programs: readonly string[];
}

const CNI_PLUGINS =
  'bandwidth bridge dhcp dummy firewall host-device host-local ipvlan loopback macvlan portmap ptp sbr static tap tuning vlan vrf';

const KNOWN: readonly KnownComponent[] = [
  { name: 'kubelet', modules: ['k8s.io/kubernetes'], programs: ['kubelet'] },
  { name: 'kubectl', modules: ['k8s.io/kubernetes'], programs: ['kubectl'] },
  { name: 'kubeadm', modules: ['k8s.io/kubernetes'], programs: ['kubeadm'] },
  { name: 'kube-proxy', modules: ['k8s.io/kubernetes'], programs: ['kube-proxy'] },
  {
    name: 'containerd',
    modules: ['github.com/containerd/containerd', 'github.com/containerd/containerd/v2'],
    programs: ['containerd', 'containerd-shim-runc-v2', 'ctr'],
  },
  { name: 'runc', modules: ['github.com/opencontainers/runc'], programs: ['runc'] },
  {
    name: 'cni-plugins',
    modules: ['github.com/containernetworking/plugins'],
    programs: CNI_PLUGINS.split(' '),
  },
  {
    name: 'azure-cni',
    modules: ['github.com/azure/azure-container-networking'],
    programs: ['azure-vnet', 'azure-vnet-ipam', 'azure-vnet-ipamv6', 'azure-vnet-telemetry'],
  },
  { name: 'oras', modules: ['oras.land/oras'], programs: ['oras'] },
  {
    name: 'crictl',
    modules: ['sigs.k8s.io/cri-tools', 'github.com/kubernetes-sigs/cri-tools'],
    programs: ['crictl'],
  },
];

/** `kubelet-1.28.1`: a program kept beside others for the case that the cluster asks for that version. */
const VERSIONED_PROGRAM = /^(.+?)-(v?\d+\.\d+\.\d+\S*)$/;
/** Where node images keep software that is not in use yet. */
const CACHE_FOLDER = /(?:^|\/)downloads\//;

/** Whether a file is a program of some node component. */
export function isNodeProgram(path: string): boolean {
  const program = programOf(path);
  return KNOWN.some((known) => known.programs.includes(program.name));
}

/**
 * The node components an entry is, one per file it was found in; empty where it is none. A Go module only counts in
 * the program built from it: elsewhere it is a library.
 */
export function nodeComponents(
  entry: SbomEntry,
  purl: Purl | null,
): readonly (Omit<Component, 'version'> & { version: string | null })[] {
  if (purl === null || purl.type === 'generic') {
    const known = KNOWN.find((candidate) => candidate.name === entry.name);
    if (known === undefined || !entry.isApplication) return [];
    return [{ name: known.name, version: entry.version ?? purl?.version ?? null, role: 'installed' }];
  }
  if (purl.type !== 'golang') return [];
  const module = [purl.namespace, purl.name, purl.subpath.toLowerCase()]
    .filter((part) => part !== '')
    .join('/');
  return entry.paths.flatMap((path) => {
    const program = programOf(path);
    const known = KNOWN.find(
      (candidate) => candidate.modules.includes(module) && candidate.programs.includes(program.name),
    );
    if (known === undefined) return [];
    const version = goVersion(purl.version ?? entry.version) ?? program.version;
    return [
      { name: known.name, version, role: program.cached ? ('cached' as const) : ('installed' as const) },
    ];
  });
}

/** Go gives a main module built outside of its tag no version of its own. */
function goVersion(version: string | null): string | null {
  return version === null || version === '(devel)' || version.startsWith('v0.0.0') ? null : version;
}

function programOf(path: string): { name: string; version: string | null; cached: boolean } {
  const file = path.slice(path.lastIndexOf('/') + 1);
  const match = VERSIONED_PROGRAM.exec(file);
  const cached = match !== null || CACHE_FOLDER.test(path);
  return { name: match?.[1] ?? file, version: match?.[2] ?? null, cached };
}
