import type { DeleteResult } from 'kysely';
import type { Session } from '../database/types.ts';

/** Forgets what ended before an instant, and what is then left without use. @returns how many rows ended before it */
export async function forgetFindings({ db }: Session, before: string): Promise<number> {
  const ended = [
    db.deleteFrom('pool_list').where('until', '<', before),
    db.deleteFrom('candidate').where('until', '<', before),
    db.deleteFrom('list_finding').where('gone', '<', before),
    db.deleteFrom('score').where('day', '<', before.slice(0, 10)),
  ];
  let rows = 0;
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

function sum(results: readonly DeleteResult[]): number {
  return results.reduce((total, { numDeletedRows }) => total + Number(numDeletedRows), 0);
}
