/** The store: everything that is known of the fleet, its vulnerabilities and the decisions about them. */
export { type DumpOptions, dumpStore } from './backup/dump.ts';
export { restoreStore } from './backup/restore.ts';
export type {
  Computed,
  CveFilter,
  ListChange,
  Page,
  Paged,
  RecommendationFilter,
} from './findings-types.ts';
export type { AuditFilter } from './governance-types.ts';
export { openStore } from './open.ts';
export type {
  Changed,
  EvidenceAge,
  InventoryReader,
  InventoryWriter,
  Store,
  StoredSoftware,
  StorePlace,
  StoreReader,
  StoreWriter,
  Tally,
} from './types.ts';
