import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { NodewardError, reasonOf } from '../../base/errors.ts';
import type { RowChange } from './collection.ts';

/** `NWsb`: the state of a sandbox. */
const APPLICATION_ID = 0x4e57_7362;
const LAYOUT = 1;

/** What is stored as rows of one table. */
export interface StoredTable {
  readonly changed: boolean;
  changes(): Iterable<RowChange>;
  settle(): void;
  /** Takes in one row; rows come in ascending order. */
  load(row: number, value: unknown): void;
}

/** `sandbox.db`: one table of JSON rows for each collection. A commit is one transaction of what changed. */
export class Store {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #tables: readonly { table: StoredTable; write: StatementSync; remove: StatementSync }[];

  /**
   * Opens or makes the database and loads the tables from it.
   * @throws NodewardError file-unwritable, file-unreadable (damaged, or of another layout)
   */
  constructor(folder: string, tables: Readonly<Record<string, StoredTable>>) {
    this.#path = join(folder, 'sandbox.db');
    this.#database = openStore(this.#path, Object.keys(tables));
    try {
      this.#tables = Object.entries(tables).map(([name, table]) => {
        for (const row of this.#database.prepare(`SELECT row, body FROM ${name} ORDER BY row`).iterate())
          table.load(Number(row.row), JSON.parse(String(row.body)));
        return {
          table,
          write: this.#database.prepare(`INSERT OR REPLACE INTO ${name} (row, body) VALUES (?, ?)`),
          remove: this.#database.prepare(`DELETE FROM ${name} WHERE row = ?`),
        };
      });
    } catch (thrown) {
      this.#database.close();
      throw unusable(this.#path, reasonOf(thrown), thrown);
    }
  }

  get changed(): boolean {
    return this.#tables.some(({ table }) => table.changed);
  }

  /** Writes what changed, all of it or nothing. @throws NodewardError file-unwritable */
  commit(): void {
    const changed = this.#tables.filter(({ table }) => table.changed);
    if (changed.length === 0) return;
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      for (const { table, write, remove } of changed) {
        for (const { row, body } of table.changes()) {
          if (body === null) remove.run(row);
          else write.run(row, body);
        }
      }
      this.#database.exec('COMMIT');
    } catch (thrown) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw new NodewardError('file-unwritable', `${this.#path} cannot be written: ${reasonOf(thrown)}`, {
        cause: thrown,
      });
    }
    for (const { table } of changed) table.settle();
  }

  close(): void {
    this.#database.close();
  }
}

function openStore(path: string, names: readonly string[]): DatabaseSync {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(path);
  } catch (thrown) {
    throw new NodewardError('file-unwritable', `${path} cannot be opened`, { cause: thrown });
  }
  try {
    const id = database.prepare('PRAGMA application_id').get()?.application_id;
    const layout = database.prepare('PRAGMA user_version').get()?.user_version;
    const fresh = id === 0 && layout === 0;
    if (!fresh && id !== APPLICATION_ID) throw unusable(path, 'it is not the state of a sandbox', null);
    if (!fresh && layout !== LAYOUT)
      throw unusable(path, `it has layout ${layout}, this program reads layout ${LAYOUT}`, null);
    // NORMAL: a commit survives the death of the process, if not that of the machine's power. A sandbox needs no more.
    database.exec('PRAGMA journal_mode = wal; PRAGMA synchronous = normal; PRAGMA busy_timeout = 2000');
    if (fresh) {
      const tables = names.map(
        (name) => `CREATE TABLE ${name} (row INTEGER PRIMARY KEY, body TEXT NOT NULL)`,
      );
      const header = `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${LAYOUT}`;
      database.exec(`BEGIN; ${tables.join('; ')}; ${header}; COMMIT`);
    }
    return database;
  } catch (thrown) {
    database.close();
    if (thrown instanceof NodewardError) throw thrown;
    throw unusable(path, reasonOf(thrown), thrown);
  }
}

function unusable(path: string, reason: string, cause: unknown): NodewardError {
  return new NodewardError('file-unreadable', `${path} cannot be used: ${reason}`, {
    cause,
    remedy: 'Move its folder away; the sandbox then starts anew.',
  });
}
