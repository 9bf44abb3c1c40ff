import { compareText } from '../../../base/text.ts';
import type { CoverageReason, CoverageState, Evidence } from '../../../model/coverage.ts';
import type { CoverageCounts } from '../../../model/fleet-report.ts';
import type { Style } from '../table/text.ts';

/** The states of coverage in words. */
export const STATE_WORDS: Readonly<Record<CoverageState, string>> = {
  assessed: 'assessed',
  partly: 'partly',
  'not-assessed': 'not assessed',
};

/** The colours of the states: green only where everything was seen. */
export const STATE_STYLES: Readonly<Record<CoverageState, Style>> = {
  assessed: 'green',
  partly: 'yellow',
  'not-assessed': 'red',
};

/** How many nodes are counted. */
export function totalOf(counts: CoverageCounts): number {
  return counts.assessed + counts.partly + counts['not-assessed'];
}

/** The state of a whole: `assessed` only where every node is, there is one, and nothing stands against it. */
export function stateOf(counts: CoverageCounts, reasons: readonly CoverageReason[]): CoverageState {
  const total = totalOf(counts);
  if (total > 0 && counts.assessed === total && reasons.length === 0) return 'assessed';
  return counts.assessed + counts.partly > 0 ? 'partly' : 'not-assessed';
}

/** `3 assessed, 17 partly, 4 not`; for a whole of one state that state alone. */
export function countsWords(counts: CoverageCounts): string {
  const parts = [
    [counts.assessed, 'assessed'],
    [counts.partly, 'partly'],
    [counts['not-assessed'], 'not'],
  ] as const;
  const there = parts.filter(([count]) => count > 0);
  if (there.length > 1) return there.map(([count, word]) => `${count} ${word}`).join(', ');
  return there[0]?.[1] === 'not' || there.length === 0 ? 'not assessed' : (there[0]?.[1] ?? '');
}

/** Tags or labels by name: `owner=platform@contoso.example`. */
export function pairsOf(texts: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(texts)
    .map(([name, value]) => `${name}=${value}`)
    .sort(compareText);
}

/** The codes of reasons, each once: `image-only, drift`. */
export function codesOf(reasons: readonly CoverageReason[]): string {
  return [...new Set(reasons.map(({ code }) => code))].join(', ');
}

/** How long ago an instant was: `12 min`, `3 h`, `2 d`; `now` also for one that a clock puts into the future. */
export function age(instant: string, now: Date): string {
  const minutes = Math.floor((now.getTime() - Date.parse(instant)) / 60_000);
  if (!(minutes >= 1)) return 'now';
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60 / 24)} d`;
}

/** `3 h ago`, `just now`. */
export function ago(instant: string, now: Date): string {
  const old = age(instant, now);
  return old === 'now' ? 'just now' : `${old} ago`;
}

/** `2024-03-01 09:00 UTC`. */
export function instantWords(instant: string | Date): string {
  const iso = new Date(instant).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** `disk, taken 3 h ago, confidence high`. */
export function evidenceWords(evidence: Evidence, now: Date): string {
  const { source, takenAt, confidence, complete } = evidence;
  return [
    source,
    `taken ${ago(takenAt, now)}`,
    `confidence ${confidence}`,
    ...(complete ? [] : ['not complete']),
  ].join(', ');
}

/** The version alone of a node image's name, `202402.26.0`; the whole name where it has none. */
export function imageVersion(image: string): string {
  return /-(\d[\d.]+(?:-\d{4}\.\d\d\.\d\d)?)$/.exec(image)?.[1] ?? image;
}

/** Whether a node runs an image, with or without later security patches. */
export function isImage(running: string | null, image: string | null): boolean {
  return running !== null && image !== null && (running === image || running.startsWith(`${image}-`));
}
