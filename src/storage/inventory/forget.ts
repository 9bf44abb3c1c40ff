import { sql } from 'kysely';
import type { Session } from '../database/types.ts';

type Forgotten = 'subscription' | 'cluster' | 'pool' | 'node' | 'reading' | 'software';

/** Which tables name rows of others: a row that is named stays. What names a node goes with it. */
const NAMED_BY: Readonly<Record<Forgotten, readonly string[]>> = {
  node: [],
  pool: ['node'],
  cluster: ['pool', 'node'],
  subscription: ['cluster'],
  reading: ['evidence'],
  software: ['reading', 'pool_list', 'candidate'],
};

/** Tables that say, by its id, what a pool has or could have until a refresh ends that: only then it may go. */
const HAS = ['pool_list', 'candidate'];

/** Forgets what is gone since before an instant, and software lists that nothing names any more. @returns how many rows */
export async function forget({ db }: Session, before: string): Promise<number> {
  let rows = 0;
  for (const table of ['node', 'pool', 'cluster', 'subscription', 'reading', 'software'] as const) {
    const named = NAMED_BY[table].map(
      (by) =>
        sql`AND NOT EXISTS (SELECT 1 FROM ${sql.table(by)} WHERE ${sql.ref(`${by}.${table}`)} = ${sql.ref(`${table}.key`)})`,
    );
    const old = table === 'reading' || table === 'software' ? sql`1 = 1` : sql`gone < ${before}`;
    if (table === 'pool')
      for (const has of HAS)
        named.push(
          sql`AND NOT EXISTS (SELECT 1 FROM ${sql.table(has)} AS has WHERE has.pool = pool.id AND has.until IS NULL)`,
        );
    const query = sql`DELETE FROM ${sql.table(table)} WHERE ${old} ${sql.join(named, sql` `)}`;
    rows += Number((await query.execute(db)).numAffectedRows ?? 0);
  }
  return rows;
}
