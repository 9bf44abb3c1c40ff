/** The use cases of the fleet: syncing it, looking at it, and saying what of it is assessed. */
export type { SyncOptions } from './context.ts';
export { setEnabled } from './enable.ts';
export { poolFindings } from './findings.ts';
export { forgetGone } from './forget.ts';
export { type OpenOptions, openFleet, storePlace } from './open.ts';
export { coverageRows } from './rows.ts';
export { importSbom } from './sbom.ts';
export { resolveScope } from './scopes.ts';
export {
  findClusters,
  readCluster,
  readDisk,
  refreshCluster,
  unreadDisks,
} from './steps.ts';
export { lockSync, syncFleet } from './sync.ts';
export type { Fleet, FleetRules } from './types.ts';
export { clusterViews, nodeDetail, nodeViews, poolViews } from './views.ts';
