import { join } from 'node:path';
import { openStore, type StorePlace } from '../../storage/index.ts';
import type { Workspace } from '../workspace.ts';
import type { Fleet } from './types.ts';

const INVENTORY = 'inventory.db';

/** Where a fleet is kept. */
export interface OpenOptions {
  /** Makes the store where there is none. */
  readonly create: boolean;
  /** The setting `storage.url`; null for a file in the data folder. */
  readonly url: string | null;
  /** Whether the data folder is a sandbox's: what is simulated is never mixed with what is real. */
  readonly sandbox: boolean;
}

/**
 * The fleet of a data folder, or of the database that processes share.
 * @throws NodewardError store-missing, store-unusable, store-busy, store-failed, file-unwritable
 */
export async function openFleet(
  known: Omit<Fleet, 'store'>,
  { create, url, sandbox }: OpenOptions,
): Promise<Fleet> {
  return { store: await openStore(storePlace(known.workspace, url), { create, sandbox }), ...known };
}

/** Where the store of a data folder is. @param url the setting `storage.url` */
export function storePlace({ paths }: Workspace, url: string | null): StorePlace {
  return url === null ? { path: join(paths.dataDir, INVENTORY) } : { url };
}
