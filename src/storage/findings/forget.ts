import { type DeleteResult, type SqlBool, sql } from 'kysely';
import { among } from '../database/bulk.ts';
import type { Session } from '../database/types.ts';

/**
 * Forgets what ended before an instant, and what is then left without use. What the life of a finding follows from that
 * lasts or ended later is kept: it would have begun at another time, be due at another one, and be told of again.
 * @returns how many rows ended before it
 */
export async function forgetFindings(session: Session, before: string): Promise<number> {
  const { db } = session;
  let rows = await forgetPoolLists(session, before);
  const ended = [
    // A fix was offered since the first finding began at the earliest.
    db
      .deleteFrom('candidate')
      .where('until', '<', before)
      .where(
        sql<SqlBool>`NOT EXISTS (SELECT 1 FROM pool_list
          WHERE pool_list.pool = candidate.pool AND pool_list.since <= candidate.until)`,
      ),
    db
      .deleteFrom('list_finding')
      .where('gone', '<', before)
      // Another list, or a later episode, may go on with what this one began.
      .where(
        sql<SqlBool>`cve IN (SELECT cve FROM list_finding WHERE gone < ${before}
          EXCEPT SELECT cve FROM list_finding WHERE gone IS NULL OR gone >= ${before})`,
      )
      // Lists that are not assessed yet may have any of them.
      .where(
        sql<SqlBool>`NOT EXISTS (SELECT 1 FROM pool_list LEFT JOIN assessment ON assessment.software = pool_list.software
          WHERE (until IS NULL OR until >= ${before}) AND assessment.software IS NULL)`,
      ),
    db.deleteFrom('score').where('day', '<', before.slice(0, 10)),
  ];
  for (const each of ended) rows += sum(await each.execute());
  await db
    .deleteFrom('occurrence_set')
    .where(
      'key',
      'in',
      // Not NOT IN, for which PostgreSQL reads all findings once for each set.
      db
        .selectFrom('occurrence_set')
        .select('key')
        .except(db.selectFrom('list_finding').select('occurrences as key')),
    )
    .execute();
  return rows;
}

/**
 * One list at a time: there are few, and pools that had the same one mostly have the same one now. Of each pool what ended
 * first goes first: without what came between two lists, it would seem that the pool had none then.
 */
async function forgetPoolLists(session: Session, before: string): Promise<number> {
  const { db } = session;
  const lists = await db
    .selectFrom('pool_list')
    .select('software')
    .distinct()
    .where('until', '<', before)
    .execute();
  const heirs = new Map<number, readonly number[]>();
  for (const { software } of lists) heirs.set(software, await heirsOf(session, software, before));
  let [rows, last] = [0, -1];
  while (rows > last) {
    last = rows;
    for (const [software, own] of heirs)
      rows += await forgetPoolList(session, { software, heirs: own }, before);
  }
  return rows;
}

async function forgetPoolList(
  session: Session,
  { software, heirs }: { readonly software: number; readonly heirs: readonly number[] },
  before: string,
): Promise<number> {
  const later = sql`later.pool = pool_list.pool AND (later.until IS NULL OR later.until >= ${before})`;
  const deleted = await session.db
    .deleteFrom('pool_list')
    .where('software', '=', software)
    .where('until', '<', before)
    .where(
      sql<SqlBool>`NOT EXISTS (SELECT 1 FROM pool_list AS later
        WHERE ${later} AND ${among(session, 'later.software', heirs)})`,
    )
    .where(
      sql<SqlBool>`NOT EXISTS (SELECT 1 FROM pool_list AS earlier
        WHERE earlier.pool = pool_list.pool AND earlier.until < pool_list.until)`,
    )
    .execute();
  return sum(deleted);
}

/** Lists with which pools went on that had this one, as far as they go on with a CVE of it or may do so. */
async function heirsOf({ db }: Session, software: number, before: string): Promise<readonly number[]> {
  const { rows } = await sql<{ key: number }>`
    SELECT next.key FROM (
      SELECT DISTINCT later.software AS key FROM pool_list AS own JOIN pool_list AS later ON later.pool = own.pool
      WHERE own.software = ${software} AND own.until < ${before} AND (later.until IS NULL OR later.until >= ${before})
    ) AS next
    WHERE EXISTS (SELECT 1 FROM list_finding AS own JOIN list_finding AS later ON later.cve = own.cve
        WHERE own.software = ${software} AND later.software = next.key AND (later.gone IS NULL OR later.gone >= ${before}))
      OR NOT EXISTS (SELECT 1 FROM assessment WHERE assessment.software = next.key)
      OR NOT EXISTS (SELECT 1 FROM assessment WHERE assessment.software = ${software})`.execute(db);
  return rows.map(({ key }) => key);
}

function sum(results: readonly DeleteResult[]): number {
  return results.reduce((total, { numDeletedRows }) => total + Number(numDeletedRows), 0);
}
