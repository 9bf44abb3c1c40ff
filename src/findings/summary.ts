import {
  type CveRollup,
  FIX_AVAILABILITIES,
  type FindingCounts,
  type PoolHistory,
  type Risk,
} from '../model/recommendation.ts';
import { type Counting, noCounts } from './counts.ts';
import { CveRollups } from './cve-rollups.ts';
import { type Judged, type JudgedPool, PoolJudge, STATUS } from './judge.ts';
import { NO_RISK, riskOf } from './risk.ts';
import { type Member, placesIn } from './sweep.ts';
import { representativeOf } from './traits.ts';
import type { Judging, PoolFacts } from './types.ts';

/** The findings of a pool in numbers. */
export interface PoolSummary {
  readonly counts: FindingCounts;
  /** Of its worst open finding; 0 where there is none. */
  readonly risk: Risk;
  /** Earliest instant at which an open finding is due; null where none is. */
  readonly dueAt: string | null;
  /** Nodes with an open finding. */
  readonly affected: number;
  /** Nodes whose software list was never assessed, so that nothing can be said of them. */
  readonly pending: number;
}

/** The findings of many pools in numbers. */
export interface Summary {
  /** Of every pool that was given, by its id. */
  readonly pools: ReadonlyMap<string, PoolSummary>;
  /** Of `all` pools that were given, then of each of their subscriptions; by CVE. */
  readonly cves: readonly CveRollup[];
}

/**
 * Counts what `poolLives` says of many pools, without making the lives.
 * @param history of these pools, and of any others
 */
export function summarise(pools: readonly PoolFacts[], history: PoolHistory, judging: Judging): Summary {
  const judge = new PoolJudge(history, judging);
  const counter = new PoolCounter(judge);
  const fleet = new CveRollups(judge);
  const subscription = new CveRollups(judge);
  const summaries = new Map<string, PoolSummary>();
  const cves: CveRollup[] = [];
  let cluster = 0;
  for (const [id, own] of Map.groupBy(pools, (pool) => pool.subscription)) {
    for (const clustered of Map.groupBy(own, (pool) => pool.cluster).values()) {
      cluster++;
      const roll = (judged: Judged): void => {
        fleet.add(judged, cluster);
        subscription.add(judged, cluster);
      };
      for (const facts of clustered) summaries.set(facts.pool, counter.count(judge.pool(facts), roll));
    }
    cves.push(...subscription.take(id));
  }
  return { pools: summaries, cves: [...fleet.take('all'), ...cves] };
}

const NEVER = Number.POSITIVE_INFINITY;

/** What is counted of one pool. */
interface Count {
  readonly counts: Counting;
  /** The number of the CVE whose open finding is the worst, and its risk; -1 where there is none. */
  worst: number;
  risk: number;
  dueAt: number;
}

class PoolCounter {
  readonly #judge: PoolJudge;
  /** By CVE: the number of the last pool in which it is open. */
  readonly #openIn: Int32Array;
  #pool = 0;

  constructor(judge: PoolJudge) {
    this.#judge = judge;
    this.#openIn = new Int32Array(judge.compiled.cves.length);
  }

  /** @param each is given every finding of the pool */
  count(pool: JudgedPool, each: (judged: Judged) => void): PoolSummary {
    this.#pool++;
    const count: Count = { counts: noCounts(), worst: -1, risk: 0, dueAt: NEVER };
    this.#judge.each(pool, (judged) => {
      if (judged.status <= STATUS.open) this.#countOpen(count, judged);
      else if (judged.status === STATUS.exempted) count.counts.exempted++;
      each(judged);
    });
    return {
      counts: count.counts,
      risk: this.#riskOf(pool, count.worst),
      dueAt: count.dueAt === NEVER ? null : this.#judge.instants.write(count.dueAt),
      ...this.#nodes(pool.members),
    };
  }

  #countOpen(count: Count, { cve, status, severity, risk, fix, overdue, dueAt }: Judged): void {
    const { counts } = count;
    counts.open++;
    counts.bySeverity[severity]++;
    counts.byFix[FIX_AVAILABILITIES[fix] ?? 'unknown']++;
    if (this.#judge.isExploited(cve)) counts.kev++;
    if (overdue) counts.overdue++;
    if (status === STATUS.reopened) counts.reopened++;
    this.#openIn[cve] = this.#pool;
    count.dueAt = Math.min(count.dueAt, dueAt);
    if (count.worst !== -1 && (risk < count.risk || (risk === count.risk && cve > count.worst))) return;
    count.worst = cve;
    count.risk = risk;
  }

  #riskOf({ members, facts }: JudgedPool, cve: number): Risk {
    if (cve === -1) return NO_RISK;
    const { row, occurrence } = representativeOf(placesIn(members, cve));
    return riskOf({
      severity: row.severity,
      vulnerability: this.#judge.vulnerabilities[cve] ?? null,
      exposure: facts.exposure,
      presence: occurrence.presence,
    });
  }

  #nodes(members: readonly Member[]): Pick<PoolSummary, 'affected' | 'pending'> {
    let affected = 0;
    let pending = 0;
    for (const { list, nodes, end } of members) {
      if (end !== NEVER) continue;
      if (list === null) pending += nodes;
      else if (list.cves.some((cve, row) => list.gone[row] === NEVER && this.#openIn[cve] === this.#pool))
        affected += nodes;
    }
    return { affected, pending };
  }
}
