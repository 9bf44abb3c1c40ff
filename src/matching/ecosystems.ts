import type { Coverage } from '../model/advisory.ts';
import type { OsRelease } from '../model/software.ts';
import type { VersionSchemeId } from '../versions/types.ts';

/** The advisory streams of one OS release, by the names feeds give them. */
export interface OsEcosystems {
  readonly scheme: VersionSchemeId & ('deb' | 'rpm');
  /** The stream that every machine of the release gets: `Ubuntu:22.04:LTS`. */
  readonly base: string;
  /** Streams that need a subscription (Ubuntu Pro: expanded security maintenance). */
  readonly pro: string | null;
  /** Streams of FIPS-certified builds, newest first. */
  readonly fips: readonly string[];
}

/**
 * The ecosystems of an OS release, whether or not anything loaded covers them; null for an OS that no feed
 * format of ours describes. A release is never mapped to a neighbouring one.
 */
export function ecosystemsOf(os: OsRelease, coverage: readonly Coverage[]): OsEcosystems | null {
  const major = os.versionId.split('.')[0] ?? '';
  switch (os.id) {
    case 'ubuntu':
      return ubuntu(os.versionId, coverage);
    case 'debian':
      return plain('deb', `Debian:${major}`);
    case 'azurelinux':
      return plain('rpm', `Azure Linux:${majorMinor(os.versionId)}`);
    case 'mariner':
      return plain('rpm', `CBL-Mariner:${majorMinor(os.versionId)}`);
    case 'almalinux':
      return plain('rpm', `AlmaLinux:${major}`);
    case 'rocky':
      return plain('rpm', `Rocky Linux:${major}`);
    default:
      return null;
  }
}

function plain(scheme: 'deb' | 'rpm', base: string): OsEcosystems {
  return { scheme, base, pro: null, fips: [] };
}

function majorMinor(versionId: string): string {
  return versionId.split('.').slice(0, 2).join('.');
}

/** Ubuntu's feeds spell long-term releases `22.04:LTS` and others `25.10`; the loaded feed decides which it is. */
function ubuntu(version: string, coverage: readonly Coverage[]): OsEcosystems {
  const release = coverage.some((entry) => entry.ecosystem === `Ubuntu:${version}`)
    ? version
    : `${version}:LTS`;
  return {
    scheme: 'deb',
    base: `Ubuntu:${release}`,
    pro: `Ubuntu:Pro:${release}`,
    fips: ['FIPS-updates', 'FIPS-preview', 'FIPS'].map((stream) => `Ubuntu:Pro:${stream}:${release}`),
  };
}
