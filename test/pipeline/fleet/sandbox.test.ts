/** The fleet of a sandbox, through the provider that reads real subscriptions. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createAks } from '../../../src/inventory/index.ts';
import type { CoverageRow, NodeDetail } from '../../../src/model/fleet-report.ts';
import type { StoredPool } from '../../../src/model/inventory.ts';
import {
  coverageRows,
  type Fleet,
  type FleetRules,
  nodeDetail,
  nodeViews,
  openFleet,
  poolFindings,
  setEnabled,
} from '../../../src/pipeline/fleet/index.ts';
import { SNAPSHOT_GROUP } from '../../../src/pipeline/sandbox-info.ts';
import { Workspace } from '../../../src/pipeline/workspace.ts';
import { TOKENS } from '../../../src/sandbox/index.ts';
import { SNAPSHOT } from '../../matching/support.ts';
import { addFault, ask, startTestSandbox, subscriptionsOf, type TestSandbox } from '../../sandbox/support.ts';
import { lacking } from '../../support/tools.ts';
import { allNodes, RULES, scratch, sync } from './support.ts';

const HOUR = 3_600_000;
const skip = lacking('mke2fs');

/** A fleet that looks at a sandbox by its clock. */
async function openAt(
  context: TestContext,
  sandbox: TestSandbox,
  { folder = scratch(), ...rules }: Partial<FleetRules> & { readonly folder?: string } = {},
) {
  const workspace = new Workspace({ dataDir: folder, snapshotDir: SNAPSHOT });
  const excludeTags = [{ name: 'nodeward', value: 'off' }];
  const all = { ...RULES, excludeTags, ...rules };
  const fleet = await openFleet(
    { workspace, clock: sandbox, rules: all },
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
  });
  return { fleet, aks };
}

async function rowOf(fleet: Fleet, name: string): Promise<CoverageRow> {
  const row = (await coverageRows(fleet, null)).find((each) => each.name === name);
  assert.ok(row !== undefined, name);
  return row;
}

async function snapshotsOf(sandbox: TestSandbox): Promise<number> {
  let count = 0;
  for (const guid of (await subscriptionsOf(sandbox)).values()) {
    const { body } = await ask(
      sandbox,
      `/subscriptions/${guid}/providers/Microsoft.Compute/snapshots?api-version=2026-03-02`,
    );
    count += (body as { value: unknown[] }).value.length;
  }
  return count;
}

describe('the fleet of a sandbox', { timeout: 240_000 }, () => {
  it('is found, enabled, told by its images, and followed by what changes', async (context) => {
    const sandbox = await startTestSandbox(context);
    const { fleet, aks } = await openAt(context, sandbox);
    const first = await sync(fleet, aks);
    assert.deepEqual([first.clusters.seen, first.nodes.seen > 50], [9, true]);
    assert.deepEqual(
      first.problems.map(({ scope }) => scope),
      ['private-sdc'],
    );
    assert.equal(first.evidence.none, first.nodes.seen);
    const pools = await fleet.store.inventory.pools();
    const named = (name: string): StoredPool[] => pools.filter((each) => each.name === name);
    assert.deepEqual(
      pools.filter(({ publicAddress }) => publicAddress).map(({ name, labels }) => [name, labels]),
      [['web', { team: 'storefront' }]],
    );
    assert.deepEqual(
      named('vault').map(({ tags }) => tags),
      [{ owner: 'payments@contoso.example' }],
    );
    assert.deepEqual(named('load')[0]?.privileged, null, 'a stopped cluster has no pods');
    const privileged = pools.filter((each) => (each.privileged ?? 0) > 0);
    assert.ok(privileged.length > 0 && privileged.every(({ mode }) => mode === 'User'));
    await setEnabled(fleet, { scope: 'all', enabled: true, by: 'test' });

    assert.deepEqual(
      (await rowOf(fleet, 'archive-uks')).reasons.map(({ code }) => code),
      ['excluded'],
    );
    assert.deepEqual(
      (await rowOf(fleet, 'loadtest-wus2')).reasons.map(({ code }) => code),
      ['cluster-stopped'],
    );
    assert.deepEqual(
      (await rowOf(fleet, 'private-sdc')).reasons.map(({ code }) => code),
      ['unreachable'],
    );
    assert.deepEqual(
      (await rowOf(fleet, 'data-neu/golden')).reasons.map(({ code }) => code),
      ['unknown-image'],
    );
    assert.ok((await rowOf(fleet, 'shop-weu/win22')).reasons.some(({ code }) => code === 'no-advisories'));
    assert.ok((await rowOf(fleet, 'stage-weu/apps')).reasons.some(({ code }) => code === 'drift'));
    assert.ok(
      (await coverageRows(fleet, null)).every(({ state }) => state !== 'assessed'),
      'no disk was read',
    );
    const found = await poolFindings(fleet, 'shop-weu/web');
    assert.ok(found.worst.some(({ cve, kev }) => cve === 'CVE-2024-1086' && kev !== null));

    const before = new Set((await allNodes(fleet)).map(({ id }) => id));
    const quiet = await sync(fleet, aks);
    assert.deepEqual([quiet.nodes.added, quiet.nodes.changed, quiet.nodes.gone], [0, 0, 0]);
    await sandbox.advance(7 * 24 * HOUR);
    const week = await sync(fleet, aks);
    assert.ok(week.nodes.changed > 0, 'pools that upgrade themselves');
    assert.ok(week.nodes.added > 0 && week.nodes.gone > 0, 'short-lived nodes');
    const fresh = (await Array.fromAsync(await nodeViews(fleet, { cluster: null, pool: 'spot' }))).filter(
      ({ node }) => !before.has(node.id),
    );
    assert.ok(fresh.every(({ coverage }) => coverage.evidence?.source === 'image'));
  });

  it('shows with its disks what its images do not, and leaves no snapshot and no signature', {
    skip,
  }, async (context) => {
    const sandbox = await startTestSandbox(context);
    const folder = scratch();
    const { fleet, aks } = await openAt(context, sandbox, { disks: 'all', folder });
    await sync(fleet, aks);
    await setEnabled(fleet, { scope: 'shop-weu', enabled: true, by: 'test' });
    await setEnabled(fleet, { scope: 'payments-uks/vault', enabled: true, by: 'test' });
    await setEnabled(fleet, { scope: 'data-neu/ingest', enabled: true, by: 'test' });
    const report = await sync(fleet, aks);
    const linux = (await Array.fromAsync(await nodeViews(fleet, { cluster: 'shop-weu', pool: null }))).filter(
      ({ node }) => node.os === 'linux',
    );
    assert.deepEqual(new Set(linux.map(({ coverage }) => coverage.state)), new Set(['assessed']));
    assert.equal(report.scans.done, linux.length);
    assert.deepEqual(
      (await rowOf(fleet, 'payments-uks/vault')).reasons.map(({ code }) => code),
      ['encrypted-disk'],
    );
    assert.deepEqual(
      (await rowOf(fleet, 'data-neu/ingest')).reasons.map(({ code }) => code),
      ['ephemeral-disk'],
    );
    assert.equal(await snapshotsOf(sandbox), 0);

    const details: NodeDetail[] = [];
    for (const { node } of linux) details.push(await nodeDetail(fleet, node.id));
    let differ = 0;
    for (const { evidence, software } of details) {
      const image = await fleet.store.inventory.software(
        evidence.find(({ source }) => source === 'image')?.software ?? '',
      );
      const same =
        JSON.stringify(image?.packages.map((each) => [each.name, each.version])) ===
        JSON.stringify(software?.packages.map((each) => [each.name, each.version]));
      if (!same) differ++;
    }
    assert.ok(differ > 0 && differ < details.length, 'drift that only a disk shows');
    const path = join(folder, 'inventory.db');
    for (const file of [path, `${path}-wal`].filter((each) => existsSync(each)))
      assert.ok(!/[?&](?:sig|sv|se)=/.test(readFileSync(file).toString('latin1')));
  });

  it('keeps what it knows where Azure forbids, throttles or does not answer', async (context) => {
    const sandbox = await startTestSandbox(context);
    const { fleet, aks } = await openAt(context, sandbox, { disks: 'sample' });
    const { nodes } = await sync(fleet, aks);
    await setEnabled(fleet, { scope: 'shop-weu/arm', enabled: true, by: 'test' });
    await addFault(sandbox, { kind: 'unreachable', target: 'shop-eus' });
    await addFault(sandbox, { kind: 'snapshot-failure', target: '*' });
    const report = await sync(fleet, aks);
    assert.equal(report.nodes.seen, nodes.seen);
    assert.ok(report.problems.some(({ scope }) => scope === 'shop-eus'));
    assert.deepEqual(report.scans, { done: 0, failed: 1 });
    assert.ok((await rowOf(fleet, 'shop-weu/arm')).reasons.some(({ code }) => code === 'scan-failed'));
    assert.equal((await rowOf(fleet, 'shop-weu/arm')).state, 'partly');
    assert.equal(await snapshotsOf(sandbox), 0);
  });

  it('removes the snapshots of a sync that was killed between snapshot and delete', {
    skip,
  }, async (context) => {
    const sandbox = await startTestSandbox(context);
    const folder = scratch();
    const { fleet, aks } = await openAt(context, sandbox, { disks: 'all', folder });
    await sync(fleet, aks);
    await setEnabled(fleet, { scope: 'shop-weu/system', enabled: true, by: 'test' });
    const child = fileURLToPath(new URL('./sandbox.child.ts', import.meta.url));
    const words = [child, folder, sandbox.url, sandbox.caFile, sandbox.now().toISOString()];
    const syncing = spawn(process.execPath, words, { stdio: ['ignore', 'inherit', 'inherit'] });
    const ended = once(syncing, 'exit');
    while ((await snapshotsOf(sandbox)) === 0)
      assert.equal(syncing.exitCode, null, 'it ended before it was killed');
    syncing.kill('SIGKILL');
    await ended;
    const left = await snapshotsOf(sandbox);
    assert.ok(left > 0);
    const report = await sync(fleet, aks);
    assert.equal(report.leftovers, left);
    assert.equal(await snapshotsOf(sandbox), 0);
    assert.equal(report.scans.failed, 0);
    assert.equal((await rowOf(fleet, 'shop-weu/system')).state, 'assessed');
  });
});
