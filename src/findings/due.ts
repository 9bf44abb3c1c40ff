import type { Severity } from '../model/advisory.ts';
import type { Policy } from '../model/governance.ts';
import { daysAfter } from './spans.ts';

/**
 * When a finding is due: the days of its severity after a fix was available. Of a known exploited one at the latest
 * `kevDueDays` after a fix was available and it was known to be exploited, whichever came last.
 * @param since milliseconds, when a fix was available
 * @param kev milliseconds, when it was added to CISA KEV; null where it was not
 * @returns milliseconds; null where the policy sets no time
 */
export function dueOf(
  since: number,
  { severity, kev }: { readonly severity: Severity; readonly kev: number | null },
  { dueDays, kevDueDays }: Policy,
): number | null {
  const days = dueDays[severity];
  const bySeverity = days === null ? null : daysAfter(since, days);
  if (kev === null || kevDueDays === null) return bySeverity;
  const byKev = daysAfter(Math.max(since, kev), kevDueDays);
  return bySeverity === null ? byKev : Math.min(bySeverity, byKev);
}
