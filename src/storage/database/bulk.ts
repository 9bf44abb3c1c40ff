import { type SqlBool, sql } from 'kysely';
import type { Session } from './types.ts';

/** Below SQLite's 32,766 and PostgreSQL's 65,535, and such that a statement is small enough to be kept prepared. */
const MAX_PARAMETERS = 4_000;

/**
 * Whether a column has one of these values, as one parameter whatever their number.
 * @param column `node.id`
 */
export function among<T extends string | number>(
  { dialect }: Pick<Session, 'dialect'>,
  column: string,
  values: Iterable<T>,
) {
  const all = [...values];
  if (dialect === 'sqlite')
    return sql<SqlBool>`${sql.ref(column)} IN (SELECT value FROM json_each(${JSON.stringify(all)}))`;
  const type = typeof all[0] === 'number' ? 'bigint' : 'text';
  return sql<SqlBool>`${sql.ref(column)} = ANY(${all}::${sql.raw(type)}[])`;
}

/** Rows in parts that fit into one statement each. All rows have the same columns. */
export function* parts<Row extends object>(rows: readonly Row[]): Generator<readonly Row[]> {
  const [first] = rows;
  if (first === undefined) return;
  const size = Math.max(1, Math.floor(MAX_PARAMETERS / Object.keys(first).length));
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size);
}

/** The columns of a row that conflicts with one that is there, as a new row has them. */
export function taken<Column extends string>(columns: readonly Column[]) {
  return Object.fromEntries(columns.map((column) => [column, sql.ref(`excluded.${column}`)])) as Record<Column, ReturnType<typeof sql.ref>>;
}
