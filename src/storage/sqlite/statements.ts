import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

/** One row as SQLite gives it. */
export type Row = Record<string, unknown>;

/** The prepared statements of one connection, each prepared once. */
export class Statements {
  readonly database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  /** @returns how many rows it changed */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values);
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...values);
  }

  /** Row by row, with a statement of its own: several may be read at a time. */
  iterate(sql: string, ...values: SQLInputValue[]): Iterable<Row> {
    return this.database.prepare(sql).iterate(...values);
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}

/** What putting a row came to. */
export type Put = 'added' | 'changed' | 'same';

/** Rows that are seen again and again: they keep when they were first seen, and are written only where they differ. */
export class SeenTable {
  readonly #statements: Statements;
  readonly #find: string;
  readonly #insert: string;
  readonly #update: string;

  constructor(statements: Statements, name: string, columns: readonly string[]) {
    const list = columns.join(', ');
    const values = columns.map((_, index) => `?${index + 3}`).join(', ');
    this.#statements = statements;
    this.#find = `SELECT key, gone FROM ${name} WHERE id = ?`;
    this.#insert = `INSERT INTO ${name} (id, first_seen, last_seen, ${list}) VALUES (?1, ?2, ?2, ${values})`;
    this.#update = `UPDATE ${name} SET (last_seen, gone, ${list}) = (?2, NULL, ${values})
      WHERE key = ?1 AND ((${list}) IS NOT (${values}) OR gone IS NOT NULL)`;
  }

  /** @param values in the order of the columns */
  put(id: string, values: readonly SQLInputValue[], at: string): Put {
    const row = this.#statements.get(this.#find, id);
    if (row === undefined) {
      this.#statements.run(this.#insert, id, at, ...values);
      return 'added';
    }
    if (this.#statements.run(this.#update, Number(row.key), at, ...values) === 0) return 'same';
    return row.gone === null ? 'changed' : 'added';
  }

  /** The key of a row that is there or gone; null where there is none. */
  keyOf(id: string): number | null {
    const row = this.#statements.get(this.#find, id);
    return row === undefined ? null : Number(row.key);
  }
}
