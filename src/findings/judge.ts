import type { Severity } from '../model/advisory.ts';
import { FIX_AVAILABILITIES, type PoolHistory, type Vulnerability } from '../model/recommendation.ts';
import { type Compiled, compile, isUsedIn, severityIn } from './compiled.ts';
import { dueOf } from './due.ts';
import { availabilityOf, type Offer, type Offers, offeredSince, offersOf, verdictOf } from './fix.ts';
import { JoinedPlaces } from './places.ts';
import { exposurePoints, scoreOf, severityPoints, vulnerabilityPoints } from './risk.ts';
import { Instants } from './spans.ts';
import { at, type Member, placesIn, type Seen, Sweep } from './sweep.ts';
import type { Judging, PoolFacts } from './types.ts';

/** Where a CVE is in its life in one pool: the places in `FINDING_STATUSES`. */
export const STATUS = { reopened: 0, open: 1, exempted: 2, fixed: 3 } as const;

/** The place of `unknown` in `FIX_AVAILABILITIES`. */
export const UNKNOWN_FIX = FIX_AVAILABILITIES.indexOf('unknown');

/** One CVE in one pool, judged, as numbers. The same object is used for all, so what is to be kept has to be copied. */
export interface Judged {
  /** Number of the CVE. */
  cve: number;
  /** Of `STATUS`. */
  status: number;
  severity: Severity;
  /** Nodes that have it now. */
  nodes: number;
  /** Points of its risk. */
  risk: number;
  /** Of what stands for it in the pool. */
  standing: number;
  /** Its fix, as a place in `FIX_AVAILABILITIES`. */
  fix: number;
  overdue: boolean;
  /** Milliseconds. */
  firstSeen: number;
  /** Milliseconds; Infinity where it has none. */
  dueAt: number;
}

/** A pool as its findings are judged. */
export interface JudgedPool {
  readonly facts: PoolFacts;
  readonly members: readonly Member[];
  readonly offers: Offers;
  /** Points of its exposure. */
  readonly exposure: number;
}

const NEVER = Number.POSITIVE_INFINITY;

/** Judges the findings of pools as `poolLives` does, one after the other, without making the lives. */
export class PoolJudge {
  readonly instants: Instants;
  readonly compiled: Compiled;
  /** By the number of a CVE, as all below. */
  readonly vulnerabilities: readonly (Vulnerability | null)[];
  readonly #points: readonly number[];
  readonly #kev: readonly (number | null)[];
  readonly #judging: Judging;
  readonly #members: ReadonlyMap<string, PoolHistory['pools']>;
  readonly #candidates: ReadonlyMap<string, PoolHistory['candidates']>;
  readonly #sweep: Sweep;
  readonly #places = new JoinedPlaces();
  readonly #judged: Judged = {
    cve: 0,
    status: STATUS.fixed,
    severity: 'unknown',
    nodes: 0,
    risk: 0,
    standing: 0,
    fix: UNKNOWN_FIX,
    overdue: false,
    firstSeen: 0,
    dueAt: NEVER,
  };

  constructor(history: PoolHistory, judging: Judging) {
    const instants = new Instants(judging.now);
    this.#judging = judging;
    this.instants = instants;
    this.compiled = compile(history, judging.exemptions, instants);
    const { cves } = this.compiled;
    this.vulnerabilities = cves.map((cve) => judging.vulnerabilities.get(cve) ?? null);
    this.#points = this.vulnerabilities.map(vulnerabilityPoints);
    this.#kev = this.vulnerabilities.map((each) => (each?.kev == null ? null : instants.read(each.kev)));
    this.#members = Map.groupBy(history.pools, ({ pool }) => pool);
    this.#candidates = Map.groupBy(history.candidates, ({ pool }) => pool);
    this.#sweep = new Sweep(cves.length);
  }

  /** A pool, to judge its findings. */
  pool(facts: PoolFacts): JudgedPool {
    const members = (this.#members.get(facts.pool) ?? []).map(
      ({ since, until, nodes, list }): Member => ({
        ...this.instants.span(since, until),
        nodes,
        list: this.compiled.lists.get(list) ?? null,
      }),
    );
    members.sort((a, b) => a.begin - b.begin);
    const offers = offersOf(this.#candidates.get(facts.pool) ?? [], this.instants);
    return { facts, members, offers, exposure: exposurePoints(facts.exposure) };
  }

  /** Whether a CVE is known to be exploited. @param cve its number */
  isExploited(cve: number): boolean {
    return this.#kev[cve] !== null;
  }

  /** Visits every CVE that is or was in a pool. */
  each(pool: JudgedPool, visit: (judged: Judged) => void): void {
    this.#sweep.pool(pool.members, (seen) => {
      this.#judge(pool, seen);
      visit(this.#judged);
    });
  }

  #judge(pool: JudgedPool, seen: Seen): void {
    const judged = this.#judged;
    const { cve, standing } = seen;
    const severity = severityIn(standing);
    const points = severityPoints(severity) + (this.#points[cve] ?? 0) + pool.exposure;
    judged.cve = cve;
    judged.standing = standing;
    judged.severity = severity;
    judged.nodes = seen.nodes;
    judged.firstSeen = seen.firstSeen;
    judged.risk = scoreOf(points, isUsedIn(standing));
    judged.status = this.#status(pool, seen);
    judged.fix = UNKNOWN_FIX;
    judged.dueAt = NEVER;
    if (seen.open) this.#judgeFix(pool, seen);
    judged.overdue = this.instants.now > judged.dueAt;
  }

  #status(
    { facts, members }: JudgedPool,
    { cve: number, standing, open, reopened, concerned }: Seen,
  ): number {
    if (!open) return STATUS.fixed;
    if (concerned) {
      const cve = this.compiled.cves[number] ?? '';
      const occurrences = this.#places.of(placesIn(members, number));
      const asked = { ...facts, cve, severity: severityIn(standing), occurrences };
      if (this.#judging.exemptions.of(asked).exemption !== null) return STATUS.exempted;
    }
    return reopened ? STATUS.reopened : STATUS.open;
  }

  /** How far a fix is, and by when. */
  #judgeFix({ offers }: JudgedPool, { cve, traits, since, standing }: Seen): void {
    const judged = this.#judged;
    const judge = (offer: Offer | null) => {
      const list = offer?.list == null ? undefined : this.compiled.lists.get(offer.list);
      const known = list === undefined ? null : { has: at(list.has, cve) === 1, programs: list.programs };
      return verdictOf(offer, known, traits);
    };
    const fix = availabilityOf(judge(offers.offered), judge(offers.newest), traits);
    judged.fix = FIX_AVAILABILITIES.indexOf(fix);
    if (fix !== 'available' || judged.status === STATUS.exempted) return;
    const offered = offeredSince(offers.ever, (offer) => judge(offer) === 'without');
    if (offered === null) return;
    const facts = { severity: severityIn(standing), kev: this.#kev[cve] ?? null };
    judged.dueAt = dueOf(Math.max(offered, since), facts, this.#judging.policy) ?? NEVER;
  }
}
