import { FIX_AVAILABILITIES, type PoolHistory } from '../model/recommendation.ts';
import { type Judged, type JudgedPool, PoolJudge, STATUS } from './judge.ts';
import type { TellableFinding } from './notices.ts';
import type { Judging, PoolFacts } from './types.ts';

const AVAILABLE = FIX_AVAILABILITIES.indexOf('available');

/**
 * What `poolLives` says of the open findings of pools that somebody is told of, without making the lives: those that are
 * known to be exploited, that are critical, or that an image fixes which the region offers, as what is overdue is too.
 * @param history of these pools, and of any others
 */
export function tellableFindings(
  history: PoolHistory,
  judging: Judging,
): (pool: PoolFacts) => readonly TellableFinding[] {
  const judge = new PoolJudge(history, judging);
  return (facts) => {
    const pool = judge.pool(facts);
    const findings: TellableFinding[] = [];
    judge.each(pool, (judged) => {
      if (isTold(judge, judged)) findings.push(told(judge, pool, judged));
    });
    return findings;
  };
}

function isTold(judge: PoolJudge, { status, fix, severity, cve }: Judged): boolean {
  if (status > STATUS.open) return false;
  return fix === AVAILABLE || severity === 'critical' || judge.isExploited(cve);
}

function told(judge: PoolJudge, { offers }: JudgedPool, judged: Judged): TellableFinding {
  const { cve, severity, fix, dueAt, overdue, risk } = judged;
  return {
    cve: judge.compiled.cves[cve] ?? '',
    severity,
    kev: judge.isExploited(cve),
    fix: FIX_AVAILABILITIES[fix] ?? 'unknown',
    fixImage: fix === AVAILABLE ? (offers.offered?.image ?? null) : null,
    dueAt: dueAt === Number.POSITIVE_INFINITY ? null : judge.instants.write(dueAt),
    overdue,
    risk,
  };
}
