import { createHash } from 'node:crypto';
import type { ListAssessment, ListFinding } from '../../model/recommendation.ts';
import { among, parts } from '../database/bulk.ts';
import type { Session } from '../database/types.ts';
import { upsert } from '../database/upsert.ts';
import type { ListChange } from '../findings-types.ts';
import { laterOf, listKeys } from './keys.ts';
import { hashOf, packOccurrences } from './occurrences.ts';
import type { ListFindingRow } from './tables.ts';

/** A finding as it is stored, but for the key of its occurrences. */
interface Packed {
  readonly severity: string;
  /** Of its set of occurrences. */
  readonly hash: string;
}

/** Writes assessments. It remembers which sets of occurrences are stored: it lives no longer than its transaction. */
export class Assessor {
  readonly #session: Session;
  readonly #sets = new Map<string, number>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** Writes what differs from the assessment before. @throws RangeError where the inventory does not have the list */
  async put(assessment: ListAssessment): Promise<ListChange> {
    const { list, at, findings } = assessment;
    const software = (await listKeys(this.#session, [list])).get(list) ?? Number.NaN;
    const bodies = new Map<string, string>();
    const found = new Map(findings.map((each) => [each.cve, pack(each, bodies)]));
    const hash = hashOfAll(found);
    if ((await this.#begin(software, assessment)) === hash) return { appeared: 0, gone: 0 };
    await this.#putSets(bodies);
    const change = await this.#putDifferences({ software, at }, found);
    const { db } = this.#session;
    await db.updateTable('assessment').set({ hash }).where('software', '=', software).execute();
    return change;
  }

  /** @returns the hash of what the assessment before found; empty where there was none */
  async #begin(software: number, { revision, at, gaps }: ListAssessment): Promise<string> {
    const told = { revision, at, gaps: JSON.stringify(gaps) };
    const { hash } = await this.#session.db
      .insertInto('assessment')
      .values({ software, ...told, first_at: at, hash: '' })
      .onConflict((conflict) => conflict.column('software').doUpdateSet(told))
      .returning('hash')
      .executeTakeFirstOrThrow();
    return hash;
  }

  async #putDifferences(
    { software, at }: { readonly software: number; readonly at: string },
    found: ReadonlyMap<string, Packed>,
  ): Promise<ListChange> {
    const rows = await this.#session.db
      .selectFrom('list_finding')
      .selectAll()
      .where('software', '=', software)
      .orderBy('episode')
      .execute();
    const last = new Map(rows.map((row) => [row.cve, row]));
    const changed: ListFindingRow[] = [];
    const change = { appeared: 0, gone: 0 };
    for (const [cve, { severity, hash }] of found) {
      const occurrences = this.#sets.get(hash) ?? Number.NaN;
      const before = last.get(cve);
      last.delete(cve);
      if (before?.gone === null) {
        if (before.severity !== severity || before.occurrences !== occurrences)
          changed.push({ ...before, severity, occurrences });
        continue;
      }
      change.appeared++;
      const episode = (before?.episode ?? 0) + 1;
      const first_seen = laterOf(at, before?.gone);
      changed.push({ software, cve, episode, severity, occurrences, first_seen, gone: null });
    }
    for (const before of last.values()) {
      if (before.gone !== null) continue;
      change.gone++;
      changed.push({ ...before, gone: laterOf(at, before.first_seen) });
    }
    await upsert(this.#session, { table: 'list_finding', key: ['software', 'cve', 'episode'] }, changed);
    return change;
  }

  async #putSets(bodies: ReadonlyMap<string, string>): Promise<void> {
    const missing = [...bodies].flatMap(([hash, body]) => (this.#sets.has(hash) ? [] : [{ hash, body }]));
    for (const part of parts(missing)) {
      await this.#session.db
        .insertInto('occurrence_set')
        .values(part)
        .onConflict((conflict) => conflict.column('hash').doNothing())
        .execute();
      const hashes = part.map(({ hash }) => hash);
      const rows = await this.#session.db
        .selectFrom('occurrence_set')
        .select(['key', 'hash'])
        .where(among(this.#session, 'hash', hashes))
        .execute();
      for (const { key, hash } of rows) this.#sets.set(hash, key);
    }
  }
}

function pack({ cve, severity, occurrences }: ListFinding, bodies: Map<string, string>): Packed {
  const body = packOccurrences(occurrences, cve);
  const hash = hashOf(body);
  bodies.set(hash, body);
  return { severity, hash };
}

function hashOfAll(found: ReadonlyMap<string, Packed>): string {
  const hash = createHash('sha256');
  for (const cve of [...found.keys()].sort()) {
    const finding = found.get(cve);
    hash.update(`${cve}\n${finding?.severity}\n${finding?.hash}\n`);
  }
  return hash.digest('base64url');
}
