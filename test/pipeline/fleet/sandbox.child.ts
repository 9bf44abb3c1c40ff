/** Syncs the fleet of a running sandbox with all its disks, until it is killed. */
import { createAks } from '../../../src/inventory/index.ts';
import { openFleet } from '../../../src/pipeline/fleet/index.ts';
import { SNAPSHOT_GROUP } from '../../../src/pipeline/sandbox-info.ts';
import { Workspace } from '../../../src/pipeline/workspace.ts';
import { TOKENS } from '../../../src/sandbox/index.ts';
import { SNAPSHOT } from '../../matching/support.ts';
import { RULES, sync } from './support.ts';

const [folder = '', endpoint = '', caFile = '', now = ''] = process.argv.slice(2);
const workspace = new Workspace({ dataDir: folder, snapshotDir: SNAPSHOT });
const clock = { now: () => new Date(now) };
const fleet = await openFleet(
  { workspace, clock, rules: { ...RULES, disks: 'all' } },
  { create: false, url: null, sandbox: true },
);
const { installation } = fleet.store;
const access = {
  workloads: false,
  endpoint,
  caFile,
  credential: { token: TOKENS.owner },
  subscriptions: [],
  installation,
};
await sync(fleet, createAks({ ...access, snapshotResourceGroup: SNAPSHOT_GROUP }));
