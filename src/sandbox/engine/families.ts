import type { Core } from '../core.ts';
import type { SimPool } from '../types.ts';
import { parseVersion } from './versions.ts';

/** Ubuntu 24.04 is what the SKU `Ubuntu` means from this minor on, and Azure Linux 3 what `AzureLinux` means. */
const UBUNTU_2404_FROM = 35;
const AZURE_LINUX_3_FROM = 32;
/** Machine sizes that only start images of the first generation. */
const GENERATION_1 = /^Standard_(A|D)\d+(_v2)?$/;

/** What decides which images a pool gets. */
export type FamilyTraits = Pick<SimPool, 'osSku' | 'arch' | 'fips' | 'encrypted' | 'vmSize'>;

/**
 * The image families that fit a pool, best first: by its operating system SKU, architecture and kind of machine. Several,
 * as a family may not be built yet; empty for a SKU that nobody knows.
 */
export function familiesFor(traits: FamilyTraits, kubernetesVersion: string): readonly string[] {
  const minor = parseVersion(kubernetesVersion)?.minor ?? 0;
  const { osSku, arch, fips } = traits;
  switch (osSku) {
    case 'Ubuntu':
      return [...(minor >= UBUNTU_2404_FROM ? ubuntu('2404', traits) : []), ...ubuntu('2204', traits)];
    case 'Ubuntu2204':
      return ubuntu('2204', traits);
    case 'Ubuntu2404':
      return ubuntu('2404', traits);
    case 'AzureLinux':
    case 'AzureLinux3': {
      const suffix = `gen2${arch === 'arm64' ? 'arm64' : ''}${fips ? 'fips' : ''}`;
      const three = [`AKSAzureLinux-V3${suffix}`];
      if (osSku === 'AzureLinux3' || minor >= AZURE_LINUX_3_FROM) return three;
      return [`AKSAzureLinux-V2${suffix}`, `AKSCBLMariner-V2${suffix}`, ...three];
    }
    case 'CBLMariner':
      return ['AKSCBLMariner-V2gen2'];
    case 'Windows2019':
      return ['AKSWindows-2019-containerd'];
    case 'Windows2022':
      return ['AKSWindows-2022-containerd-gen2', 'AKSWindows-2022-containerd'];
    case 'Windows2025':
      return ['AKSWindows-2025-gen2', 'AKSWindows-2025'];
    default:
      return [];
  }
}

function ubuntu(release: string, { arch, fips, encrypted, vmSize }: FamilyTraits): readonly string[] {
  const generation = GENERATION_1.test(vmSize) ? '' : 'gen2';
  if (arch === 'arm64') return [`AKSUbuntu-${release}gen2arm64containerd`];
  if (encrypted) return [`AKSUbuntu-${release}gen2CVMcontainerd`, 'AKSUbuntu-2004gen2CVMcontainerd'];
  // FIPS was on 20.04 alone for long.
  if (fips)
    return [`AKSUbuntu-${release}${generation}fipscontainerd`, `AKSUbuntu-2004${generation}fipscontainerd`];
  return [`AKSUbuntu-${release}${generation}containerd`];
}

/** The newest image a region has for a pool of these traits; null where it has none. */
export function imageForPool(
  core: Core,
  traits: FamilyTraits,
  where: { readonly location: string; readonly kubernetesVersion: string },
): { readonly family: string; readonly image: string } | null {
  for (const family of familiesFor(traits, where.kubernetesVersion)) {
    const image = core.latestImage(family, where.location);
    if (image !== null) return { family, image };
  }
  return null;
}
