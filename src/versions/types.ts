import type { Result } from '../base/result.ts';

/** Why two versions could not be compared. The text names the version and what is wrong with it. */
export interface VersionError {
  readonly kind: 'unparsable' | 'incomparable';
  readonly version: string;
  readonly detail: string;
}

/** −1 when the first is older, 0 when neither is newer, 1 when the first is newer. */
export type Order = -1 | 0 | 1;

/**
 * One version scheme. `compare` never guesses: a version it cannot read is an error, never "equal" or "newer".
 */
export interface VersionScheme {
  readonly id: VersionSchemeId;
  compare(a: string, b: string): Result<Order, VersionError>;
}

/** The registered schemes. */
export type VersionSchemeId = 'deb' | 'rpm' | 'semver' | 'kubernetes' | 'node-image';
