import { err, ok, type Result } from '../base/result.ts';
import type { AffectedPackage, VersionRange } from '../model/advisory.ts';
import { compareVersions } from '../versions/registry.ts';
import type { VersionError, VersionSchemeId } from '../versions/types.ts';

/** Where a version stands against one statement: in an affected range, or outside of all of them. */
export interface Standing {
  readonly affected: boolean;
  /** The affected range it is in; null when it is in none or the statement lists versions. */
  readonly range: VersionRange | null;
}

const OUTSIDE: Standing = { affected: false, range: null };

/**
 * Places a version in the ranges of a statement. OSV's rule: affected when it is at or above `introduced` and
 * below `fixed` (or at or below `lastAffected`) of any range, or when it is listed.
 * @returns an error when a version of a range that matters cannot be compared
 */
export function standing(
  scheme: VersionSchemeId,
  version: string,
  statement: AffectedPackage,
): Result<Standing, VersionError> {
  if (statement.versions.includes(version)) return ok({ affected: true, range: null });
  for (const range of statement.ranges) {
    const inside = isInside(scheme, version, range);
    if (!inside.ok) return inside;
    if (inside.value) return ok({ affected: true, range });
  }
  return ok(OUTSIDE);
}

function isInside(
  scheme: VersionSchemeId,
  version: string,
  range: VersionRange,
): Result<boolean, VersionError> {
  const { introduced, fixed, lastAffected } = range;
  if (introduced !== null && introduced !== '0') {
    const order = compareVersions(scheme, version, introduced);
    if (!order.ok) return order;
    if (order.value < 0) return ok(false);
  }
  const end = fixed ?? lastAffected;
  if (end === null) {
    // Even an open range is a comparison: a version that cannot be read is a gap, not "affected".
    const readable = compareVersions(scheme, version, version);
    return readable.ok ? ok(true) : err(readable.error);
  }
  const order = compareVersions(scheme, version, end);
  if (!order.ok) return order;
  return ok(fixed !== null ? order.value < 0 : order.value <= 0);
}

/** The comparison in words: `1:8.9p1-3ubuntu0.6 < 1:8.9p1-3ubuntu0.10 (deb)`. */
export function describeComparison(
  scheme: VersionSchemeId,
  version: string,
  range: VersionRange | null,
): string {
  if (range === null) return `${version} is listed as affected`;
  const from = range.introduced === null || range.introduced === '0' ? '' : `${range.introduced} ≤ `;
  if (range.fixed !== null) return `${from}${version} < ${range.fixed} (${scheme})`;
  if (range.lastAffected !== null) return `${from}${version} ≤ ${range.lastAffected} (${scheme})`;
  return `${from}${version}, and no version is fixed (${scheme})`;
}
