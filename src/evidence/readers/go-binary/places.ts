/**
 * How a folder is searched: `system` (hundreds of programs, few of them built by Go: links are only followed for node
 * components), `node` (all of it is software of the node) or `tree` (as `node`, with the folders below).
 */
export interface Place {
  readonly path: string;
  readonly kind: 'system' | 'node' | 'tree';
}

const places = (kind: Place['kind'], ...paths: readonly string[]): readonly Place[] =>
  paths.map((path) => ({ path, kind }));

/** Where nodes keep programs. Several lead to one folder where `/bin` is a link to `/usr/bin`; it is read once. */
export const PLACES: readonly Place[] = [
  ...places('system', 'usr/bin', 'usr/sbin', 'bin', 'sbin'),
  ...places(
    'node',
    'usr/local/bin',
    'usr/local/sbin',
    'usr/lib/cni',
    'usr/libexec/cni',
    'usr/lib/docker/cli-plugins',
    'usr/libexec/docker/cli-plugins',
    'usr/local/lib/docker/cli-plugins',
    // Credential providers of the kubelet: AKS, EKS.
    'var/lib/kubelet/credential-provider',
    'etc/eks/image-credential-provider',
    // GKE on Container-Optimized OS.
    'home/kubernetes/bin',
  ),
  ...places(
    'tree',
    'opt',
    'usr/libexec/kubernetes',
    'var/lib/rancher/k3s/data',
    'var/lib/rancher/rke2/bin',
    'var/lib/rancher/rke2/data',
  ),
];

/** Not files of the machine, or of its disk. */
const VIRTUAL = ['proc', 'sys', 'dev', 'run'];

/** Content of container images and pods: not software of the node. */
const CONTAINERS = [
  'var/lib/containerd',
  'var/lib/containers',
  'var/lib/docker',
  'var/lib/kubelet/pods',
  'var/lib/rancher/k3s/agent/containerd',
  'var/lib/rancher/rke2/agent/containerd',
];

const SKIPPED: ReadonlySet<string> = new Set([...VIRTUAL, ...CONTAINERS]);

/** Whether a folder is left out of every search, with all that is below it. */
export function isSkipped(path: string): boolean {
  return SKIPPED.has(path);
}

/**
 * A program built by Go holds Go's runtime, which alone takes more than this: the smallest have 0.8 to 1.2 MB. The
 * size is known without reading the file, so the many smaller programs of a system cost nothing.
 */
export const LEAST_GO_BYTES = 512 << 10;
