import type { RollupRow } from '../../../model/findings-report.ts';
import type { ScorePoint } from '../../../model/recommendation.ts';
import { thousands } from '../table/text.ts';
import type { PageForm } from './page.ts';
import { dayOf, scoreWords } from './words.ts';

/** How the fleet, subscriptions or clusters stand. */
export const ROLLUPS: PageForm<RollupRow> = {
  name: 'rollups',
  nouns: ['row', 'rows'],
  csvColumns: [
    ...['kind', 'name', 'score', 'score_before', 'score_before_day', 'nodes', 'unhealthy', 'not_assessed'],
    ...['healthy', 'open', 'critical', 'high', 'medium', 'low', 'negligible', 'unknown', 'fix_available'],
    ...['kev', 'overdue', 'exempted', 'id'],
  ],
  csv: ({ kind, name, id, trend, nodes, states, counts }) => {
    const { bySeverity, byFix, open, kev, overdue, exempted } = counts;
    const first = firstOf(trend);
    return [
      ...[kind, name, scoreOf(trend), first?.score ?? null, first?.day.slice(0, 10) ?? null, nodes],
      ...[states.unhealthy, states['not-assessed'], states.healthy, open, bySeverity.critical],
      ...[bySeverity.high, bySeverity.medium, bySeverity.low, bySeverity.negligible, bySeverity.unknown],
      ...[byFix.available, kev, overdue, exempted, id],
    ];
  },
  columns: () => [
    { title: 'NAME', text: ({ kind, name }) => (kind === 'fleet' ? 'whole fleet' : name) },
    { title: 'SCORE', text: ({ trend }) => scoreWords(scoreOf(trend)), right: true, style: () => 'bold' },
    {
      title: 'TREND',
      text: ({ trend }) => trendWords(trend),
      style: ({ trend }) => trendStyle(trend),
      yields: 3,
    },
    { title: 'NODES', text: ({ nodes }) => thousands(nodes), right: true, yields: 5 },
    {
      title: 'UNHEALTHY',
      text: ({ states }) => thousands(states.unhealthy),
      right: true,
      style: ({ states }) => (states.unhealthy > 0 ? 'red' : null),
    },
    {
      title: 'NOT ASSESSED',
      text: ({ states }) => thousands(states['not-assessed']),
      right: true,
      yields: 2,
    },
    { title: 'HEALTHY', text: ({ states }) => thousands(states.healthy), right: true, yields: 6 },
    { title: 'OPEN', text: ({ counts }) => thousands(counts.open), right: true },
    { title: 'CRIT', text: ({ counts }) => thousands(counts.bySeverity.critical), right: true, yields: 4 },
    { title: 'HIGH', text: ({ counts }) => thousands(counts.bySeverity.high), right: true, yields: 4 },
    { title: 'FIXABLE', text: ({ counts }) => thousands(counts.byFix.available), right: true, yields: 7 },
    {
      title: 'OVERDUE',
      text: ({ counts }) => thousands(counts.overdue),
      right: true,
      style: ({ counts }) => (counts.overdue > 0 ? 'alarm' : null),
      yields: 8,
    },
  ],
};

/** The score now; null where it is not known. */
export function scoreOf(trend: readonly ScorePoint[]): number | null {
  return trend.at(-1)?.score ?? null;
}

/** The oldest point with a score, where it is not the newest one. */
function firstOf(trend: readonly ScorePoint[]): ScorePoint | null {
  const first = trend.find(({ score }) => score !== null);
  return first === undefined || first === trend.at(-1) ? null : first;
}

function changeOf(trend: readonly ScorePoint[]): number | null {
  const [first, now] = [firstOf(trend)?.score ?? null, scoreOf(trend)];
  return first === null || now === null ? null : Math.round((now - first) * 10) / 10;
}

/** How the score changed since the oldest point: `+3.2 since 2024-03-01`; blank where there is only one. */
export function trendWords(trend: readonly ScorePoint[]): string {
  const change = changeOf(trend);
  if (change === null) return '';
  const by = change === 0 ? 'same' : `${change > 0 ? '+' : '−'}${Math.abs(change).toFixed(1)}`;
  return `${by} since ${dayOf(firstOf(trend)?.day ?? null)}`;
}

function trendStyle(trend: readonly ScorePoint[]): 'green' | 'red' | null {
  const change = changeOf(trend) ?? 0;
  if (change === 0) return null;
  return change > 0 ? 'green' : 'red';
}
