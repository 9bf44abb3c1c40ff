import { err, ok, type Result } from '../base/result.ts';
import type { Order, VersionError } from './types.ts';

/** What every `compare` of this layer returns. */
export type Comparison = Result<Order, VersionError>;

/** No genuine version is longer; a longer text is rejected before any of it is read. */
export const MAX_VERSION_LENGTH = 1024;

// Made once: comparisons run millions of times, and their outcomes are only three.
const OLDER: Comparison = ok(-1);
const SAME: Comparison = ok(0);
const NEWER: Comparison = ok(1);

/** The comparison whose sign is that of `difference`. */
export function ordered(difference: number): Comparison {
  if (difference === 0) return SAME;
  return difference < 0 ? OLDER : NEWER;
}

/** The comparison that failed because `version` cannot be read. */
export function unparsable(version: string, detail: string): Comparison {
  // Enough of an oversized text to recognise it by.
  return err({ kind: 'unparsable', version: version.slice(0, MAX_VERSION_LENGTH), detail });
}

/** The comparison that failed because `version`, though readable, has no order relative to the other one. */
export function incomparable(version: string, detail: string): Comparison {
  return err({ kind: 'incomparable', version, detail });
}
