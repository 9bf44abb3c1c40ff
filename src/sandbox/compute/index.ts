import type { Routes } from '../ports.ts';
import { blobRoutes } from './blobs/routes.ts';
import { diskRoutes } from './disk-routes.ts';
import { DiskStore } from './disks/store.ts';
import { machineRoutes } from './machine-routes.ts';
import { snapshotRoutes } from './snapshots/routes.ts';

export { diskSupport } from './disks/ext4.ts';

/** `Microsoft.Compute`: scale sets, virtual machines, OS disks, and snapshots that can be read through a SAS. */
export const computeRoutes: Routes = (app, core) => {
  const disks = new DiskStore(core);
  machineRoutes(app, core);
  diskRoutes(app, core);
  snapshotRoutes(app, core, disks);
  blobRoutes(app, core, disks);
};
