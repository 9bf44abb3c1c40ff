/** The inventory: what is known of the fleet, in a file. */
export { openInventory } from './sqlite/open.ts';
export type { Changed, Inventory, InventoryWriter, StoredSoftware, Tally } from './types.ts';
