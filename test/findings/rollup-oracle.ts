import type { PoolFacts } from '../../src/findings/index.ts';
import { severityRank } from '../../src/model/advisory.ts';
import {
  type CveRollup,
  FINDING_STATUSES,
  FIX_AVAILABILITIES,
  type FindingCounts,
  type PoolFindingLife,
  type Vulnerability,
} from '../../src/model/recommendation.ts';

/** A pool with its lives. */
export interface Lived {
  readonly facts: PoolFacts;
  readonly lives: readonly PoolFindingLife[];
}

const isOpen = ({ status }: PoolFindingLife): boolean => status === 'open' || status === 'reopened';

/** The counts of a pool, the slow way. */
export function countsOf(
  lives: readonly PoolFindingLife[],
  vulnerabilities: ReadonlyMap<string, Vulnerability>,
): FindingCounts {
  const open = lives.filter(isOpen);
  const count = (matches: (life: PoolFindingLife) => boolean) => open.filter(matches).length;
  const bySeverity = (severity: string) => count((life) => life.severity === severity);
  const byFix = (fix: string) => count((life) => life.fix === fix);
  return {
    open: open.length,
    bySeverity: {
      critical: bySeverity('critical'),
      high: bySeverity('high'),
      medium: bySeverity('medium'),
      low: bySeverity('low'),
      negligible: bySeverity('negligible'),
      unknown: bySeverity('unknown'),
    },
    byFix: {
      available: byFix('available'),
      'not-in-region': byFix('not-in-region'),
      'no-image': byFix('no-image'),
      kubernetes: byFix('kubernetes'),
      'no-vendor-fix': byFix('no-vendor-fix'),
      unknown: byFix('unknown'),
    },
    kev: count(({ cve }) => (vulnerabilities.get(cve)?.kev ?? null) !== null),
    overdue: count(({ overdue }) => overdue),
    reopened: count(({ status }) => status === 'reopened'),
    exempted: lives.filter(({ status }) => status === 'exempted').length,
  };
}

/** The earliest of some instants. */
export function earliest(instants: readonly (string | null)[]): string | null {
  return instants.filter((each) => each !== null).sort()[0] ?? null;
}

/** The roll-ups of pools, the slow way. */
export function rollupsOf(
  scope: string,
  pools: readonly Lived[],
  vulnerabilities: ReadonlyMap<string, Vulnerability>,
): readonly CveRollup[] {
  const all = pools.flatMap(({ facts, lives }) => lives.map((life) => ({ life, cluster: facts.cluster })));
  const rollups = Array.from(
    Map.groupBy(all, ({ life }) => life.cve),
    ([cve, those]): CveRollup => {
      const ever = those.map(({ life }) => life);
      const now = ever.filter(({ status }) => status !== 'fixed');
      const open = now.filter(isOpen);
      const worst = open.length > 0 ? open : now;
      const stands = (now.length > 0 ? now : ever).toSorted(byStanding)[0];
      const { kev = null, epss = null } = vulnerabilities.get(cve) ?? {};
      const there = those.filter(({ life }) => life.status !== 'fixed');
      return {
        scope,
        cve,
        severity: stands?.severity ?? 'unknown',
        kev,
        epss: epss?.score ?? null,
        risk: Math.max(0, ...worst.map(({ risk }) => risk.score)),
        status: FINDING_STATUSES.find((status) => ever.some((life) => life.status === status)) ?? 'fixed',
        fix: FIX_AVAILABILITIES.find((fix) => worst.some((life) => life.fix === fix)) ?? 'unknown',
        package: stands?.occurrence.package ?? '',
        pools: now.length,
        clusters: new Set(there.map(({ cluster }) => cluster)).size,
        nodes: now.reduce((sum, { nodes }) => sum + nodes, 0),
        overdue: now.filter(({ overdue }) => overdue).length,
        exempted: now.length - open.length,
        firstSeen: earliest(ever.map(({ firstSeen }) => firstSeen)) ?? '',
        dueAt: earliest(now.map(({ dueAt }) => dueAt)),
      };
    },
  );
  return rollups.sort((a, b) => (a.cve < b.cve ? -1 : 1));
}

function byStanding(a: PoolFindingLife, b: PoolFindingLife): number {
  const unused = ({ occurrence: { presence } }: PoolFindingLife) =>
    presence === 'running' || presence === 'installed' ? 0 : 1;
  const other = (life: PoolFindingLife) => (life.occurrence.package.startsWith('linux-image-') ? 0 : 1);
  return (
    unused(a) - unused(b) ||
    severityRank(a.severity) - severityRank(b.severity) ||
    other(a) - other(b) ||
    (a.occurrence.package < b.occurrence.package ? -1 : 1)
  );
}
