/** A sandbox whose clock a test moves, with its fleet: what is found in it follows from real images and real advisories. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createAks, type Provider } from '../../../src/inventory/index.ts';
import type { RefreshReport } from '../../../src/model/findings-report.ts';
import type { Recommendation } from '../../../src/model/recommendation.ts';
import { refreshFindings } from '../../../src/pipeline/findings/index.ts';
import { type Fleet, openFleet, setEnabled } from '../../../src/pipeline/fleet/index.ts';
import { type RunningSandbox, runSandbox } from '../../../src/pipeline/sandbox.ts';
import { SNAPSHOT_GROUP } from '../../../src/pipeline/sandbox-info.ts';
import { Workspace } from '../../../src/pipeline/workspace.ts';
import { TOKENS } from '../../../src/sandbox/index.ts';
import { SNAPSHOT } from '../../matching/support.ts';
import { RULES, scratch, sync } from '../fleet/support.ts';
import { quietly } from './support.ts';

const DAY = 86_400_000;

/** A fleet in a sandbox that is moved through time. */
export interface Walk {
  readonly folder: string;
  readonly sandbox: RunningSandbox;
  readonly fleet: Fleet;
  readonly aks: Provider;
  /** The current instant. */
  now(): string;
  /** Moves to nine o'clock of a day. */
  to(day: string): Promise<void>;
  sync(): Promise<void>;
  refresh(): Promise<RefreshReport>;
  /** The pool of `CLUSTER/POOL`. */
  pool(name: string): Promise<string>;
  recommendations(): Promise<readonly Recommendation[]>;
}

/** Starts on a day, with everything enabled and synced once; nothing is assessed yet. */
export async function startWalk(context: TestContext, start = '2024-03-01'): Promise<Walk> {
  const folder = scratch();
  const workspace = new Workspace({ dataDir: folder, snapshotDir: SNAPSHOT });
  const run = { start, seed: 1, port: 0, rate: 0, limits: false, fleet: 'default' } as const;
  const sandbox = await runSandbox(workspace, run);
  const rules = { ...RULES, excludeTags: [{ name: 'nodeward', value: 'off' }] };
  const fleet = await openFleet(
    { workspace, clock: sandbox, rules },
    { create: true, url: null, sandbox: true },
  );
  const aks = createAks({
    endpoint: sandbox.url,
    caFile: sandbox.caFile,
    credential: { token: TOKENS.owner },
    subscriptions: [],
    snapshotResourceGroup: SNAPSHOT_GROUP,
    workloads: true,
    installation: fleet.store.installation,
  });
  context.after(async () => {
    await aks.close();
    await fleet.store.close();
    workspace.close();
    await sandbox.close();
  });
  await sync(fleet, aks);
  await setEnabled(fleet, { scope: 'all', enabled: true, by: 'test' });
  await sync(fleet, aks);
  const everything = { offset: 0, limit: 10_000 };
  return {
    ...{ folder, sandbox, fleet, aks },
    now: () => sandbox.now().toISOString(),
    async to(day) {
      const ms = Date.parse(`${day}T09:00:00Z`) - sandbox.now().getTime();
      assert.ok(ms >= 0 && ms < 400 * DAY, day);
      await sandbox.advance(ms);
      workspace.reopen();
    },
    async sync() {
      await sync(fleet, aks);
    },
    refresh: () => refreshFindings(fleet, quietly()),
    async pool(name) {
      const clusters = new Map((await fleet.store.inventory.clusters()).map((each) => [each.id, each.name]));
      const pools = await fleet.store.inventory.pools();
      const found = pools.find((each) => `${clusters.get(each.cluster)}/${each.name}` === name);
      assert.ok(found !== undefined, name);
      return found.id;
    },
    recommendations: async () => (await fleet.store.findings.recommendations({}, everything)).items,
  };
}
