import { type Comparison, incomparable, ordered, unparsable } from '../outcome.ts';
import { compareNumbers, compareSemver, parseSemver, type Semver } from '../semver/semver.ts';
import type { VersionScheme } from '../types.ts';
import { upstreamVersion } from '../vendor.ts';

/**
 * Kubernetes versions, ordered by their upstream semantic version (SemVer 2.0.0, as in Kubernetes' release
 * versioning): `1.33.5`, `v1.33.5`, prereleases `1.34.0-beta.0` and `1.34.0~beta.0`, and packages of any of them.
 *
 * A vendor's package revision (`1.34.8-ubuntu22.04u1`, `1.35.5-1.azl3`) neither makes a version a prerelease nor
 * newer: it is the same Kubernetes. AKS long-term-support patches (`1.30.101-akslts`) start at 100, behind the last
 * upstream patch of their minor version, and order by that number; it says nothing about which upstream
 * fixes they hold, so a caller has to look at `upstreamVersion(…).lts`.
 * A minor alias (`1.33`) stands for some patch of that minor version: it orders against other minor versions,
 * and is incomparable with a patch of its own.
 */
export const kubernetes: VersionScheme = { id: 'kubernetes', compare };

function compare(a: string, b: string): Comparison {
  const left = parse(a);
  if (left === null) return unparsable(a, 'is not a Kubernetes version');
  const right = parse(b);
  if (right === null) return unparsable(b, 'is not a Kubernetes version');
  if (left.patch !== null && right.patch !== null) return ordered(compareSemver(left, right));
  const difference = compareNumbers(left.major, right.major) || compareNumbers(left.minor, right.minor);
  if (difference !== 0 || left.patch === right.patch) return ordered(difference);
  return left.patch === null
    ? incomparable(a, `is an alias for a patch version that need not be ${b}`)
    : incomparable(b, `is an alias for a patch version that need not be ${a}`);
}

function parse(text: string): Semver | null {
  const parts = upstreamVersion(text);
  return parts === null ? null : parseSemver(parts.upstream);
}
