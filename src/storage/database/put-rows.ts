import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';
import { parts } from './bulk.ts';
import type { Session } from './types.ts';

/** A value of a column that is no blob. */
type Value = string | number | null;

/** A row by the names of its columns. */
export type Row = Readonly<Record<string, Value>>;

/** A table, and the columns that tell its rows apart. */
export interface Table {
  readonly table: keyof Schema;
  readonly key: readonly string[];
}

/**
 * Writes the rows that differ from those there are.
 * @param old the rows that the table has, or those of them that matter
 * @returns those of them that are not among `rows`
 */
export async function putRows<Old extends object>(
  session: Session,
  { old, ...table }: Table & { readonly old: readonly Old[] },
  rows: readonly object[],
): Promise<readonly Old[]> {
  const nameOf = (row: object): string => table.key.map((column) => (row as Row)[column]).join('\n');
  const left = new Map(old.map((row) => [nameOf(row), row]));
  const differing: object[] = [];
  for (const row of rows) {
    const name = nameOf(row);
    const before = left.get(name) as Row | undefined;
    left.delete(name);
    if (before === undefined || Object.entries(row).some(([column, value]) => value !== before[column]))
      differing.push(row);
  }
  await upsert(session, table, differing);
  return [...left.values()];
}

/** Writes rows, over those of the same key. */
export async function upsert({ db }: Session, { table, key }: Table, rows: readonly object[]): Promise<void> {
  const [first] = rows as readonly Row[];
  if (first === undefined) return;
  const others = Object.keys(first).filter((column) => !key.includes(column));
  // Which columns there are is only known by name here.
  const tables = db as unknown as Kysely<Record<string, Record<string, Value>>>;
  for (const part of parts(rows as readonly Row[]))
    await tables
      .insertInto(table)
      .values(part)
      .onConflict((conflict) =>
        conflict
          .columns([...key])
          .doUpdateSet((set) =>
            Object.fromEntries(others.map((column) => [column, set.ref(`excluded.${column}`)])),
          ),
      )
      .execute();
}
