import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { isBusy } from './sqlite-errors.ts';

/** Statements that a connection keeps prepared. */
const MAX_STATEMENTS = 200;
/** Connections that are kept open when nobody uses them. */
const MAX_IDLE = 4;
/** How often a database that another process writes to is looked at again. */
const RETRY_MS = 20;

/** How the connections of a dialect are made and begin their transactions. */
export interface SqliteOptions {
  readonly open: () => DatabaseSync;
  readonly begin: 'begin' | 'begin immediate';
  /** How long a transaction waits for its begin while another process writes, in milliseconds. */
  readonly patience: number;
}

/** Kysely's dialect over `node:sqlite`, with as many connections as are used at a time. */
export function sqliteDialect(options: SqliteOptions): Dialect {
  return {
    createAdapter: () => new ManyConnections(),
    createDriver: () => new NodeSqliteDriver(options),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

/** Kysely's own adapter would let only one query or transaction run at a time, and none any more once a file did not open. */
class ManyConnections extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

class NodeSqliteDriver implements Driver {
  readonly #options: SqliteOptions;
  readonly #idle: SqliteConnection[] = [];
  #destroyed = false;

  constructor(options: SqliteOptions) {
    this.#options = options;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SqliteConnection> {
    return this.#idle.pop() ?? new SqliteConnection(this.#options.open());
  }

  async releaseConnection(connection: SqliteConnection): Promise<void> {
    // One whose transaction could not be ended would begin no other.
    const usable = !this.#destroyed && !connection.database.isTransaction;
    if (usable && this.#idle.length < MAX_IDLE) this.#idle.push(connection);
    else connection.database.close();
  }

  async beginTransaction(connection: SqliteConnection): Promise<void> {
    const until = performance.now() + this.#options.patience;
    for (;;) {
      try {
        connection.database.exec(this.#options.begin);
        return;
      } catch (thrown) {
        if (!isBusy(thrown) || performance.now() >= until) throw thrown;
      }
      // SQLite's own wait would hold up everything else that this process does.
      await sleep(RETRY_MS);
    }
  }

  async commitTransaction({ database }: SqliteConnection): Promise<void> {
    database.exec('commit');
  }

  async rollbackTransaction({ database }: SqliteConnection): Promise<void> {
    // SQLite has done it by itself where the disk was full or could not be read.
    if (database.isTransaction) database.exec('rollback');
  }

  async destroy(): Promise<void> {
    this.#destroyed = true;
    for (const { database } of this.#idle.splice(0)) database.close();
  }
}

interface Prepared {
  readonly statement: StatementSync;
  readonly returnsRows: boolean;
}

class SqliteConnection implements DatabaseConnection {
  readonly database: DatabaseSync;
  /** In the order of their last use. */
  readonly #prepared = new Map<string, Prepared>();

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { statement, returnsRows } = this.#prepare(sql);
    const values = parameters as SQLInputValue[];
    if (returnsRows) return { rows: statement.all(...values) as R[] };
    return { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) };
  }

  async *streamQuery<R>({ sql, parameters }: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    // A statement of its own: the same one may be run again before this one has ended.
    const rows = this.database.prepare(sql).iterate(...(parameters as SQLInputValue[]));
    for (const row of rows) yield { rows: [row as R] };
  }

  #prepare(sql: string): Prepared {
    let prepared = this.#prepared.get(sql);
    if (prepared === undefined) {
      const statement = this.database.prepare(sql);
      prepared = { statement, returnsRows: statement.columns().length > 0 };
      const [oldest] = this.#prepared.keys();
      if (this.#prepared.size >= MAX_STATEMENTS && oldest !== undefined) this.#prepared.delete(oldest);
    } else {
      this.#prepared.delete(sql);
    }
    this.#prepared.set(sql, prepared);
    return prepared;
  }
}
