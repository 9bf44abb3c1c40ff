import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { NodewardError } from '../../base/errors.ts';
import type { Inventory } from '../types.ts';
import { storageError } from './errors.ts';
import { SqliteInventory } from './inventory.ts';
import { migrate } from './migrations.ts';

/** How long to wait for another process that is writing. Its transactions are short. */
const BUSY_MS = 10_000;

/**
 * Opens the inventory in a file, and brings it to the layout of this program.
 * @param options.create makes the file, and its folder, where there is none
 * @throws NodewardError store-missing, store-unusable (damaged, of another kind, or of a newer layout),
 *   store-busy, file-unwritable
 */
export function openInventory(path: string, options: { readonly create: boolean }): Inventory {
  if (!existsSync(path)) {
    if (!options.create) throw new NodewardError('store-missing', `${path} is not there yet`);
    makeFolder(path);
  }
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path, { timeout: BUSY_MS, enableForeignKeyConstraints: true });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384');
    migrate(database, path);
    return new SqliteInventory(database, path);
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
