import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import { NodewardError } from '../base/errors.ts';
import { openPostgres } from './database/postgres.ts';
import { openSqlite } from './database/sqlite.ts';
import type { Database } from './database/types.ts';
import { migrate, migrateWithin } from './migrations/index.ts';
import type { Schema } from './schema.ts';
import { SqlStore } from './store.ts';
import type { Store, StorePlace } from './types.ts';

/** How a store is opened. */
export interface OpenOptions {
  /** Makes the store where there is none, also where the file or schema of one that was never made is. */
  readonly create: boolean;
  /** Whether what it holds is made up: a store is of a sandbox for good, or never. */
  readonly sandbox: boolean;
  /** How long to wait while another process writes, in milliseconds; without it long enough for any genuine writer. */
  readonly patience?: number;
}

/**
 * Opens a store, and brings it to the layout of this program.
 * @throws NodewardError store-missing, store-unusable (damaged, of another kind, of a newer layout, of a sandbox or not),
 *   store-busy, store-failed, file-unwritable
 */
export async function openStore(place: StorePlace, options: OpenOptions): Promise<Store> {
  const { database, installation } = await connect(place, options);
  return new SqlStore(database, installation);
}

/** The database of a store, of the newest layout. @throws NodewardError as `openStore` */
export async function connect(
  place: StorePlace,
  options: OpenOptions,
): Promise<{ readonly database: Database; readonly installation: string }> {
  const database = openDatabase(place, options);
  try {
    if (!options.create && (await database.layout(database.writing)) === 0)
      throw new NodewardError('store-missing', `${database.place} has no store of Nodeward yet`, {
        place: database.place,
      });
    await migrate(database);
    return { database, installation: await identify(database, options.sandbox) };
  } catch (thrown) {
    await database.close();
    throw database.failure(thrown);
  }
}

/** A database of any layout yet. @throws NodewardError config-invalid, store-missing, and as `openStore` */
export function openDatabase(place: StorePlace, options: Omit<OpenOptions, 'sandbox'>): Database {
  return 'path' in place ? openSqlite(place.path, options) : openPostgres(place.url, options);
}

/**
 * Gives a new store its id and says whether it is of a sandbox; of one that is there, checks that.
 * @returns its id
 */
async function identify(database: Database, sandbox: boolean): Promise<string> {
  let known = await facts(database.writing);
  if (!known.has('installation') || !known.has('sandbox')) {
    known = await database.writing.transaction().execute(async (db) => {
      await database.takeTurn(db);
      return await nameStore(db, sandbox);
    });
  }
  checkKind(database, known, sandbox);
  return known.get('installation') ?? '';
}

/** Makes a store of what is there, in a transaction that has its turn. @throws NodewardError as `openStore` */
export async function makeWithin(database: Database, db: Kysely<Schema>, sandbox: boolean): Promise<void> {
  await migrateWithin(database, db);
  checkKind(database, await nameStore(db, sandbox), sandbox);
}

type Facts = ReadonlyMap<string, string>;

/** Writes of a store what is not said of it yet. */
async function nameStore(db: Kysely<Schema>, sandbox: boolean): Promise<Facts> {
  const rows = [
    { name: 'installation', value: randomUUID() },
    { name: 'sandbox', value: String(sandbox) },
  ];
  await db
    .insertInto('meta')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return facts(db);
}

function checkKind({ place }: Database, known: Facts, sandbox: boolean): void {
  if (known.get('sandbox') === String(sandbox)) return;
  const message = sandbox
    ? `${place} holds a real fleet, and this is a sandbox`
    : `${place} holds the made-up fleet of a sandbox`;
  const remedy = sandbox
    ? 'Leave storage.url out for the sandbox, or name a database of its own.'
    : 'Name another database with storage.url, or another folder with --data-dir; a sandbox is used through its own folder.';
  throw new NodewardError('store-unusable', message, { place, remedy });
}

async function facts(db: Kysely<Schema>): Promise<Facts> {
  const rows = await db.selectFrom('meta').selectAll().execute();
  return new Map(rows.map(({ name, value }) => [name, value]));
}
