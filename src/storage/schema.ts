import type { FindingsTables } from './findings/tables.ts';
import type { GovernanceTables } from './governance/tables.ts';
import type { InventoryTables } from './inventory/tables.ts';

/** All tables of the store. Instants and JSON are text, what is true or not is 1 or 0, on either database. */
export interface Schema extends InventoryTables, FindingsTables, GovernanceTables {}
