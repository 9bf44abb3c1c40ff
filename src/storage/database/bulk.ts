import { type SqlBool, sql } from 'kysely';
import { storable } from './text.ts';
import type { Session } from './types.ts';

/** Below SQLite's 32,766 and PostgreSQL's 65,535, and such that a statement is small enough to be kept prepared. */
const MAX_PARAMETERS = 4_000;

/**
 * Whether a column has one of these values, as one parameter whatever their number.
 * @param column `node.id`
 */
export function among(
  { dialect }: Pick<Session, 'dialect'>,
  column: string,
  values: Iterable<string> | Iterable<number>,
) {
  const all = [...values];
  const [first] = all;
  if (first === undefined) return sql<SqlBool>`1 = 0`;
  if (dialect === 'sqlite')
    return sql<SqlBool>`${sql.ref(column)} IN (SELECT value FROM json_each(${JSON.stringify(all)}))`;
  const type = typeof first === 'number' ? 'bigint' : 'text';
  return sql<SqlBool>`${sql.ref(column)} = ANY(${all}::${sql.raw(type)}[])`;
}

/** Rows in parts that fit into one statement each. All rows have as many values. */
export function* parts<Row extends object>(rows: readonly Row[]): Generator<readonly Row[]> {
  const [first] = rows;
  if (first === undefined) return;
  const size = Math.max(1, Math.floor(MAX_PARAMETERS / Object.keys(first).length));
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size);
}

/** `(…), (…)` behind VALUES. As a table, its columns are `column1`, `column2`, … on both databases. */
export function tuples(rows: readonly (readonly unknown[])[]) {
  return sql.join(rows.map((row) => sql`(${sql.join(row.map(storable))})`));
}
