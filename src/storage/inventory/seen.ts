import { sql } from 'kysely';
import { among } from '../database/bulk.ts';
import type { Session } from '../database/types.ts';
import { upsert } from '../database/upsert.ts';

/** Tables of what is seen again and again. */
export type SeenTable = 'subscription' | 'cluster' | 'pool' | 'node';

type Value = string | number | null;

/** What is said of each row, by its id and then by column. All have the same columns. */
export type SeenValues = ReadonlyMap<string, Readonly<Record<string, Value>>>;

/** What putting rows came to: their ids. What was gone and is there again was added; the rest was as it is. */
export interface Put {
  readonly added: readonly string[];
  readonly changed: readonly string[];
}

/**
 * Puts rows: they keep when they were first seen, and are written only where they differ. Costs two statements for any
 * number of rows that can be read at once, not one for each.
 */
export async function putSeen(
  session: Session,
  table: SeenTable,
  { values, at }: { readonly values: SeenValues; readonly at: string },
): Promise<Put> {
  const [first] = values.values();
  if (first === undefined) return { added: [], changed: [] };
  const columns = Object.keys(first);
  const names = sql.join(columns.map((column) => sql.ref(column)));
  const find = sql<Record<string, Value>>`SELECT id, gone, ${names} FROM ${sql.table(table)}
    WHERE ${among(session, 'id', values.keys())}`;
  const before = new Map((await find.execute(session.db)).rows.map((row) => [row.id, row]));
  const added: string[] = [];
  const changed: string[] = [];
  for (const [id, said] of values) {
    const row = before.get(id);
    if (row === undefined || row.gone !== null) added.push(id);
    else if (columns.some((column) => row[column] !== said[column])) changed.push(id);
  }
  const rows = [...added, ...changed].map((id) => ({
    id,
    first_seen: at,
    last_seen: at,
    gone: null,
    ...values.get(id),
  }));
  await upsert(session, { table, key: ['id'], keep: ['first_seen'] }, rows);
  return { added, changed };
}

/**
 * The keys of rows, there or gone, by their ids.
 * @throws RangeError where one was not put before
 */
export async function keysOf(
  session: Session,
  table: SeenTable,
  ids: Iterable<string>,
): Promise<(id: string) => number> {
  const wanted = new Set(ids);
  const find = sql<{ id: string; key: number }>`SELECT id, key FROM ${sql.table(table)}
    WHERE ${among(session, 'id', wanted)}`;
  const keys = new Map((await find.execute(session.db)).rows.map(({ id, key }) => [id, key]));
  return (id) => {
    const key = keys.get(id);
    if (key === undefined) throw new RangeError(`${id} was not put before`);
    return key;
  };
}
