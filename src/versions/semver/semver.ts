import { codeAt, isDigit } from '../ascii.ts';
import { type Comparison, MAX_VERSION_LENGTH, ordered, unparsable } from '../outcome.ts';
import type { VersionScheme } from '../types.ts';

/** A semantic version. Numbers stay decimal text, so none is too large to compare exactly. */
export interface Semver {
  readonly major: string;
  readonly minor: string;
  /** `null` when the version names only a minor line (or a major), such as `1.33`; it then compares as 0. */
  readonly patch: string | null;
  /** The dot-separated identifiers of the prerelease; none for a release. */
  readonly prerelease: readonly string[];
}

const NUMBER = '(?:0|[1-9][0-9]*)';
const IDENTIFIER = `(?:${NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)`;
const PATTERN = new RegExp(
  `^(?:v|go)?(${NUMBER})(?:\\.(${NUMBER})(?:\\.(${NUMBER})(?:-(${IDENTIFIER}(?:\\.${IDENTIFIER})*))?)?)?` +
    `(?:(alpha|beta|rc)(${NUMBER}))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);

/**
 * Semantic versions, ordered as SemVer 2.0.0 section 11 says: prereleases before their release, build metadata
 * (with Go's `+incompatible`) ignored. This is the order of OSV's `SEMVER` ranges.
 *
 * Go's spellings are read as well, as golang.org/x/mod/semver and the Go vulnerability database do: a leading
 * `v`, a missing minor or patch number (0), and the toolchain's `go1.21.3` and `1.21rc2` (1.21.0-rc.2).
 * Numbers with leading zeros are unparsable, as the specification says. OSV's `introduced: "0"` is read as 0.0.0,
 * which is not the beginning of all versions: 0.0.0 has prereleases. Its reader has to treat it apart.
 */
export const semver: VersionScheme = { id: 'semver', compare };

function compare(a: string, b: string): Comparison {
  const left = parseSemver(a);
  if (left === null) return unparsable(a, 'is not a semantic version');
  const right = parseSemver(b);
  if (right === null) return unparsable(b, 'is not a semantic version');
  return ordered(compareSemver(left, right));
}

/** Reads a semantic version or one of Go's spellings of it; `null` if the text is neither. */
export function parseSemver(text: string): Semver | null {
  if (text.length > MAX_VERSION_LENGTH) return null;
  const match = PATTERN.exec(text);
  if (match === null) return null;
  const [, major = '0', minor = '0', patch, prerelease, stage, stageNumber] = match;
  if (stage !== undefined && stageNumber !== undefined) {
    // Only the toolchain writes `1.21rc2`, and it never also has a SemVer prerelease.
    if (prerelease !== undefined) return null;
    return { major, minor, patch: patch ?? '0', prerelease: [stage, stageNumber] };
  }
  return { major, minor, patch: patch ?? null, prerelease: prerelease?.split('.') ?? [] };
}

/** Negative, zero or positive as the first is older than, equal to or newer than the second. */
export function compareSemver(a: Semver, b: Semver): number {
  return (
    compareNumbers(a.major, b.major) ||
    compareNumbers(a.minor, b.minor) ||
    compareNumbers(a.patch ?? '0', b.patch ?? '0') ||
    comparePrereleases(a.prerelease, b.prerelease)
  );
}

/** Orders two decimal texts without leading zeros by value. */
export function compareNumbers(a: string, b: string): number {
  return a.length - b.length || compareText(a, b);
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = compareIdentifiers(a[i] ?? '', b[i] ?? '');
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function compareIdentifiers(a: string, b: string): number {
  const aNumeric = isNumeric(a);
  const bNumeric = isNumeric(b);
  if (aNumeric !== bNumeric) return aNumeric ? -1 : 1;
  return aNumeric ? compareNumbers(a, b) : compareText(a, b);
}

function isNumeric(identifier: string): boolean {
  for (let i = 0; i < identifier.length; i++) if (!isDigit(codeAt(identifier, i))) return false;
  return true;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
