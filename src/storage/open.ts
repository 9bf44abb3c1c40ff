import { randomUUID } from 'node:crypto';
import { NodewardError } from '../base/errors.ts';
import { openPostgres } from './database/postgres.ts';
import { openSqlite } from './database/sqlite.ts';
import type { Database } from './database/types.ts';
import { migrate } from './migrations/index.ts';
import { SqlStore } from './store.ts';
import type { Store, StorePlace } from './types.ts';

/** How a store is opened. */
export interface OpenOptions {
  /** Makes the store where there is none. */
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
  const database = 'path' in place ? openSqlite(place.path, options) : await openPostgres(place.url, options);
  try {
    await migrate(database);
    return { database, installation: await identify(database, options.sandbox) };
  } catch (thrown) {
    await database.close();
    throw database.failure(thrown);
  }
}

/**
 * Gives a new store its id and says whether it is of a sandbox; of one that is there, checks that.
 * @returns its id
 */
async function identify(database: Database, sandbox: boolean): Promise<string> {
  let known = await facts(database);
  if (!known.has('installation') || !known.has('sandbox')) {
    await database.writing.transaction().execute(async (db) => {
      await database.takeTurn(db);
      const rows = [
        { name: 'installation', value: randomUUID() },
        { name: 'sandbox', value: String(sandbox) },
      ];
      await db
        .insertInto('meta')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    });
    known = await facts(database);
  }
  if (known.get('sandbox') === String(sandbox)) return known.get('installation') ?? '';
  const { place } = database;
  const message = sandbox
    ? `${place} holds a real fleet, and this is a sandbox`
    : `${place} holds the made-up fleet of a sandbox`;
  const remedy = sandbox
    ? 'Leave storage.url out for the sandbox, or name a database of its own.'
    : 'Name another database with storage.url, or another folder with --data-dir; a sandbox is used through its own folder.';
  throw new NodewardError('store-unusable', message, { place, remedy });
}

async function facts(database: Database): Promise<ReadonlyMap<string, string>> {
  const rows = await database.writing.selectFrom('meta').selectAll().execute();
  return new Map(rows.map(({ name, value }) => [name, value]));
}
