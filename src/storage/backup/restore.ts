import { type Kysely, sql } from 'kysely';
import { NodewardError, reasonOf } from '../../base/errors.ts';
import { parts } from '../database/bulk.ts';
import type { Database, Session } from '../database/types.ts';
import { MIGRATIONS } from '../migrations/index.ts';
import { makeWithin, openDatabase } from '../open.ts';
import type { StorePlace } from '../types.ts';
import { BackupFile, type Line, malformed, read } from './file.ts';
import { FORMAT, type Header, RowSchema, TableSchema, TrailerSchema } from './format.ts';
import { columnsOf, KEPT, type Kept, type KeptTable } from './tables.ts';

/** Rows that are gathered before they are written, and the length of their lines together. */
const BATCH_ROWS = 1000;
const BATCH_BYTES = 4 << 20;

/** How a backup is restored. */
export interface RestoreOptions {
  readonly sandbox: boolean;
  readonly signal: AbortSignal;
  /** Told how many rows were restored so far. */
  readonly progress?: (rows: number) => void;
}

/** What a backup holds. */
export interface Restored extends Pick<Header, 'at' | 'version'> {
  readonly rows: number;
}

/**
 * Puts everything of a backup into a store, which must be empty or not there yet: all of it, or nothing.
 * @throws NodewardError as `openStore`; file-not-found, file-unreadable; input-malformed or input-too-large where it is no
 *   whole backup; store-unusable where it is of another layout, or of a sandbox or not; usage where the store is not empty
 */
export async function restoreStore(
  place: StorePlace,
  path: string,
  options: RestoreOptions,
): Promise<Restored> {
  const backup = new BackupFile(path);
  try {
    const header = await backup.header();
    checkHeader(header, { path, sandbox: options.sandbox });
    const database = openDatabase(place, { create: true });
    try {
      const rows = await database.writing.transaction().execute(async (db) => {
        await database.takeTurn(db);
        // In the same transaction, so that no store is there where the backup turns out to be none.
        await makeWithin(database, db, options.sandbox);
        return await new Restore({ dialect: database.dialect, db }, database, options).run(backup, header);
      });
      return { at: header.at, version: header.version, rows };
    } catch (thrown) {
      throw database.failure(thrown);
    } finally {
      await database.close();
    }
  } finally {
    await backup.close();
  }
}

function checkHeader(
  header: Header,
  { path, sandbox }: { readonly path: string; readonly sandbox: boolean },
): void {
  const refuse = (message: string, remedy: string): NodewardError =>
    new NodewardError('store-unusable', `${path} ${message}`, { place: path, remedy });
  const { version } = header;
  if (header.format > FORMAT || header.layout > MIGRATIONS.length)
    throw refuse(
      `was written by a newer Nodeward, ${version}`,
      'Restore it with that version or a newer one.',
    );
  if (header.layout < MIGRATIONS.length)
    throw refuse(
      `was written by an older Nodeward, ${version}`,
      'Restore it with that version; this one then brings the store up to date when it opens it.',
    );
  if (header.sandbox !== sandbox)
    throw refuse(
      sandbox ? 'is of a real fleet, and this is a sandbox' : 'is of the made-up fleet of a sandbox',
      'Restore it into a store of its own kind.',
    );
}

type Value = string | number | null | Uint8Array;
type Tables = Kysely<Record<string, Record<string, Value>>>;

/** One restore, inside its transaction. */
class Restore {
  readonly #session: Session;
  readonly #database: Database;
  readonly #options: RestoreOptions;
  #rows = 0;

  constructor(session: Session, database: Database, options: RestoreOptions) {
    this.#session = session;
    this.#database = database;
    this.#options = options;
  }

  async run(backup: BackupFile, { installation }: Header): Promise<number> {
    await this.#checkEmpty();
    const known = await columnsOf(this.#session);
    const counts: Record<string, number> = {};
    let line = await backup.next();
    for (const [name, kept] of Object.entries(KEPT)) {
      const { table, columns } = read(TableSchema, line?.value, backup.place);
      if (table !== name || columns.join() !== known.get(name)?.join())
        throw malformed(backup.place, `it has no table ${name} with the columns of this layout`);
      const before = this.#rows;
      line = await this.#putRows(backup, { name: name as KeptTable, kept, columns });
      await this.#countOn(name, kept);
      counts[name] = this.#rows - before;
    }
    const { rows, sha256 } = read(TrailerSchema, line?.value, backup.place);
    if (Object.entries(KEPT).some(([name]) => rows[name] !== counts[name]))
      throw malformed(backup.place, 'it does not have as many rows as it says');
    if ((await backup.next()) !== null) throw malformed(backup.place, 'something follows its end');
    if (backup.sha256() !== sha256) throw malformed(backup.place, 'its checksum is another one');
    const { db } = this.#session;
    await db.updateTable('meta').set({ value: installation }).where('name', '=', 'installation').execute();
    return this.#rows;
  }

  async #checkEmpty(): Promise<void> {
    for (const name of Object.keys(KEPT) as KeptTable[]) {
      const found = await this.#session.db.selectFrom(name).select(sql`1`.as('found')).limit(1).execute();
      if (found.length === 0) continue;
      throw new NodewardError('usage', `${this.#database.place} is not empty`, {
        place: this.#database.place,
        remedy: 'Restore into an empty database, or an empty folder with --data-dir.',
      });
    }
  }

  /** @returns the line behind the rows */
  async #putRows(
    backup: BackupFile,
    { name, kept, columns }: { name: KeptTable; kept: Kept; columns: readonly string[] },
  ): Promise<Line | null> {
    let batch: Record<string, Value>[] = [];
    let bytes = 0;
    for (;;) {
      const line = await backup.next();
      const over = !Array.isArray(line?.value);
      if (line !== null && !over) {
        batch.push(rowOf(line.value, { kept, columns, place: backup.place }));
        bytes += line.bytes;
      }
      if (over || batch.length === BATCH_ROWS || bytes > BATCH_BYTES) {
        this.#options.signal.throwIfAborted();
        await this.#insert(name, batch, backup.place);
        batch = [];
        bytes = 0;
      }
      if (over) return line;
    }
  }

  async #insert(name: KeptTable, rows: readonly Record<string, Value>[], place: string): Promise<void> {
    const tables = this.#session.db as unknown as Tables;
    for (const part of parts(rows)) {
      try {
        await tables.insertInto(name).values(part).execute();
      } catch (thrown) {
        const failure = this.#database.failure(thrown);
        if (failure instanceof NodewardError) throw failure;
        throw malformed(place, `rows of ${name} do not fit: ${reasonOf(thrown)}`);
      }
    }
    this.#rows += rows.length;
    if (rows.length > 0) this.#options.progress?.(this.#rows);
  }

  /** Lets PostgreSQL count on behind the keys that were restored; SQLite does so by itself. */
  async #countOn(name: string, { counted }: Kept): Promise<void> {
    const { db, dialect } = this.#session;
    if (counted === null || dialect === 'sqlite') return;
    const key = sql.ref(counted);
    await sql`SELECT setval(pg_get_serial_sequence(${name}, ${counted}), max(${key})) FROM ${sql.table(name)}
      HAVING max(${key}) IS NOT NULL`.execute(db);
  }
}

function rowOf(
  line: unknown,
  {
    kept,
    columns,
    place,
  }: { readonly kept: Kept; readonly columns: readonly string[]; readonly place: string },
): Record<string, Value> {
  // Before each of its values is looked at, of which a hostile row has millions.
  if (!Array.isArray(line) || line.length !== columns.length)
    throw malformed(place, 'a row has another number of values');
  const values = read(RowSchema, line, place);
  return Object.fromEntries(
    columns.map((column, index) => {
      const value = values[index] ?? null;
      if (!kept.bytes.includes(column)) return [column, value];
      if (typeof value !== 'string') throw malformed(place, `${column} has no bytes`);
      return [column, Buffer.from(value, 'base64')];
    }),
  );
}
