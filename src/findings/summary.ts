import type { Severity } from '../model/advisory.ts';
import {
  type CveRollup,
  FIX_AVAILABILITIES,
  type FindingCounts,
  type PoolHistory,
  type Risk,
  type Vulnerability,
} from '../model/recommendation.ts';
import { type Compiled, compile, isUsedIn, severityIn } from './compiled.ts';
import { type Counting, noCounts } from './counts.ts';
import { type Counted, CveRollups, STATUS } from './cve-rollups.ts';
import { dueOf } from './due.ts';
import { availabilityOf, type Offer, type Offers, offeredSince, offersOf, verdictOf } from './fix.ts';
import { JoinedPlaces } from './places.ts';
import { exposurePoints, NO_RISK, riskOf, scoreOf, severityPoints, vulnerabilityPoints } from './risk.ts';
import { Instants } from './spans.ts';
import { at, type Member, placesIn, type Seen, Sweep } from './sweep.ts';
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
  const counting = new PoolCounting(history, judging);
  const summaries = new Map<string, PoolSummary>();
  const cves: CveRollup[] = [];
  for (const [subscription, own] of Map.groupBy(pools, (pool) => pool.subscription)) {
    for (const clustered of Map.groupBy(own, ({ cluster }) => cluster).values()) {
      counting.beginCluster();
      for (const facts of clustered) summaries.set(facts.pool, counting.count(facts));
    }
    cves.push(...counting.takeSubscription(subscription));
  }
  return { pools: summaries, cves: [...counting.takeAll(), ...cves] };
}

/** One pool, while its findings are counted. */
interface Pool {
  readonly facts: PoolFacts;
  readonly members: readonly Member[];
  readonly offers: Offers;
  /** Points of its exposure. */
  readonly exposure: number;
  readonly counts: Counting;
  /** The worst open finding. */
  worst: { readonly cve: number; readonly score: number } | null;
  dueAt: number;
}

const NEVER = Number.POSITIVE_INFINITY;
const UNKNOWN_FIX = FIX_AVAILABILITIES.indexOf('unknown');

/** Counts the findings of pools, those of a cluster together and those of a subscription together. */
class PoolCounting {
  readonly #judging: Judging;
  readonly #instants: Instants;
  readonly #compiled: Compiled;
  readonly #members: ReadonlyMap<string, PoolHistory['pools']>;
  readonly #candidates: ReadonlyMap<string, PoolHistory['candidates']>;
  /** By the number of a CVE. */
  readonly #vulnerabilities: readonly (Vulnerability | null)[];
  readonly #points: readonly number[];
  readonly #kev: readonly (number | null)[];
  /** By CVE: the number of the last pool in which it is open. */
  readonly #openIn: Int32Array;
  readonly #sweep: Sweep;
  readonly #places = new JoinedPlaces();
  readonly #all: CveRollups;
  readonly #subscription: CveRollups;
  readonly #counted: Counted = {
    cve: 0,
    cluster: 0,
    status: STATUS.fixed,
    nodes: 0,
    risk: 0,
    standing: 0,
    fix: UNKNOWN_FIX,
    overdue: false,
    firstSeen: 0,
    dueAt: NEVER,
  };
  #pool = 0;

  constructor(history: PoolHistory, judging: Judging) {
    const instants = new Instants(judging.now);
    this.#judging = judging;
    this.#instants = instants;
    this.#compiled = compile(history, judging.exemptions, instants);
    const { cves } = this.#compiled;
    this.#members = Map.groupBy(history.pools, ({ pool }) => pool);
    this.#candidates = Map.groupBy(history.candidates, ({ pool }) => pool);
    this.#vulnerabilities = cves.map((cve) => judging.vulnerabilities.get(cve) ?? null);
    this.#points = this.#vulnerabilities.map(vulnerabilityPoints);
    this.#kev = this.#vulnerabilities.map((each) => (each?.kev == null ? null : instants.read(each.kev)));
    this.#openIn = new Int32Array(cves.length);
    this.#sweep = new Sweep(cves.length);
    this.#all = new CveRollups(this.#compiled);
    this.#subscription = new CveRollups(this.#compiled);
  }

  beginCluster(): void {
    this.#counted.cluster++;
  }

  takeSubscription(id: string): readonly CveRollup[] {
    return this.#subscription.take(id, this.#vulnerabilities, this.#instants);
  }

  takeAll(): readonly CveRollup[] {
    return this.#all.take('all', this.#vulnerabilities, this.#instants);
  }

  count(facts: PoolFacts): PoolSummary {
    this.#pool++;
    const members = (this.#members.get(facts.pool) ?? []).map(
      ({ since, until, nodes, list }): Member => ({
        ...this.#instants.span(since, until),
        nodes,
        list: this.#compiled.lists.get(list) ?? null,
      }),
    );
    members.sort((a, b) => a.begin - b.begin);
    const offers = offersOf(this.#candidates.get(facts.pool) ?? [], this.#instants);
    const exposure = exposurePoints(facts.exposure);
    const pool: Pool = { facts, members, offers, exposure, counts: noCounts(), worst: null, dueAt: NEVER };
    this.#sweep.pool(members, (seen) => this.#count(pool, seen));
    return {
      counts: pool.counts,
      risk: this.#worstRisk(pool),
      dueAt: pool.dueAt === NEVER ? null : this.#instants.write(pool.dueAt),
      ...this.#nodes(members),
    };
  }

  #count(pool: Pool, seen: Seen): void {
    const counted = this.#counted;
    const { cve, standing } = seen;
    const severity = severityIn(standing);
    const points = severityPoints(severity) + (this.#points[cve] ?? 0) + pool.exposure;
    counted.cve = cve;
    counted.standing = standing;
    counted.nodes = seen.nodes;
    counted.firstSeen = seen.firstSeen;
    counted.risk = scoreOf(points, isUsedIn(standing));
    counted.status = this.#status(pool, seen);
    counted.fix = UNKNOWN_FIX;
    counted.dueAt = NEVER;
    if (seen.open) this.#judge(pool, seen);
    counted.overdue = this.#instants.now > counted.dueAt;
    if (counted.status <= STATUS.open) this.#countOpen(pool, severity);
    else if (counted.status === STATUS.exempted) pool.counts.exempted++;
    this.#all.add(counted);
    this.#subscription.add(counted);
  }

  #status({ facts, members }: Pool, { cve: number, standing, open, reopened, concerned }: Seen): number {
    if (!open) return STATUS.fixed;
    if (concerned) {
      const cve = this.#compiled.cves[number] ?? '';
      const occurrences = this.#places.of(placesIn(members, number));
      const asked = { ...facts, cve, severity: severityIn(standing), occurrences };
      if (this.#judging.exemptions.of(asked).exemption !== null) return STATUS.exempted;
    }
    return reopened ? STATUS.reopened : STATUS.open;
  }

  /** How far a fix is, and by when. */
  #judge({ offers }: Pool, { cve, traits, since, standing }: Seen): void {
    const counted = this.#counted;
    const judge = (offer: Offer | null) => {
      const list = offer?.list == null ? undefined : this.#compiled.lists.get(offer.list);
      const known = list === undefined ? null : { has: at(list.has, cve) === 1, programs: list.programs };
      return verdictOf(offer, known, traits);
    };
    const fix = availabilityOf(judge(offers.offered), judge(offers.newest), traits);
    counted.fix = FIX_AVAILABILITIES.indexOf(fix);
    if (fix !== 'available' || counted.status === STATUS.exempted) return;
    const offered = offeredSince(offers.ever, (offer) => judge(offer) === 'without');
    if (offered === null) return;
    const facts = { severity: severityIn(standing), kev: this.#kev[cve] ?? null };
    counted.dueAt = dueOf(Math.max(offered, since), facts, this.#judging.policy) ?? NEVER;
  }

  #countOpen(pool: Pool, severity: Severity): void {
    const { cve, status, risk, fix, overdue, dueAt } = this.#counted;
    const { counts, worst } = pool;
    counts.open++;
    counts.bySeverity[severity]++;
    counts.byFix[FIX_AVAILABILITIES[fix] ?? 'unknown']++;
    if (this.#kev[cve] !== null) counts.kev++;
    if (overdue) counts.overdue++;
    if (status === STATUS.reopened) counts.reopened++;
    this.#openIn[cve] = this.#pool;
    pool.dueAt = Math.min(pool.dueAt, dueAt);
    if (worst === null || risk > worst.score || (risk === worst.score && cve < worst.cve))
      pool.worst = { cve, score: risk };
  }

  #worstRisk({ worst, members, facts }: Pool): Risk {
    if (worst === null) return NO_RISK;
    const { row, occurrence } = representativeOf(placesIn(members, worst.cve));
    return riskOf({
      severity: row.severity,
      vulnerability: this.#vulnerabilities[worst.cve] ?? null,
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
