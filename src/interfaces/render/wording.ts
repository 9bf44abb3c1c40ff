import type { Finding, FindingState } from '../../model/finding.ts';

/** What the vendor offers, in words for a reader. */
export const STATE_WORDING: Readonly<Record<FindingState, string>> = {
  'fix-available': 'fix available',
  'fix-in-pro': 'fixed only in Ubuntu Pro',
  'no-fix': 'no fix yet',
  'will-not-fix': "won't be fixed",
};

/** What to do about a finding, as a part of a sentence: `fixed in 1:8.9p1-3ubuntu0.10`. */
export function fixWording({ state, fixed }: Pick<Finding, 'state' | 'fixed'>): string {
  if (fixed === null) return STATE_WORDING[state];
  return state === 'fix-available' ? `fixed in ${fixed}` : `${STATE_WORDING[state]} (${fixed})`;
}
