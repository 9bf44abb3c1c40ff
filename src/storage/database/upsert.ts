import { CompiledQuery } from 'kysely';
import type { Schema } from '../schema.ts';
import { parts } from './bulk.ts';
import { storable } from './text.ts';
import type { Dialect, Session } from './types.ts';

/** A row by the names of its columns. */
export type Row = Readonly<Record<string, string | number | null | Uint8Array>>;

/** A table, and the columns that tell its rows apart. */
export interface Table {
  readonly table: keyof Schema;
  readonly key: readonly string[];
  /** Columns that a row keeps as they were when it is written again. */
  readonly keep?: readonly string[];
}

/**
 * Writes rows, over those of the same key where they differ. All have the same columns. It is a statement for many rows,
 * made without a node of a query for each of their values: there are millions of them.
 */
export async function upsert(
  { dialect, db }: Session,
  { table, key, keep = [] }: Table,
  rows: readonly object[],
): Promise<void> {
  const [first] = rows as readonly Row[];
  if (first === undefined) return;
  const columns = Object.keys(first);
  const taken = columns.filter((column) => !key.includes(column) && !keep.includes(column));
  const said = taken.map((column) => `excluded.${quoted(column)}`);
  const own = taken.map((column) => `${quoted(table)}.${quoted(column)}`);
  const conflict =
    taken.length === 0
      ? 'NOTHING'
      : `UPDATE SET ${taken.map((column, at) => `${quoted(column)} = ${said[at]}`).join(', ')}
        WHERE (${own.join(', ')}) IS DISTINCT FROM (${said.join(', ')})`;
  for (const part of parts(rows as readonly Row[])) {
    const text = `INSERT INTO ${quoted(table)} (${columns.map(quoted).join(', ')})
      VALUES ${placeholders(dialect, part.length, columns.length)}
      ON CONFLICT (${key.map(quoted).join(', ')}) DO ${conflict}`;
    const values = part.flatMap((row) => columns.map((column) => storable(row[column])));
    await db.executeQuery(CompiledQuery.raw(text, values));
  }
}

function quoted(name: string): string {
  return `"${name}"`;
}

function placeholders(dialect: Dialect, rows: number, columns: number): string {
  const row = (at: number): string => {
    const names = Array.from({ length: columns }, (_, column) =>
      dialect === 'sqlite' ? '?' : `$${at * columns + column + 1}`,
    );
    return `(${names.join(', ')})`;
  };
  return Array.from({ length: rows }, (_, at) => row(at)).join(', ');
}
