/** `nodeward run`, `run --once` or `worker` on the sandbox of a folder, with leases as short as they can be. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfiguration } from '../../../src/config/index.ts';
import type { Delivery } from '../../../src/model/governance.ts';
import { openFleet } from '../../../src/pipeline/fleet/index.ts';
import { openProviders } from '../../../src/pipeline/providers.ts';
import { SNAPSHOT_GROUP, sandboxInfo } from '../../../src/pipeline/sandbox-info.ts';
import {
  liveSandboxClock,
  periodsOf,
  runContinuously,
  type WorkSetup,
  workUntil,
} from '../../../src/pipeline/work/index.ts';
import { Workspace } from '../../../src/pipeline/workspace.ts';
import { SNAPSHOT } from '../../matching/support.ts';
import { RULES, SCAN_WORKER } from '../fleet/support.ts';

const [folder = '', role = '', url = '', disks = 'off'] = process.argv.slice(2);
const { settings } = await loadConfiguration({
  ...{ dataDir: folder, file: null, env: {}, flags: () => null },
  fixed: { providers: ['aks'], 'azure.snapshot-resource-group': SNAPSHOT_GROUP },
});
const workspace = new Workspace({ dataDir: folder, snapshotDir: SNAPSHOT });
const rules = { ...RULES, disks: disks === 'sample' ? ('sample' as const) : ('off' as const) };
const fleet = await openFleet(
  { workspace, clock: liveSandboxClock(folder), rules },
  { create: true, sandbox: true, url: url === '' ? null : url },
);
/** Everything that was told, as a receiver would write it down. */
const send = async ({ id, notices }: Delivery) => {
  appendFileSync(join(folder, 'told'), `${JSON.stringify({ id, keys: notices.map(({ key }) => key) })}\n`);
  return { outcome: 'sent', note: null } as const;
};
const setup: WorkSetup = {
  ...{ fleet, url: url === '' ? null : url, periods: periodsOf(settings), sandbox: true },
  channels: [{ kind: 'webhook', place: 'test', send }],
  scanWorker: SCAN_WORKER,
  parallel: 4,
  providers: {
    dataDir: folder,
    sandbox: () => sandboxInfo(folder),
    open: (sandbox) =>
      openProviders(
        { ...settings, 'azure.endpoint': sandbox?.url ?? '', 'azure.ca-file': sandbox?.caFile ?? null },
        { sandbox, installation: fleet.store.installation },
      ),
  },
  timing: { leaseSeconds: 10, superviseSeconds: 1 },
  tell: (what, text) => console.log(`${what}: ${text}`),
};
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort(new Error('stop')));
console.log('started');
if (role === 'worker') await workUntil(setup, stop.signal);
else {
  const failed = await runContinuously(setup, { once: role === 'once', signal: stop.signal });
  if (failed.length > 0) console.log(`failed: ${failed.join(', ')}`);
}
await fleet.store.close();
