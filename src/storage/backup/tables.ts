import { sql } from 'kysely';
import type { Session } from '../database/types.ts';
import type { Schema } from '../schema.ts';

/** How the rows of a table are kept in a backup. */
export interface Kept {
  /** Columns of its primary key: its rows are written in their order. */
  readonly key: readonly string[];
  /** Columns that hold bytes. */
  readonly bytes: readonly string[];
  /** The column that the database counts up; null where there is none. */
  readonly counted: string | null;
}

/** A table of which everything is kept. `meta` is not one: each store has its own. */
export type KeptTable = Exclude<keyof Schema, 'meta'>;

const counted = (bytes: readonly string[] = [], key = 'key'): Kept => ({ key: [key], bytes, counted: key });
const keyed = (...key: string[]): Kept => ({ key, bytes: [], counted: null });

/** All of them, each behind those that its rows refer to. */
export const KEPT: Readonly<Record<KeptTable, Kept>> = {
  subscription: counted(),
  cluster: counted(),
  pool: counted(),
  node: counted(),
  software: counted(['body']),
  reading: counted(['hash']),
  evidence: keyed('node', 'source'),
  scan_failure: keyed('node'),
  enablement: keyed('scope'),
  sync: counted([], 'id'),
  assessment: keyed('software'),
  occurrence_set: counted(),
  list_finding: keyed('software', 'cve', 'episode'),
  pool_list: keyed('pool', 'software', 'episode'),
  candidate: keyed('pool', 'role', 'episode'),
  vulnerability: keyed('cve'),
  recommendation: keyed('id'),
  cve_rollup: keyed('scope', 'cve'),
  score: keyed('scope', 'day'),
  computation: keyed('one'),
  exemption: keyed('id'),
  owner_rule: keyed('id'),
  policy: keyed('one'),
  audit_head: keyed('one'),
  audit_event: keyed('sequence'),
  delivery: keyed('id'),
  told: keyed('channel', 'name'),
  task: keyed('name'),
};

/** The names of all tables of the store with those of their columns, sorted, as the database has them. */
export async function columnsOf({ dialect, db }: Session): Promise<ReadonlyMap<string, readonly string[]>> {
  const query =
    dialect === 'sqlite'
      ? sql<Column>`SELECT m.name AS "table", c.name AS "column"
          FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'`
      : sql<Column>`SELECT table_name AS "table", column_name AS "column"
          FROM information_schema.columns WHERE table_schema = current_schema()`;
  const rows = (await query.execute(db)).rows;
  return new Map(
    [...Map.groupBy(rows, ({ table }) => table)].map(([table, columns]) => [
      table,
      columns.map(({ column }) => column).sort(),
    ]),
  );
}

interface Column {
  readonly table: string;
  readonly column: string;
}
