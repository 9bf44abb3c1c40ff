import type { StoredListFinding } from '../model/recommendation.ts';
import { type CompiledList, joinedTraits, rowsOf } from './compiled.ts';
import { absencesOf, episodesOf, type Stay, stayOf } from './episodes.ts';
import type { Span } from './spans.ts';
import { TRAITS } from './traits.ts';

/** A time during which nodes of a pool had a list. */
export interface Member extends Span {
  readonly nodes: number;
  /** Null where it was never assessed. */
  readonly list: CompiledList | null;
}

/** One CVE in one pool. The same object is used for all, so what is to be kept has to be copied. */
export interface Seen {
  cve: number;
  open: boolean;
  reopened: boolean;
  /** Milliseconds: when it was first there, and since when it is there without interruption. */
  firstSeen: number;
  since: number;
  /** Nodes that have it now. */
  nodes: number;
  /** Of what stands for it, among what is there now, else among what was. */
  standing: number;
  traits: number;
  /** Whether exemptions may speak about it. */
  concerned: boolean;
}

const NEVER = Number.POSITIVE_INFINITY;

/**
 * Goes through the findings of pools, one after the other. It keeps one number for each CVE and fact and uses them again
 * for the next pool, so that neither its time nor its memory grows by objects.
 */
export class Sweep {
  /** Which pool a CVE was last met in; what the others say is of that pool. */
  readonly #met: Int32Array;
  /** Of its last episode, see `Stay`, and when its first one began. */
  readonly #from: Float64Array;
  readonly #begin: Float64Array;
  readonly #end: Float64Array;
  readonly #first: Float64Array;
  readonly #episodes: Int32Array;
  /** Whether stays came out of order, so that episodes have to be made of all of them together. */
  readonly #tangled: Uint8Array;
  readonly #nodes: Float64Array;
  readonly #standingNow: Float64Array;
  readonly #standingEver: Float64Array;
  readonly #used: Uint8Array;
  readonly #unused: Uint8Array;
  readonly #concerned: Uint8Array;
  readonly #touched: Int32Array;
  #pool = 0;
  #count = 0;

  /** @param cves how many there are */
  constructor(cves: number) {
    const numbers = () => new Float64Array(cves);
    const flags = () => new Uint8Array(cves);
    this.#met = new Int32Array(cves);
    this.#from = numbers();
    this.#begin = numbers();
    this.#end = numbers();
    this.#first = numbers();
    this.#episodes = new Int32Array(cves);
    this.#tangled = flags();
    this.#nodes = numbers();
    this.#standingNow = numbers();
    this.#standingEver = numbers();
    this.#used = flags();
    this.#unused = flags();
    this.#concerned = flags();
    this.#touched = new Int32Array(cves);
  }

  /** Visits every CVE that is or was in a pool. @param members sorted by their begin */
  pool(members: readonly Member[], visit: (seen: Seen) => void): void {
    this.#pool++;
    this.#count = 0;
    for (const member of members) {
      const { list } = member;
      if (list === null) continue;
      for (let row = 0; row < list.cves.length; row++) this.#meet(member, list, row);
    }
    const doubts = members.flatMap(({ list, begin, end }) =>
      list === null ? [{ from: begin, begin: null, end }] : [],
    );
    const absences = absencesOf(members);
    const simple = doubts.length === 0 && absences.length === 0;
    const seen = unseen();
    for (let index = 0; index < this.#count; index++) {
      const cve = at(this.#touched, index);
      this.#tell(seen, cve);
      if (!simple || at(this.#tangled, cve) === 1) untangle(seen, members, { doubts, absences });
      visit(seen);
    }
  }

  #meet(member: Member, list: CompiledList, row: number): void {
    const first = at(list.first, row);
    const gone = at(list.gone, row);
    const begin = Math.max(member.begin, first);
    const end = Math.min(member.end, gone);
    if (begin >= end) {
      const point = begin === end && holds(member.begin, member.end, begin) && holds(first, gone, begin);
      if (!point) return;
    }
    const cve = at(list.cves, row);
    const from = first <= list.assessed ? member.begin : begin;
    if (at(this.#met, cve) !== this.#pool) this.#begins(cve, from, begin);
    else if (from < at(this.#from, cve)) this.#tangled[cve] = 1;
    else if (from > at(this.#end, cve)) {
      this.#episodes[cve] = at(this.#episodes, cve) + 1;
      this.#from[cve] = from;
      this.#begin[cve] = begin;
      this.#end[cve] = end;
    } else this.#begin[cve] = Math.min(at(this.#begin, cve), begin);
    this.#end[cve] = Math.max(at(this.#end, cve), end);
    const standing = at(list.standing, row);
    this.#standingEver[cve] = Math.min(at(this.#standingEver, cve), standing);
    if (end === NEVER) this.#isThere(cve, member.nodes, { list, row });
    if (at(this.#episodes, cve) === 1) this.#first[cve] = at(this.#begin, cve);
  }

  #begins(cve: number, from: number, begin: number): void {
    this.#touched[this.#count++] = cve;
    this.#met[cve] = this.#pool;
    this.#from[cve] = from;
    this.#begin[cve] = begin;
    this.#end[cve] = begin;
    this.#episodes[cve] = 1;
    this.#tangled[cve] = 0;
    this.#nodes[cve] = 0;
    this.#standingNow[cve] = NEVER;
    this.#standingEver[cve] = NEVER;
    this.#used[cve] = 0;
    this.#unused[cve] = 0;
    this.#concerned[cve] = 0;
  }

  #isThere(cve: number, nodes: number, { list, row }: { list: CompiledList; row: number }): void {
    const traits = at(list.traits, row);
    this.#nodes[cve] = at(this.#nodes, cve) + nodes;
    if ((traits & TRAITS.inUse) !== 0) this.#used[cve] = at(this.#used, cve) | traits;
    else this.#unused[cve] = at(this.#unused, cve) | traits;
    // What exempts the finding covers the list that stands for it, whose severity it has.
    if (at(list.concerned, row) === 1) this.#concerned[cve] = 1;
    this.#standingNow[cve] = Math.min(at(this.#standingNow, cve), at(list.standing, row));
  }

  #tell(seen: Seen, cve: number): void {
    const now = at(this.#standingNow, cve);
    seen.cve = cve;
    seen.open = at(this.#end, cve) === NEVER;
    seen.reopened = at(this.#episodes, cve) > 1;
    seen.firstSeen = at(this.#first, cve);
    seen.since = at(this.#begin, cve);
    seen.nodes = at(this.#nodes, cve);
    seen.standing = now === NEVER ? at(this.#standingEver, cve) : now;
    seen.traits = joinedTraits(at(this.#used, cve), at(this.#unused, cve));
    seen.concerned = at(this.#concerned, cve) === 1;
  }
}

/** Makes the times of a CVE of all of its stays together. */
function untangle(
  seen: Seen,
  members: readonly Member[],
  { doubts, absences }: { readonly doubts: readonly Stay[]; readonly absences: readonly Span[] },
): void {
  const stays: Stay[] = [...doubts];
  let used = 0;
  let unused = 0;
  for (const { list, row, stay } of staysOf(members, seen.cve)) {
    stays.push(stay);
    const traits = at(list.traits, row);
    if ((traits & TRAITS.inUse) !== 0) used |= traits;
    else unused |= traits;
  }
  const episodes = episodesOf(stays, absences);
  const last = episodes.at(-1);
  seen.firstSeen = episodes[0]?.begin ?? seen.firstSeen;
  seen.since = last?.begin ?? seen.since;
  seen.reopened = episodes.length > 1;
  const there = seen.open;
  seen.open = last?.end === NEVER;
  if (!seen.open || there) return;
  // Only held open by lists of which nothing is known: it counts as what it was last.
  seen.traits = joinedTraits(used, unused);
  seen.concerned = true;
}

/** Where a CVE is or was in a pool: what is there now, else all that was. */
export function placesIn(members: readonly Member[], cve: number): readonly StoredListFinding[] {
  const all = staysOf(members, cve);
  const current = all.filter(({ stay }) => stay.end === NEVER);
  return (current.length > 0 ? current : all).flatMap(({ list, row }) => list.rows[row] ?? []);
}

function staysOf(members: readonly Member[], cve: number) {
  const stays: { readonly list: CompiledList; readonly row: number; readonly stay: Stay }[] = [];
  for (const member of members) {
    const { list } = member;
    if (list === null) continue;
    const [from, to] = rowsOf(list, cve);
    for (let row = from; row < to; row++) {
      const found = { begin: at(list.first, row), end: at(list.gone, row) };
      const stay = stayOf(member, found, list.assessed);
      if (stay !== null) stays.push({ list, row, stay });
    }
  }
  return stays;
}

function holds(begin: number, end: number, instant: number): boolean {
  return instant < end || begin === end;
}

function unseen(): Seen {
  return {
    cve: 0,
    open: false,
    reopened: false,
    firstSeen: 0,
    since: 0,
    nodes: 0,
    standing: 0,
    traits: 0,
    concerned: false,
  };
}

/** A number of an array that has one there. */
export function at(numbers: Float64Array | Int32Array | Uint8Array, index: number): number {
  return numbers[index] as number;
}
