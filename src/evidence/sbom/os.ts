import type { Gap } from '../../model/gap.ts';
import type { OsRelease } from '../../model/software.ts';

/** What scanners call an operating system, where that is not its os-release `ID`. */
const IDS: Readonly<Record<string, string>> = {
  'cbl-mariner': 'mariner',
  'azure linux': 'azurelinux',
  'azure-linux': 'azurelinux',
  redhat: 'rhel',
};

const NAMES: Readonly<Record<string, string>> = {
  ubuntu: 'Ubuntu',
  debian: 'Debian GNU/Linux',
  azurelinux: 'Microsoft Azure Linux',
  mariner: 'CBL-Mariner',
};

/** Code names that some tools put into `distro=` in place of the version. */
const CODENAMES: Readonly<Record<string, readonly [id: string, versionId: string]>> = {
  xenial: ['ubuntu', '16.04'],
  bionic: ['ubuntu', '18.04'],
  focal: ['ubuntu', '20.04'],
  jammy: ['ubuntu', '22.04'],
  noble: ['ubuntu', '24.04'],
  buster: ['debian', '10'],
  bullseye: ['debian', '11'],
  bookworm: ['debian', '12'],
  trixie: ['debian', '13'],
};

/** The os-release `ID` for what a scanner or a purl namespace calls the system. */
export function osId(name: string): string {
  const lower = name.toLowerCase();
  return IDS[lower] ?? lower;
}

/** An operating system by name and version, with `VERSION_ID` as its os-release has it. */
export function osRelease(name: string, version: string, prettyName: string | null = null): OsRelease {
  const id = osId(name);
  // Trivy gives the build (3.0.20240727) where VERSION_ID is 3.0, and Debian's point release (12.5) where it is 12.
  const kept = { azurelinux: 2, mariner: 2, debian: 1 }[id];
  const versionId = kept === undefined ? version : version.split('.').slice(0, kept).join('.');
  return { id, versionId, prettyName: prettyName ?? `${NAMES[id] ?? id} ${versionId}`, variantId: null };
}

/** The operating system a purl's `distro` qualifier names (`ubuntu-22.04`, `jammy`), or null. */
export function distroRelease(distro: string): OsRelease | null {
  const codename = CODENAMES[distro.toLowerCase().replace(/^(?:ubuntu|debian)-/, '')];
  if (codename !== undefined) return osRelease(...codename);
  const match = /^(.+?)-(\d[\w.]*)$/.exec(distro);
  return match?.[1] === undefined || match[2] === undefined ? null : osRelease(match[1], match[2]);
}

/** One text for systems that are the same release. */
export function releaseKey(os: OsRelease): string {
  return `${os.id} ${os.versionId}`;
}

/**
 * The operating system of an SBOM: the one it names as a component, else the one that all `distro` qualifiers agree
 * on. Without one, or with several, null and the gap that says so.
 */
export function identifyOs(
  systems: readonly OsRelease[],
  distros: readonly OsRelease[],
): { os: OsRelease | null; gaps: readonly Gap[] } {
  const named = distinct(systems.length > 0 ? systems : distros);
  const [os] = named;
  if (named.length === 1 && os !== undefined) return { os, gaps: [] };
  const detail =
    named.length === 0
      ? 'The SBOM does not say which operating system it describes, so no advisories apply to its packages'
      : `The SBOM names ${named.length} operating systems, so it cannot be told whose advisories apply`;
  return { os: null, gaps: [{ code: 'unknown-os', detail, subjects: named.map(releaseKey).sort() }] };
}

function distinct(systems: readonly OsRelease[]): OsRelease[] {
  return [...new Map(systems.map((os) => [releaseKey(os), os])).values()];
}
