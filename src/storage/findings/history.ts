import type { Severity } from '../../model/advisory.ts';
import type {
  Candidate,
  CandidateRole,
  PoolHistory,
  PoolList,
  StoredListFinding,
} from '../../model/recommendation.ts';
import { among } from '../database/bulk.ts';
import type { Session } from '../database/types.ts';
import { OccurrenceSet } from './occurrences.ts';

/** Lists whose findings are read at a time. */
const LISTS = 20;

/** What nodes of pools had and could have; all pools where null. `only` leaves all CVEs out but one. */
export async function readHistory(
  session: Session,
  pools: readonly string[] | null,
  only?: string,
): Promise<PoolHistory> {
  const lists = await readPoolLists(session, pools);
  const candidates = await readCandidates(session, pools);
  const named = new Set(lists.map(({ list }) => list));
  for (const { list } of candidates) if (list !== null) named.add(list);
  const rows = await session.db
    .selectFrom('assessment')
    .innerJoin('software', 'software.key', 'assessment.software')
    .select(['software', 'digest', 'first_at'])
    .where(among(session, 'digest', named))
    .orderBy('digest')
    .execute();
  return {
    pools: lists,
    candidates,
    findings: await readFindings(session, rows, only),
    assessed: new Map(rows.map(({ digest, first_at }) => [digest, first_at])),
  };
}

async function readPoolLists(session: Session, pools: readonly string[] | null): Promise<PoolList[]> {
  const rows = await session.db
    .selectFrom('pool_list')
    .innerJoin('software', 'software.key', 'pool_list.software')
    .select(['pool', 'digest as list', 'nodes', 'since', 'until'])
    .$if(pools !== null, (query) => query.where(among(session, 'pool', pools ?? [])))
    .orderBy('pool')
    .orderBy('digest')
    .orderBy('episode')
    .execute();
  return rows.map((row) => ({ ...row }));
}

async function readCandidates(session: Session, pools: readonly string[] | null): Promise<Candidate[]> {
  const rows = await session.db
    .selectFrom('candidate')
    .leftJoin('software', 'software.key', 'candidate.software')
    .select(['pool', 'role', 'image', 'digest as list', 'since', 'until'])
    .$if(pools !== null, (query) => query.where(among(session, 'pool', pools ?? [])))
    .orderBy('pool')
    .orderBy('role')
    .orderBy('episode')
    .execute();
  return rows.map((row) => ({ ...row, role: row.role as CandidateRole }));
}

async function readFindings(
  session: Session,
  lists: readonly { readonly software: number; readonly digest: string }[],
  only: string | undefined,
): Promise<ReadonlyMap<string, readonly StoredListFinding[]>> {
  const findings = new Map<number, StoredListFinding[]>(lists.map(({ software }) => [software, []]));
  const sets = new OccurrenceSets(session);
  const texts = new Texts();
  for (let at = 0; at < lists.length; at += LISTS) {
    const keys = lists.slice(at, at + LISTS).map(({ software }) => software);
    const rows = await session.db
      .selectFrom('list_finding')
      .select(['software', 'cve', 'severity', 'occurrences', 'first_seen', 'gone'])
      .where(among(session, 'software', keys))
      .$if(only !== undefined, (query) => query.where('cve', '=', only ?? ''))
      .orderBy('software')
      .orderBy('cve')
      .orderBy('episode')
      .execute();
    await sets.load(new Set(rows.map(({ occurrences }) => occurrences)));
    for (const row of rows) {
      const cve = texts.one(row.cve);
      findings.get(row.software)?.push({
        cve,
        severity: texts.one(row.severity) as Severity,
        occurrences: sets.get(row.occurrences).of(cve),
        firstSeen: texts.one(row.first_seen),
        gone: row.gone === null ? null : texts.one(row.gone),
      });
    }
  }
  return new Map(lists.map(({ software, digest }) => [digest, findings.get(software) ?? []]));
}

/** The sets of occurrences that were needed so far. */
class OccurrenceSets {
  readonly #session: Session;
  readonly #sets = new Map<number, OccurrenceSet>();

  constructor(session: Session) {
    this.#session = session;
  }

  async load(keys: ReadonlySet<number>): Promise<void> {
    const missing = [...keys].filter((key) => !this.#sets.has(key));
    if (missing.length === 0) return;
    const rows = await this.#session.db
      .selectFrom('occurrence_set')
      .select(['key', 'body'])
      .where(among(this.#session, 'key', missing))
      .execute();
    for (const { key, body } of rows) this.#sets.set(key, new OccurrenceSet(body));
  }

  get(key: number): OccurrenceSet {
    const set = this.#sets.get(key);
    if (set === undefined) throw new RangeError(`no set of occurrences ${key}`);
    return set;
  }
}

/** Each distinct text once: rows come with copies of the same few thousand. */
class Texts {
  readonly #known = new Map<string, string>();

  one(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    this.#known.set(text, text);
    return text;
  }
}
