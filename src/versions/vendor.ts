import { MAX_VERSION_LENGTH } from './outcome.ts';
import { compareNumbers, parseSemver } from './semver/semver.ts';

/** A vendor's package version of upstream software, taken apart. */
export interface UpstreamVersion {
  /** The upstream version, in a spelling the `semver` scheme reads, without a leading `v`. */
  readonly upstream: string;
  /** The vendor's patch level, such as `ubuntu22.04u1`, `1.azl3` or `akslts`; `null` for an upstream build. */
  readonly vendor: string | null;
  /** Whether this is an AKS long-term-support build, whose patch number AKS counts, not upstream. */
  readonly lts: boolean;
}

/** The words that make a suffix a prerelease of upstream; any other suffix belongs to the vendor. */
const PRERELEASE = '(?:alpha|beta|rc|pre|preview|dev)(?:\\.?[0-9]+)?(?:\\.[0-9A-Za-z]+)*';
/** A Go pseudo-version: the commit after (or, without a tag, before) a version. */
const PSEUDO = '(?:0\\.)?[0-9]{14}-[0-9a-f]{12}';
/** Debian's mark of a release that files were left out of (`~ds1`, `~dfsg2`): no prerelease, for all its `~`. */
const REPACKED = '(?:ds|dfsg|repack)[0-9.]*(?:[+-][0-9A-Za-z.+~_-]*)?';
const PATTERN = new RegExp(
  `^(?:[0-9]+:)?v?([0-9]+\\.[0-9]+(?:\\.[0-9]+)?)(?:[~-](${PRERELEASE}|${PSEUDO})(?![0-9A-Za-z]))?` +
    `(?:[+-]([0-9A-Za-z][0-9A-Za-z.+~_-]*)|(~[0-9][0-9A-Za-z.+~_-]*)|~(${REPACKED}))?$`,
);
/** The AKS long-term-support builds continue a finished upstream line at this patch number. */
const FIRST_LTS_PATCH = '100';

/**
 * Takes a vendor's package version of upstream Go software apart, whichever of these spellings it has:
 * Debian's and RPM's (`1:4.5.3-1`, `1.0.0~rc95-1.cm2`), Microsoft's (`1.34.8-ubuntu22.04u1`, `1.6.35+azure`,
 * `v1.31.14-1-azlinux3`), AKS long-term support (`1.30.101-akslts`) or upstream's own (`v1.30.15`).
 * `null` when it cannot be read as such: guessing where upstream ends would misplace the version.
 */
export function upstreamVersion(text: string): UpstreamVersion | null {
  if (text.length > MAX_VERSION_LENGTH) return null;
  const match = PATTERN.exec(text);
  if (match === null) return null;
  const [, core = '', prerelease, suffix, tilde, repacked] = match;
  // A `~` sorts before what precedes it: behind a release it would be a prerelease of an unknown kind.
  if (tilde !== undefined && prerelease === undefined) return null;
  const upstream = prerelease === undefined ? core : `${core}-${prerelease}`;
  const parsed = parseSemver(upstream);
  if (parsed === null) return null;
  // Go's mark of a module without a go.mod file says nothing about who built it.
  const vendor = suffix === 'incompatible' ? null : (suffix ?? tilde?.slice(1) ?? repacked ?? null);
  return { upstream, vendor, lts: isLongTermSupport(vendor, parsed.patch) };
}

/** AKS drops the mark `akslts` in its Azure Linux builds (`1.31.100-1-azlinux3`); there the patch number tells. */
function isLongTermSupport(vendor: string | null, patch: string | null): boolean {
  if (vendor === null) return false;
  if (/^akslts(?![0-9A-Za-z])/.test(vendor)) return true;
  return /-azlinux[0-9]+$/.test(vendor) && patch !== null && compareNumbers(patch, FIRST_LTS_PATCH) >= 0;
}
