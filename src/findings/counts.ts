import type { Severity } from '../model/advisory.ts';
import type { FindingCounts, FixAvailability } from '../model/recommendation.ts';

/** Counts that can be counted on. */
export interface Counting extends FindingCounts {
  open: number;
  readonly bySeverity: Record<Severity, number>;
  readonly byFix: Record<FixAvailability, number>;
  kev: number;
  overdue: number;
  reopened: number;
  exempted: number;
}

/** Counts of nothing. */
export function noCounts(): Counting {
  return {
    open: 0,
    bySeverity: { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 },
    byFix: {
      available: 0,
      'not-in-region': 0,
      'no-image': 0,
      kubernetes: 0,
      'no-vendor-fix': 0,
      unknown: 0,
    },
    kev: 0,
    overdue: 0,
    reopened: 0,
    exempted: 0,
  };
}

/** Adds counts to others. */
export function addCounts(to: Counting, counts: FindingCounts): void {
  const { open, bySeverity, byFix, kev, overdue, reopened, exempted } = counts;
  to.open += open;
  to.kev += kev;
  to.overdue += overdue;
  to.reopened += reopened;
  to.exempted += exempted;
  addEach(to.bySeverity, bySeverity);
  addEach(to.byFix, byFix);
}

function addEach<Key extends string>(to: Record<Key, number>, counts: Readonly<Record<Key, number>>): void {
  for (const key in to) to[key] += counts[key];
}
