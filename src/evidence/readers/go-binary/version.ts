import { GO_DEVEL, type VersionOrigin } from '../../../model/software.ts';
import type { BuildInfo } from './build-info.ts';
import { linkedVariables } from './link-flags.ts';

/** A version of a main module, and where it was read. */
export interface ToldVersion {
  readonly version: string;
  readonly origin: VersionOrigin;
}

const KUBERNETES = [
  'k8s.io/component-base/version.gitVersion',
  'k8s.io/client-go/pkg/version.gitVersion',
  'k8s.io/kubernetes/pkg/version.gitVersion',
];

/** The variables that components keep their version in, where their makers set them by link flags. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  kubelet: KUBERNETES,
  kubectl: KUBERNETES,
  kubeadm: KUBERNETES,
  'kube-proxy': KUBERNETES,
  containerd: [
    'github.com/containerd/containerd/version.Version',
    'github.com/containerd/containerd/v2/version.Version',
  ],
  'cni-plugins': ['github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion'],
  crictl: [
    'sigs.k8s.io/cri-tools/pkg/version.Version',
    'github.com/kubernetes-sigs/cri-tools/pkg/version.Version',
  ],
};

/** Where programs of all kinds keep their version, by the name behind the import path. */
const COMMON_VARIABLE = /\.(?:version|gitVersion|buildVersion)$/i;

/** Text that is a version and nothing else: `v1.29.2`, `1.7.15-1`, `1.6.20~ds1`, `v1.27.3-eks-a5565ad`. */
const VERSION = /^v?\d+\.\d+(?:\.\d+)?(?:[-+~.][0-9A-Za-z.+~_-]*)?$/;
const MAX_VERSION = 96;

const KUBERNETES_NAMES = new Set(['kubelet', 'kubectl', 'kubeadm', 'kube-proxy']);
const KUBERNETES_TEXT = /^v1\.\d+\.\d+(?:[-+][0-9A-Za-z.+_-]*)?$/;
const COMPONENT_TEXT = /^v?\d+\.\d+\.\d+(?:[-+~][0-9A-Za-z.+~_-]*)?$/;

/** What a version of this component looks like in its texts. */
export function versionPattern(component: string): RegExp {
  return KUBERNETES_NAMES.has(component) ? KUBERNETES_TEXT : COMPONENT_TEXT;
}

/**
 * The version of a program's main module: as the Go toolchain states it, else as link flags set it. A version that
 * the toolchain made up from a commit gives way to one that the maker stated.
 * @returns null where neither says it, or what they say contradicts itself
 */
export function statedVersion(info: BuildInfo, component: string | null): ToldVersion | null {
  const stamped = info.main?.version ?? GO_DEVEL;
  // Commits without a tag before them are v0.0.0; this is no version of the module.
  const stated = VERSION.test(stamped) && !stamped.startsWith('v0.0.0') ? stamped : null;
  const told: ToldVersion | null = stated === null ? null : { version: stated, origin: 'build-info' };
  if (told !== null && !isFromCommit(told.version)) return told;
  const flagged = flaggedVersion(info, component);
  return flagged === null ? told : { version: flagged, origin: 'ldflags' };
}

/** `v1.2.4-0.20240102030405-0123456789ab`, or a working copy with changes. */
function isFromCommit(version: string): boolean {
  return /[-.]\d{14}-[0-9a-f]{12}(?:\+|$)/.test(version) || /\+(?:.*\.)?dirty$/.test(version);
}

function flaggedVersion(info: BuildInfo, component: string | null): string | null {
  const variables = linkedVariables(info.settings.get('-ldflags') ?? '');
  const known = (component === null ? [] : (VARIABLES[component] ?? [])).flatMap(
    (name) => variables.get(name) ?? [],
  );
  const common = [...variables].filter(([name]) => COMMON_VARIABLE.test(name)).map(([, value]) => value);
  const values = (known.length > 0 ? known : common).filter(
    (value) => value.length <= MAX_VERSION && VERSION.test(value),
  );
  return agreed(values);
}

/** What makes a longer text another version: more digits, or a prerelease of it. */
const NO_REVISION = /^(?:[0-9A-Za-z]|[-~.](?:alpha|beta|rc|pre|dev))/i;

/**
 * The one version that all texts agree on. Makers often set a revision too, which is the version with more behind it
 * (`1.6.20~ds1` and `1.6.20~ds1-1+deb12u3`); then it is the shortest.
 * @returns null where two contradict: a guess would misplace the component
 */
export function agreed(texts: readonly string[]): string | null {
  const plain = (text: string): string => text.replace(/^v/, '');
  const [shortest, ...others] = [...new Set(texts)].sort(
    (a, b) => plain(a).length - plain(b).length || (a < b ? -1 : 1),
  );
  if (shortest === undefined) return null;
  const core = plain(shortest);
  const extended = (text: string): boolean =>
    plain(text).startsWith(core) && !NO_REVISION.test(plain(text).slice(core.length));
  return others.every(extended) ? shortest : null;
}
