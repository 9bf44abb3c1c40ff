import { join } from 'node:path';
import { openInventory } from '../../storage/index.ts';
import type { Fleet } from './types.ts';

const INVENTORY = 'inventory.db';

/**
 * The fleet of a data folder.
 * @param options.create makes the inventory where there is none
 * @throws NodewardError store-missing, store-unusable, store-busy, file-unwritable
 */
export function openFleet(known: Omit<Fleet, 'inventory'>, options: { readonly create: boolean }): Fleet {
  const inventory = openInventory(join(known.workspace.paths.dataDir, INVENTORY), options);
  return { inventory, ...known };
}
