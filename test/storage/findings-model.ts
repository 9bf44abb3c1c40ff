/** What the store must hold of findings after any puts, in the simplest way. */
import type {
  Candidate,
  CandidateRole,
  ListAssessment,
  ListFinding,
  PoolHistory,
  PoolList,
  StoredListFinding,
} from '../../src/model/recommendation.ts';
import type { ListChange } from '../../src/storage/index.ts';

type Changing<T> = { -readonly [K in keyof T]: T[K] };

/** One change of the findings. */
export type Put =
  | { readonly assess: Omit<ListAssessment, 'gaps'> }
  | {
      readonly pool: string;
      readonly lists: readonly Pick<PoolList, 'list' | 'nodes'>[];
      readonly at: string;
    }
  | {
      readonly pool: string;
      readonly candidates: ReadonlyMap<CandidateRole, Pick<Candidate, 'image' | 'list'>>;
      readonly at: string;
    }
  | { readonly forget: string };

const later = (a: string, b: string | null | undefined): string =>
  b !== null && b !== undefined && b > a ? b : a;

export class FindingsModel {
  readonly lists = new Map<string, { revision: string; at: string; first: string }>();
  #findings: (Changing<StoredListFinding> & { readonly list: string })[] = [];
  #pools: Changing<PoolList>[] = [];
  #candidates: Changing<Candidate>[] = [];

  assess({ list, revision, at, findings }: Omit<ListAssessment, 'gaps'>): ListChange {
    this.lists.set(list, { revision, at, first: this.lists.get(list)?.first ?? at });
    const change = { appeared: 0, gone: 0 };
    const found = new Map(findings.map((each) => [each.cve, each]));
    for (const row of this.#findings) {
      if (row.list !== list || row.gone !== null || found.has(row.cve)) continue;
      row.gone = later(at, row.firstSeen);
      change.gone++;
    }
    for (const each of found.values()) change.appeared += this.#find(list, each, at);
    return change;
  }

  #find(list: string, found: ListFinding, at: string): number {
    const before = this.#findings.findLast((row) => row.list === list && row.cve === found.cve);
    if (before?.gone === null) {
      Object.assign(before, found);
      return 0;
    }
    this.#findings.push({ list, ...found, firstSeen: later(at, before?.gone), gone: null });
    return 1;
  }

  place(pool: string, lists: readonly Pick<PoolList, 'list' | 'nodes'>[], at: string): void {
    const now = new Map(lists.map(({ list, nodes }) => [list, nodes]));
    for (const row of this.#pools)
      if (row.pool === pool && row.until === null && !now.has(row.list)) row.until = later(at, row.since);
    for (const [list, nodes] of now) {
      const before = this.#pools.findLast((row) => row.pool === pool && row.list === list);
      if (before?.until === null) before.nodes = nodes;
      else this.#pools.push({ pool, list, nodes, since: later(at, before?.until), until: null });
    }
  }

  offer(
    pool: string,
    candidates: ReadonlyMap<CandidateRole, Pick<Candidate, 'image' | 'list'>>,
    at: string,
  ): void {
    for (const role of ['offered', 'newest'] as const) {
      const now = candidates.get(role);
      const before = this.#candidates.findLast((row) => row.pool === pool && row.role === role);
      const same = before?.until === null && before.image === now?.image && before.list === now.list;
      if (same) continue;
      if (before?.until === null) before.until = later(at, before.since);
      if (now !== undefined)
        this.#candidates.push({ pool, role, ...now, since: later(at, before?.until), until: null });
    }
  }

  forget(before: string): number {
    const kept = (end: string | null): boolean => end === null || end >= before;
    const count = (): number => this.#findings.length + this.#pools.length + this.#candidates.length;
    const all = count();
    const lasting = this.#findings.filter(({ gone }) => kept(gone));
    const goesOn = (list: string, later: string): boolean =>
      !this.lists.has(list) ||
      !this.lists.has(later) ||
      lasting.some(
        (one) => one.list === later && this.#findings.some((row) => row.list === list && row.cve === one.cve),
      );
    const later = this.#pools.filter(({ until }) => kept(until));
    const going = this.#pools.filter(({ pool, list }) =>
      later.some((each) => each.pool === pool && goesOn(list, each.list)),
    );
    // What came between two that are kept is kept too.
    this.#pools = this.#pools.filter(
      (one) =>
        kept(one.until) ||
        going.includes(one) ||
        going.some(({ pool, until }) => pool === one.pool && until !== null && until < (one.until ?? '')),
    );
    this.#candidates = this.#candidates.filter(
      ({ pool, until }) =>
        until === null ||
        kept(until) ||
        this.#pools.some((each) => each.pool === pool && each.since <= until),
    );
    const doubt = later.some(({ list }) => !this.lists.has(list));
    this.#findings = this.#findings.filter(
      ({ cve, gone }) => doubt || kept(gone) || lasting.some((each) => each.cve === cve),
    );
    return all - count();
  }

  history(only?: string): PoolHistory {
    const pools = this.#pools.toSorted((a, b) => order([a.pool, a.list], [b.pool, b.list]));
    const candidates = this.#candidates.toSorted((a, b) => order([a.pool, a.role], [b.pool, b.role]));
    const named = new Set([...pools, ...candidates].map(({ list }) => list ?? ''));
    const lists = [...this.lists.keys()].filter((list) => named.has(list)).sort();
    const findings = lists.map((own) => {
      const rows = this.#findings.filter(({ list, cve }) => list === own && cve === (only ?? cve));
      const sorted = rows.toSorted((a, b) => order([a.cve], [b.cve])).map(({ list: _, ...row }) => row);
      return [own, sorted] as const;
    });
    const assessed = new Map(lists.map((list) => [list, this.lists.get(list)?.first ?? '']));
    return { pools, candidates, findings: new Map(findings), assessed };
  }

  inUse(): ReadonlySet<string> {
    const now = [...this.#pools, ...this.#candidates].filter(({ until }) => until === null);
    return new Set(now.flatMap(({ list }) => (list === null ? [] : [list])));
  }
}

function order(a: readonly string[], b: readonly string[]): number {
  const [x, y] = [a.join('\n'), b.join('\n')];
  return x < y ? -1 : x > y ? 1 : 0;
}
