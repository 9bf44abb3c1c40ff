import type {
  FindingStatus,
  FixAvailability,
  RecommendationKind,
  RecommendationState,
} from '../../../model/recommendation.ts';
import { age } from '../fleet/words.ts';
import type { Style } from '../table/text.ts';

/** What recommendations are about, in a word. */
export const KIND_WORDS: Readonly<Record<RecommendationKind, string>> = {
  vulnerabilities: 'CVEs',
  drift: 'drift',
  'auto-upgrade': 'upgrades',
};

/** The states of recommendations in words. */
export const STATE_WORDS: Readonly<Record<RecommendationState, string>> = {
  unhealthy: 'unhealthy',
  'not-assessed': 'not assessed',
  healthy: 'healthy',
};

/** The colours of the states: green only where everything was assessed. */
export const STATE_STYLES: Readonly<Record<RecommendationState, Style>> = {
  unhealthy: 'red',
  'not-assessed': 'yellow',
  healthy: 'green',
};

/** The colours of statuses. */
export const STATUS_STYLES: Readonly<Record<FindingStatus, Style | null>> = {
  reopened: 'alarm',
  open: null,
  exempted: 'dim',
  fixed: 'green',
};

/** How far a fix is, in a few words. */
export const FIX_WORDS: Readonly<Record<FixAvailability, string>> = {
  available: 'available',
  'not-in-region': 'not in region',
  'no-image': 'no image yet',
  kubernetes: 'Kubernetes',
  'no-vendor-fix': 'none by vendor',
  unknown: 'not known',
};

/** The colours of fixes: what can be done now stands out. */
export const FIX_STYLES: Readonly<Record<FixAvailability, Style | null>> = {
  available: 'green',
  'not-in-region': 'cyan',
  'no-image': null,
  kubernetes: 'cyan',
  'no-vendor-fix': 'dim',
  unknown: 'yellow',
};

const DAY = 86_400_000;

/** `in 7 d`, `3 d ago`; `today` within a day. */
export function fromNow(instant: string, now: Date): string {
  const away = Date.parse(instant) - now.getTime();
  if (away >= DAY) return `in ${Math.floor(away / DAY)} d`;
  if (away > -DAY) return away > 0 ? 'within a day' : 'today';
  return `${age(instant, now)} ago`;
}

/** `2024-03-08`; blank for none. */
export function dayOf(instant: string | null): string {
  return instant?.slice(0, 10) ?? '';
}

/** By when something is due, for a column. */
export function dueWords(dueAt: string | null, now: Date): string {
  if (dueAt === null) return '';
  return Date.parse(dueAt) < now.getTime() ? `overdue ${age(dueAt, now)}` : dayOf(dueAt);
}

/** Whether a due date has passed. */
export function dueStyle(dueAt: string | null, now: Date): Style | null {
  return dueAt !== null && Date.parse(dueAt) < now.getTime() ? 'alarm' : null;
}

/** The probability of exploitation in the next 30 days: `43 %`, `< 1 %`; blank where it is not known. */
export function epssWords(score: number | null): string {
  if (score === null) return '';
  return score < 0.01 ? '< 1 %' : `${Math.floor(score * 100)} %`;
}

/** `52.1`, `not known`. */
export function scoreWords(score: number | null | undefined): string {
  return score === null || score === undefined ? 'not known' : score.toFixed(1);
}

/** Names of a pool as one. */
export function poolName({
  clusterName,
  poolName,
}: {
  readonly clusterName: string;
  readonly poolName: string | null;
}): string {
  return poolName === null ? clusterName : `${clusterName}/${poolName}`;
}
