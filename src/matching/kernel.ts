/**
 * Ubuntu kernel packages carry the ABI in their names (`linux-modules-5.15.0-1041-azure`,
 * `linux-azure-5.15-tools-5.15.0-1041`), so no advisory ever names the installed ones. Their names do say which
 * source they were built from: a flavour (`azure`, `azure-fips`) and, where the kernel is not the release's own
 * series, the series (`linux-azure-5.15` on 20.04).
 */
export interface KernelPackage {
  /** `image`, `modules`, `headers`, `tools`, …; `meta` for a package that only depends on others. */
  readonly kind: string;
  /** Source candidates, the most specific first: `linux-azure-5.15`, `linux-azure`. Empty for `meta`. */
  readonly sources: readonly string[];
  /** Kernel release it belongs to as `uname -r` gives it, as far as the name says: `5.15.0-1041-azure`. */
  readonly release: string | null;
  /** The flavour: `azure`, `azure-fips`, `generic`, or empty. */
  readonly flavour: string;
}

const KINDS =
  'image-unsigned|image-hmac|image-uc|image|modules-extra|modules-ipu6|modules-iwlwifi|modules|main-modules-zfs|' +
  'headers|cloud-tools|tools|buildinfo|lib-rust';
const BY_FLAVOUR = new RegExp(`^linux-(${KINDS})-(\\d+\\.\\d+)\\.(\\d+)-(\\d+)-([a-z][a-z0-9-]*)$`);
const BY_SOURCE =
  /^linux(?:-([a-z][a-z0-9-]*?))?(?:-(\d+\.\d+))?-(headers|cloud-tools|tools)-(\d+\.\d+)\.(\d+)-(\d+)$/;
const RESTRICTED = /^linux-(?:modules|objects|signatures)-nvidia-/;
/** Built once per release from the `linux` source, for all flavours; the version is that source's own. */
const SHARED = new Set([
  'linux-libc-dev',
  'linux-tools-common',
  'linux-cloud-tools-common',
  'linux-tools-host',
  'linux-doc',
  'linux-source',
  'linux-headers-common',
]);
/** Packages named `linux-…` that are sources of their own. */
const OTHERS = new Set([
  'linux-base',
  'linux-base-sgx',
  'linux-firmware',
  'linux-sysctl-defaults',
  'linux-perf',
]);

/** Reads an Ubuntu package name; null where it is not a kernel package. */
export function parseKernelPackage(name: string): KernelPackage | null {
  if (!name.startsWith('linux-') || OTHERS.has(name) || RESTRICTED.test(name)) return null;
  if (SHARED.has(name)) return { kind: 'shared', sources: ['linux'], release: null, flavour: '' };
  const flavoured = BY_FLAVOUR.exec(name);
  if (flavoured !== null) {
    const [, kind = '', series = '', patch = '', abi = '', flavour = ''] = flavoured;
    const source = flavour === 'generic' ? 'linux' : `linux-${flavour}`;
    const bySeries = flavour === 'generic' ? `linux-hwe-${series}` : `${source}-${series}`;
    return { kind, sources: [bySeries, source], release: `${series}.${patch}-${abi}-${flavour}`, flavour };
  }
  const named = BY_SOURCE.exec(name);
  if (named !== null) {
    const [, flavour, series, kind = '', kernel = '', patch = '', abi = ''] = named;
    const source = flavour === undefined ? 'linux' : `linux-${flavour}`;
    const running = `${kernel}.${patch}-${abi}-${flavour === undefined || flavour === 'hwe' ? 'generic' : flavour}`;
    const sources = [series === undefined ? source : `${source}-${series}`];
    return { kind, sources, release: running, flavour: flavour ?? '' };
  }
  return isMeta(name) ? { kind: 'meta', sources: [], release: null, flavour: '' } : null;
}

/** `linux-azure`, `linux-image-azure`, `linux-tools-azure-lts-22.04`: no files of their own, so no advisories. */
function isMeta(name: string): boolean {
  return /^linux(?:-(?:image|headers|tools|cloud-tools|modules-extra|image-hmac|signed))?-(?:azure|aws|gcp|oracle|kvm|generic|virtual|lowlatency|gke|gkeop|ibm|nvidia|fips)[a-z0-9.-]*$/.test(
    name,
  );
}

/** The release's own kernel series: a kernel of this series is built from the source without a series. */
export const UBUNTU_SERIES: Readonly<Record<string, string>> = {
  '16.04': '4.4',
  '18.04': '4.15',
  '20.04': '5.4',
  '22.04': '5.15',
  '24.04': '6.8',
  '26.04': '7.0',
};

/**
 * Picks the source of a kernel package: the one with the series where the feed knows it or the series is not the
 * release's own, else the plain one.
 */
export function kernelSource(
  kernel: KernelPackage,
  release: string,
  knows: (source: string) => boolean,
): string | null {
  const [first, plain] = kernel.sources;
  if (first === undefined || plain === undefined) return first ?? null;
  if (knows(first)) return first;
  const own = UBUNTU_SERIES[release];
  return own !== undefined && first.endsWith(`-${own}`) ? plain : first;
}

/** Confidential images carry the same kernel in a signed full-disk-encryption wrapping, named `-fde`. */
export function sameRelease(release: string, running: string): boolean {
  return release === running || release.replace(/-fde$/, '') === running.replace(/-fde$/, '');
}

/** The source candidates of the kernel that runs, by the names of installed packages; null where none is of it. */
export function runningKernelSources(names: Iterable<string>, running: string): ReadonlySet<string> | null {
  const sources = new Set<string>();
  for (const name of names) {
    const kernel = parseKernelPackage(name);
    if (kernel?.release == null || !sameRelease(kernel.release, running)) continue;
    for (const source of kernel.sources) sources.add(source);
  }
  return sources.size === 0 ? null : sources;
}
