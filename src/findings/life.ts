import { compareText } from '../base/text.ts';
import {
  FINDING_STATUSES,
  type PoolFindingLife,
  type PoolHistory,
  type PoolList,
  type StoredListFinding,
} from '../model/recommendation.ts';
import { dueOf } from './due.ts';
import { absencesOf, type Episode, episodesOf, type KnownStay, type Stay, stayOf } from './episodes.ts';
import {
  availabilityOf,
  fixImageOf,
  fixNotes,
  type Offer,
  type Offers,
  offeredSince,
  offersOf,
  verdictOf,
} from './fix.ts';
import { JoinedPlaces } from './places.ts';
import { riskOf } from './risk.ts';
import { Instants, inDays, type Span } from './spans.ts';
import { joinTraits, representativeOf, traitsOf } from './traits.ts';
import type { Judging, PoolFacts } from './types.ts';

/**
 * The lives of the findings of pools, as they follow from what was where and when.
 * @param history of these pools, and of any others
 * @returns for a pool, one life for each CVE that is or was in it: what is open first, closed ones last, each by risk
 */
export function poolLives(
  history: PoolHistory,
  judging: Judging,
): (pool: PoolFacts) => readonly PoolFindingLife[] {
  const reader = new LifeReader(history, judging);
  return (pool) => reader.of(pool).sort(byUrgency);
}

function byUrgency(a: PoolFindingLife, b: PoolFindingLife): number {
  return group(a) - group(b) || b.risk.score - a.risk.score || compareText(a.cve, b.cve);
}

/** What was fixed before is as open as what was not. */
function group({ status }: PoolFindingLife): number {
  return Math.max(1, FINDING_STATUSES.indexOf(status));
}

/** A CVE in a pool by one list. */
interface Found extends KnownStay {
  readonly row: StoredListFinding;
  /** How many nodes have the list. */
  readonly nodes: number;
  readonly endedBy: 'software' | 'advisory';
}

/** One pool with what is common to its findings. */
interface Pool {
  readonly facts: PoolFacts;
  readonly offers: Offers;
  /** When the pool had lists that were never assessed. */
  readonly doubts: readonly Stay[];
  /** When it had none in between. */
  readonly absences: readonly Span[];
}

/** What a list has now. */
interface Content {
  readonly cves: ReadonlySet<string>;
  readonly programs: boolean;
}

class LifeReader {
  readonly #history: PoolHistory;
  readonly #judging: Judging;
  readonly #instants: Instants;
  readonly #lists: ReadonlyMap<string, readonly PoolList[]>;
  readonly #candidates: ReadonlyMap<string, PoolHistory['candidates']>;
  readonly #places = new JoinedPlaces();
  readonly #contents = new Map<string, Content | null>();

  constructor(history: PoolHistory, judging: Judging) {
    this.#history = history;
    this.#judging = judging;
    this.#instants = new Instants(judging.now);
    this.#lists = Map.groupBy(history.pools, ({ pool }) => pool);
    this.#candidates = Map.groupBy(history.candidates, ({ pool }) => pool);
  }

  of(facts: PoolFacts): PoolFindingLife[] {
    const found = new Map<string, Found[]>();
    const doubts: Stay[] = [];
    const members = this.#lists.get(facts.pool) ?? [];
    for (const member of members) {
      const rows = this.#history.findings.get(member.list);
      const { begin, end } = this.#instants.span(member.since, member.until);
      if (rows === undefined) doubts.push({ from: begin, begin: null, end });
      for (const row of rows ?? []) this.#find(found, member, row);
    }
    const offers = offersOf(this.#candidates.get(facts.pool) ?? [], this.#instants);
    const spans = members.map(({ since, until }) => this.#instants.span(since, until));
    const absences = absencesOf(spans.sort((a, b) => a.begin - b.begin));
    const pool = { facts, offers, doubts, absences };
    return Array.from(found.values(), (each) => this.#life(pool, each));
  }

  #find(found: Map<string, Found[]>, member: PoolList, row: StoredListFinding): void {
    const had = this.#instants.span(member.since, member.until);
    const listed = this.#instants.span(row.firstSeen, row.gone);
    const assessed = this.#history.assessed.get(member.list);
    const first = assessed === undefined ? Number.NEGATIVE_INFINITY : this.#instants.read(assessed);
    const stay = stayOf(had, listed, first);
    if (stay === null) return;
    const endedBy = had.end <= listed.end ? 'software' : 'advisory';
    const each: Found = { ...stay, row, nodes: member.nodes, endedBy };
    const others = found.get(row.cve);
    if (others === undefined) found.set(row.cve, [each]);
    else others.push(each);
  }

  #life(pool: Pool, found: readonly Found[]): PoolFindingLife {
    const episodes = episodesOf([...found, ...pool.doubts], pool.absences);
    const first = episodes[0];
    const last = episodes.at(-1);
    if (first === undefined || last === undefined) throw new RangeError('a finding without a time');
    const current = found.filter(({ end }) => end === Number.POSITIVE_INFINITY);
    const rows = (current.length > 0 ? current : found).map(({ row }) => row);
    const open = last.end === Number.POSITIVE_INFINITY;
    const { row, occurrence } = representativeOf(rows);
    const { cve, severity } = row;
    const vulnerability = this.#judging.vulnerabilities.get(cve) ?? null;
    const { exposure } = pool.facts;
    const reopened = episodes.length > 1 && open;
    const { exemption, notes } = open ? this.#exemption(pool, row, rows) : NOT_EXEMPTED;
    const openStatus = exemption !== null ? 'exempted' : reopened ? 'reopened' : 'open';
    const nodes = current.reduce((sum, each) => sum + each.nodes, 0);
    const fix = open ? this.#fix(pool, row, { rows, last, due: exemption === null }) : CLOSED;
    return {
      pool: pool.facts.pool,
      cve,
      severity,
      status: open ? openStatus : 'fixed',
      ...fix,
      risk: riskOf({ severity, vulnerability, exposure, presence: occurrence.presence }),
      occurrence,
      occurrences: placesOf(rows),
      nodes,
      ...this.#times(episodes, first, last),
      exposureDays: this.#exposure(episodesOf([...found, ...pool.doubts])),
      fixedBy: open ? null : endedBy(found, last),
      exemption: exemption?.id ?? null,
      notes: [...(open && nodes === 0 ? [UNSEEN] : []), ...fix.notes, ...notes],
    };
  }

  #times(episodes: readonly Episode[], first: Episode, last: Episode) {
    const { now } = this.#instants;
    const write = (instant: number) => this.#instants.write(instant);
    const open = last.end === Number.POSITIVE_INFINITY;
    return {
      firstSeen: write(first.begin),
      lastSeen: write(Math.min(last.known, now)),
      fixedAt: open ? null : write(last.end),
      reopenedAt: episodes.length > 1 ? write(last.begin) : null,
    };
  }

  #exposure(episodes: readonly Episode[]): number {
    const { now } = this.#instants;
    return inDays(episodes.reduce((sum, { begin, known }) => sum + Math.min(known, now) - begin, 0));
  }

  #exemption({ facts }: Pool, { cve, severity }: StoredListFinding, rows: readonly StoredListFinding[]) {
    const occurrences = this.#places.of(rows);
    return this.#judging.exemptions.of({ ...facts, cve, severity, occurrences });
  }

  #fix(
    { offers }: Pool,
    { cve, severity }: StoredListFinding,
    { rows, last, due }: { rows: readonly StoredListFinding[]; last: Episode; due: boolean },
  ) {
    const traits = joinTraits(rows.map(({ occurrences }) => traitsOf(occurrences)));
    const judge = (offer: Offer | null) => {
      const content = offer?.list == null ? null : this.#content(offer.list);
      return verdictOf(offer, content && { has: content.cves.has(cve), programs: content.programs }, traits);
    };
    const verdicts = { offered: judge(offers.offered), newest: judge(offers.newest) };
    const fix = availabilityOf(verdicts.offered, verdicts.newest, traits);
    const offered = offeredSince(offers.ever, (offer) => judge(offer) === 'without');
    const since = fix === 'available' && offered !== null ? Math.max(offered, last.begin) : null;
    const added = this.#judging.vulnerabilities.get(cve)?.kev ?? null;
    const kev = added === null ? null : this.#instants.read(added);
    const dueAt = since === null || !due ? null : dueOf(since, { severity, kev }, this.#judging.policy);
    return {
      fix,
      fixImage: fixImageOf(offers, verdicts),
      fixAvailableSince: since === null ? null : this.#instants.write(since),
      dueAt: dueAt === null ? null : this.#instants.write(dueAt),
      overdue: dueAt !== null && this.#instants.now > dueAt,
      notes: fixNotes(offers, fix, { verdicts, traits }),
    };
  }

  #content(list: string): Content | null {
    let content = this.#contents.get(list);
    if (content === undefined) {
      const rows = this.#history.findings.get(list)?.filter(({ gone }) => gone === null);
      content =
        rows === undefined
          ? null
          : {
              cves: new Set(rows.map(({ cve }) => cve)),
              programs: rows.some((row) => row.occurrences.some(({ kind }) => kind === 'go-module')),
            };
      this.#contents.set(list, content);
    }
    return content;
  }
}

const NOT_EXEMPTED = { exemption: null, notes: [] } as const;

const CLOSED = {
  fix: 'unknown',
  fixImage: null,
  fixAvailableSince: null,
  dueAt: null,
  overdue: false,
  notes: [],
} as const;

const UNSEEN = 'No node is known to have it now; the software of some is not known, so it counts as open.';

function placesOf(rows: readonly StoredListFinding[]): number {
  const places = new Set<string>();
  for (const { occurrences } of rows)
    for (const { kind, package: name, installed } of occurrences)
      places.add(JSON.stringify([kind, name, installed]));
  return places.size;
}

/** An advisory only closed it where nodes kept the software that it was last found in. */
function endedBy(found: readonly Found[], last: Episode): 'software' | 'advisory' {
  const ended = found.filter(({ end }) => end === last.end);
  return ended.length > 0 && ended.every((each) => each.endedBy === 'advisory') ? 'advisory' : 'software';
}
