import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, sql } from 'kysely';
import { NodewardError } from '../../base/errors.ts';
import type { Schema } from '../schema.ts';
import { sqliteDialect } from './sqlite-driver.ts';
import { sqliteFailure } from './sqlite-errors.ts';
import type { Database } from './types.ts';

/** `NWfl`: a store of Nodeward. */
export const APPLICATION_ID = 0x4e57_666c;

/** How long a transaction waits for another process that is writing. */
const PATIENCE_MS = 30_000;
/** How long SQLite itself waits where it must, which holds up the process. */
const BUSY_MS = 100;
/** The same while a file is opened, which another process may be making. */
const OPENING_MS = 10_000;

/**
 * Opens a SQLite file. One connection writes, in SQLite's write-ahead log, so that others read what was before.
 * @param options.create makes the file, and its folder, where there is none
 * @throws NodewardError store-missing, store-unusable (damaged), store-busy, file-unwritable
 */
export function openSqlite(
  path: string,
  options: { readonly create: boolean; readonly patience?: number },
): Database {
  if (!existsSync(path)) {
    if (!options.create) throw new NodewardError('store-missing', `${path} is not there yet`);
    makeFolder(path);
  }
  const patience = options.patience ?? PATIENCE_MS;
  let closed = false;
  const open = (settings: string): DatabaseSync => {
    if (closed) throw new RangeError(`${path} was closed`);
    return connect(path, settings);
  };
  const writing = new Kysely<Schema>({
    dialect: sqliteDialect({ open: () => open(SETTINGS), begin: 'begin immediate', patience }),
  });
  const reading = new Kysely<Schema>({
    dialect: sqliteDialect({
      open: () => open(`${SETTINGS}; PRAGMA query_only = on`),
      begin: 'begin',
      patience,
    }),
  });
  return {
    dialect: 'sqlite',
    place: path,
    writing,
    reading,
    layout: async (db) => layoutOf((await sql.raw<Kind>(KIND).execute(db)).rows[0], path),
    found: async () => {},
    setLayout: async (db, layout) => {
      await sql.raw(`PRAGMA application_id = ${APPLICATION_ID}`).execute(db);
      await sql.raw(`PRAGMA user_version = ${layout}`).execute(db);
    },
    takeTurn: async () => {},
    now: async () => new Date(),
    failure: (thrown) => sqliteFailure(thrown, path),
    mayRetry: () => false,
    close: async () => {
      closed = true;
      await reading.destroy();
      await writing.destroy();
    },
  };
}

const SETTINGS = 'PRAGMA synchronous = FULL; PRAGMA cache_size = -16384';

function connect(path: string, settings: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: OPENING_MS, enableForeignKeyConstraints: true });
  try {
    // Before anything is set, which would change the file of another program.
    layoutOf(database.prepare(KIND).get() as unknown as Kind | undefined, path);
    database.exec(`PRAGMA journal_mode = WAL; ${settings}; PRAGMA busy_timeout = ${BUSY_MS}`);
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

interface Kind {
  readonly id: number;
  readonly layout: number;
  readonly tables: number;
}

const KIND = `SELECT (SELECT application_id FROM pragma_application_id) AS id,
  (SELECT user_version FROM pragma_user_version) AS layout, (SELECT count(*) FROM sqlite_schema) AS tables`;

function layoutOf(kind: Kind | undefined, path: string): number {
  const { id, layout, tables } = kind ?? { id: 0, layout: 0, tables: 1 };
  if (id === APPLICATION_ID || (id === 0 && layout === 0 && tables === 0)) return layout;
  throw new NodewardError('store-unusable', `${path} is not a store of Nodeward`, { place: path });
}

function makeFolder(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (thrown) {
    throw new NodewardError('file-unwritable', `${dirname(path)} cannot be written`, { cause: thrown });
  }
}
