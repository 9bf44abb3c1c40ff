import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { NodewardError } from '../../base/errors.ts';
import type { Store, StorePlace } from '../types.ts';
import { storageError } from './errors.ts';
import { SqliteInventory } from './inventory.ts';
import { migrate } from './migrations.ts';
import { SqliteStore } from './store.ts';

/** How long to wait for another process that is writing. Its transactions are short. */
const BUSY_MS = 10_000;

/**
 * Opens a store, and brings it to the layout of this program.
 * @param options.create makes the file, and its folder, where there is none
 * @param options.sandbox whether what is in it is of a sandbox
 * @throws NodewardError store-missing, store-unusable (damaged, of another kind, or of a newer layout),
 *   store-busy, file-unwritable
 */
export async function openStore(
  place: StorePlace,
  options: { readonly create: boolean; readonly sandbox: boolean },
): Promise<Store> {
  if (!('path' in place)) throw new RangeError('PostgreSQL is not there yet');
  const { path } = place;
  if (!existsSync(path)) {
    if (!options.create) throw new NodewardError('store-missing', `${path} is not there yet`);
    makeFolder(path);
  }
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path, { timeout: BUSY_MS, enableForeignKeyConstraints: true });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384');
    migrate(database, path);
    return new SqliteStore(new SqliteInventory(database, path));
  } catch (thrown) {
    database?.close();
    throw storageError(thrown, path);
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (thrown) {
    throw new NodewardError('file-unwritable', `${dirname(path)} cannot be written`, { cause: thrown });
  }
}
