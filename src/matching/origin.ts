import type { OsPackage } from '../model/software.ts';
import type { OsEcosystems } from './ecosystems.ts';

/**
 * Vendor builds of upstream software that nodes carry as packages. They are not the distribution's own, so the
 * distribution's advisories say nothing about them; the upstream project's do.
 */
export const VENDOR_PACKAGES: Readonly<Record<string, string>> = {
  'moby-containerd': 'containerd',
  containerd: 'containerd',
  containerd2: 'containerd',
  'containerd.io': 'containerd',
  'moby-runc': 'runc',
  runc: 'runc',
  kubelet: 'kubelet',
  kubectl: 'kubectl',
  'kubernetes-cri-tools': 'crictl',
  'cri-tools': 'crictl',
  'containernetworking-plugins': 'cni-plugins',
  'kubernetes-cni': 'cni-plugins',
  oras: 'oras',
  ig: 'ig',
  'node-exporter-kubernetes': 'node-exporter',
  'azure-acr-credential-provider': 'azure-acr-credential-provider',
  'moby-buildx': 'buildx',
  'moby-engine': 'moby',
  'moby-cli': 'docker-cli',
};

/** Packages that only ever come from Microsoft's or NVIDIA's repositories, by name. */
const VENDOR_NAMES =
  /^(?:moby-|blobfuse|aznfs|azure-vm-utils$|acr-mirror|aks-|nvidia-|libnvidia-|datacenter-gpu-manager|dcgm|dra-driver|overlaybd|mdatp|packages-microsoft|msodbcsql|azcopy|kubernetes-cri-tools|node-exporter-kubernetes|ig$|ig-gadgets|symcrypt|inspektor-gadget)/;

/** Version spellings of Microsoft's builds for Ubuntu: `1.7.33-ubuntu22.04u1`, `1.6.18+azure-ubuntu22.04u1`. */
const VENDOR_DEB_VERSION = /[-+.~]ubuntu\d\d\.\d\du\d+|\+azure\b/;

/** Distribution tags of rpm releases: the part of `2.38-20.azl3` that names who built it. */
const RPM_TAGS: Readonly<Record<string, RegExp>> = {
  'Azure Linux': /\.azl\d+$/,
  'CBL-Mariner': /\.cm\d+$/,
  AlmaLinux: /[.+_]el\d+|\.module_el\d/,
  'Rocky Linux': /[.+_]el\d+|\.module\+el\d/,
};

/**
 * Whether the distribution itself built a package, judged by its name and version spelling. Only such packages may
 * be matched with the distribution's advisories.
 */
export function isDistributionPackage(pkg: OsPackage, ecosystems: OsEcosystems): boolean {
  if (ecosystems.scheme === 'deb') {
    const ubuntuOwn = pkg.name === 'azure-vm-utils' && pkg.version.includes('ubuntu');
    return ubuntuOwn || (!VENDOR_DEB_VERSION.test(pkg.version) && !VENDOR_NAMES.test(pkg.name));
  }
  const tag = RPM_TAGS[ecosystems.base.slice(0, ecosystems.base.lastIndexOf(':'))];
  return tag?.test(pkg.version) ?? true;
}
