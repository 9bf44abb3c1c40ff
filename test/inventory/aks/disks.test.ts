import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createAks } from '../../../src/inventory/providers/aks/aks.ts';
import type { DiskAccess, DiskRefusal, OpenedDisk, Provider } from '../../../src/inventory/types.ts';
import type { Node, NodePool, Subscription } from '../../../src/model/fleet.ts';
import { lacking } from '../../support/tools.ts';
import { aksSettings, IMPATIENT, serve, testRun } from '../support.ts';
import { type AksSandbox, everySubscription, startAks } from './sandbox.ts';

const GROUP = 'nodeward-snapshots';
const SETTINGS = { snapshotResourceGroup: GROUP };
/** Its disks need no tools to be made. */
const POOL = 'shop-weu/win22';

function disksOf(aks: Provider): DiskAccess {
  assert.ok(aks.disks !== null);
  return aks.disks;
}

function opened(outcome: OpenedDisk | DiskRefusal): OpenedDisk {
  assert.ok('url' in outcome, JSON.stringify(outcome));
  return outcome;
}

function refused(outcome: OpenedDisk | DiskRefusal): DiskRefusal {
  assert.ok('reason' in outcome, 'the disk was opened');
  return outcome;
}

/** What the cloud itself says there is. */
async function snapshotsOf(
  sandbox: AksSandbox,
  subscription: string,
): Promise<readonly { name: string; tags: Record<string, string> }[]> {
  const path = `${subscription}/providers/Microsoft.Compute/snapshots?api-version=2026-03-02`;
  return ((await sandbox.ask(path)).body as { value: { name: string; tags: Record<string, string> }[] })
    .value;
}

const subscriptionOf = (id: string): string => id.split('/').slice(0, 3).join('/');

async function subscriptionOfNode(sandbox: AksSandbox, id: string): Promise<Subscription> {
  const found = (await everySubscription(sandbox.aks)).find((each) => each.id === subscriptionOf(id));
  assert.ok(found !== undefined);
  return found;
}

describe('the disk of a node', { timeout: 120_000 }, () => {
  it('is read through a snapshot, of which nothing is left', async (context) => {
    const sandbox = await startAks(context, SETTINGS);
    const { node, pool } = await sandbox.node(POOL);
    const disk = opened(await disksOf(sandbox.aks).open(node, pool, testRun()));
    const [snapshot] = await snapshotsOf(sandbox, subscriptionOf(node.id));
    assert.deepEqual(Object.keys(snapshot?.tags ?? {}).sort(), [
      'nodeward-installation',
      'nodeward-made',
      'nodeward-node',
    ]);
    assert.deepEqual(
      [snapshot?.tags['nodeward-installation'], snapshot?.tags['nodeward-node']],
      ['installation-1', node.id],
    );
    const range = { headers: { range: 'bytes=512-519' } };
    const answer = await fetch(disk.url, range);
    assert.deepEqual([answer.status, await answer.text()], [206, 'EFI PART']);
    assert.deepEqual(await disk.release(), []);
    assert.deepEqual(await disk.release(), []);
    assert.equal((await fetch(disk.url, range)).status, 403);
    assert.deepEqual(await snapshotsOf(sandbox, subscriptionOf(node.id)), []);
  });

  it('is read of a node of its own, of a hidden pool, and of one that only Azure names', {
    skip: lacking('mke2fs'),
  }, async (context) => {
    const sandbox = await startAks(context, SETTINGS);
    for (const path of ['lab-wus2/default', 'lab-wus2/machines', 'private-sdc/system']) {
      const { node, pool } = await sandbox.node(path);
      const disk = opened(await disksOf(sandbox.aks).open(node, pool, testRun()));
      assert.deepEqual(await disk.release(), [], path);
    }
  });

  it('is not asked for where the pool says that it is the host’s own', async (context) => {
    const sandbox = await startAks(context, SETTINGS);
    const { node, pool } = await sandbox.node('data-neu/ingest');
    const before = sandbox.aks.traffic().requests;
    assert.equal(refused(await disksOf(sandbox.aks).open(node, pool, testRun())).reason, 'ephemeral-disk');
    assert.deepEqual(sandbox.aks.traffic().requests, before);
    // Where the pool does not say, the machine does.
    const silent = { ...pool, osDisk: 'unknown' as const };
    assert.equal(refused(await disksOf(sandbox.aks).open(node, silent, testRun())).reason, 'ephemeral-disk');
  });

  it('is not snapshotted where that would be ciphertext', async (context) => {
    const sandbox = await startAks(context, SETTINGS);
    const { node, pool } = await sandbox.node('payments-uks/vault');
    assert.equal(refused(await disksOf(sandbox.aks).open(node, pool, testRun())).reason, 'encrypted-disk');
    assert.equal(sandbox.aks.traffic().requests['Compute create snapshot'], undefined);
  });

  it('of a node that names no machine, or one that is gone, is a reason and no exception', async (context) => {
    const sandbox = await startAks(context, SETTINGS);
    const { node, pool } = await sandbox.node(POOL);
    for (const id of [`${node.cluster}/nodes/uid-1`, node.id.replace(/\d+$/, '999'), '/subscriptions/x']) {
      const { reason, remedy } = refused(await disksOf(sandbox.aks).open({ ...node, id }, pool, testRun()));
      assert.equal(reason, 'scan-failed', id);
      assert.ok(remedy.length > 10);
    }
  });

  it('names the action and the role that are missing', async (context) => {
    const sandbox = await startAks(context, SETTINGS);
    const { node, pool } = await sandbox.node(POOL);
    const reader = sandbox.open({ credential: { token: 'sandbox-reader' } });
    const { reason, detail, remedy } = refused(await disksOf(reader).open(node, pool, testRun()));
    assert.equal(reason, 'no-permission');
    assert.match(detail, /Microsoft\.Compute\/snapshots\/write is not granted/);
    assert.match(remedy, /nodeward-snapshots\.json/);
  });

  it('names the resource group that is missing', async (context) => {
    const sandbox = await startAks(context, { snapshotResourceGroup: 'nowhere' });
    const { node, pool } = await sandbox.node(POOL);
    const { reason, remedy } = refused(await disksOf(sandbox.aks).open(node, pool, testRun()));
    assert.equal(reason, 'scan-failed');
    assert.match(remedy, /Create the resource group nowhere/);
    const subscription = await subscriptionOfNode(sandbox, node.id);
    assert.deepEqual(await disksOf(sandbox.aks).leftovers(subscription, testRun(), true), []);
  });

  it('leaves nothing behind where the snapshot fails', async (context) => {
    const sandbox = await startAks(context, SETTINGS);
    const { node, pool } = await sandbox.node(POOL);
    await sandbox.fault('snapshot-failure', '*', 1);
    assert.equal(refused(await disksOf(sandbox.aks).open(node, pool, testRun())).reason, 'scan-failed');
    assert.deepEqual(await snapshotsOf(sandbox, subscriptionOf(node.id)), []);
  });

  it('leaves nothing behind where it is interrupted', async (context) => {
    const sandbox = await startAks(context, SETTINGS);
    const { node, pool } = await sandbox.node(POOL);
    const controller = new AbortController();
    const signal = controller.signal;
    const requests = sandbox.aks.traffic().requests;
    // Interrupted as soon as the snapshot was asked for.
    const watch = setInterval(() => {
      if (sandbox.aks.traffic().requests['Compute create snapshot'] !== requests['Compute create snapshot'])
        controller.abort(new Error('enough'));
    }, 0);
    context.after(() => clearInterval(watch));
    await assert.rejects(disksOf(sandbox.aks).open(node, pool, testRun(signal)), /^Error: enough$/);
    assert.deepEqual(await snapshotsOf(sandbox, subscriptionOf(node.id)), []);
  });

  it('says where the snapshot is that it could not delete', async (context) => {
    const sandbox = await startAks(context, SETTINGS);
    const { node, pool } = await sandbox.node(POOL);
    const disk = opened(await disksOf(sandbox.aks).open(node, pool, testRun()));
    await sandbox.fault('scope-locked', '*');
    const problems = await disk.release();
    const [snapshot] = await snapshotsOf(sandbox, subscriptionOf(node.id));
    assert.ok(snapshot !== undefined);
    assert.deepEqual(
      problems.map(({ scope, code }) => [scope, code]),
      [[node.id, 'failed']],
    );
    assert.ok(problems[0]?.remedy.endsWith(`/snapshots/${snapshot.name}`));
    assert.doesNotMatch(JSON.stringify(problems), /sig=/);
  });
});

describe('an answer about a disk that makes no sense', { timeout: 60_000 }, () => {
  const VM =
    '/subscriptions/11111111-2222-3333-4444-555555555555/resourcegroups/mc/providers/microsoft.compute/virtualmachines/vm1';
  const DISK = VM.replace('virtualmachines/vm1', 'disks/d1');
  const node = { id: VM, name: 'vm1' } as Node;
  const pool = { name: 'np1', osDisk: 'managed' } as NodePool;

  /** Opens the disk with a server that gives this URL for it. @returns what became of it, and what was asked */
  async function opening(context: TestContext, accessSAS: unknown, diskId: unknown = DISK) {
    const log: string[] = [];
    const server = await serve(context, (request, response) => {
      const path = new URL(request.url ?? '', 'https://x').pathname.toLowerCase();
      log.push(
        `${request.method} ${path
          .replace(/nodeward-[0-9a-f]+/, 'NAME')
          .split('/')
          .slice(-2)
          .join('/')}`,
      );
      const osDisk = { managedDisk: { id: diskId } };
      const body = path.endsWith('/vm1')
        ? { location: 'westus2', properties: { storageProfile: { osDisk } } }
        : path.endsWith('/begingetaccess')
          ? { accessSAS }
          : { location: 'westus2', properties: {} };
      response.setHeader('content-type', 'application/json');
      response.end(request.method === 'DELETE' ? '' : JSON.stringify(body));
    });
    const aks = createAks(aksSettings(server, SETTINGS), { patience: IMPATIENT });
    return { outcome: await disksOf(aks).open(node, pool, testRun()), log };
  }

  it('is refused where the URL leads out of TLS, and the snapshot is deleted', async (context) => {
    for (const url of ['http://md-1.example.test/x?sig=1', 'file:///etc/passwd', 'x', null, 7, { a: 1 }]) {
      const { outcome, log } = await opening(context, url);
      assert.equal(refused(outcome).reason, 'scan-failed', String(url));
      assert.doesNotMatch(JSON.stringify(outcome), /sig=/);
      assert.deepEqual(log.slice(-3), [
        'POST NAME/begingetaccess',
        'POST NAME/endgetaccess',
        'DELETE snapshots/NAME',
      ]);
    }
    const { outcome } = await opening(context, 'https://md-1.z1.blob.storage.azure.net/x/abcd?sig=1');
    assert.equal(opened(outcome).url, 'https://md-1.z1.blob.storage.azure.net/x/abcd?sig=1');
  });

  it('is refused where the disk is none, or of another subscription', async (context) => {
    for (const id of [null, 7, '', '/x', DISK.replace('11111111', '99999999'), `${DISK}/../d2`]) {
      const { outcome, log } = await opening(context, 'https://x.test/', id);
      assert.equal(refused(outcome).reason, 'scan-failed', String(id));
      assert.deepEqual(log, ['GET virtualmachines/vm1']);
    }
  });
});

describe('snapshots that were left behind', { timeout: 120_000 }, () => {
  const HOUR = 3_600_000;

  it('by a process that was killed are found by the next, and removed', async (context) => {
    const sandbox = await startAks(context, SETTINGS);
    const { node, pool } = await sandbox.node(POOL);
    opened(await disksOf(sandbox.aks).open(node, pool, testRun()));
    const subscription = await subscriptionOfNode(sandbox, node.id);
    const next = disksOf(sandbox.open());
    const [left, ...others] = await next.leftovers(subscription, testRun(), true);
    assert.ok(left !== undefined && others.length === 0);
    assert.ok(Math.abs(Date.parse(left.madeAt ?? '') - Date.now()) < HOUR);
    assert.equal(await next.remove(left, testRun()), null);
    assert.deepEqual(await snapshotsOf(sandbox, subscription.id), []);
    // Somebody else may have been quicker.
    assert.equal(await next.remove(left, testRun()), null);
  });

  it('are not told from those that another process is reading, until nobody can be', async (context) => {
    const sandbox = await startAks(context, SETTINGS);
    const { node, pool } = await sandbox.node(POOL);
    opened(await disksOf(sandbox.aks).open(node, pool, testRun()));
    const subscription = await subscriptionOfNode(sandbox, node.id);
    const at = (hours: number): DiskAccess =>
      disksOf(sandbox.open({}, { clock: { now: () => new Date(Date.now() + hours * HOUR) } }));
    assert.equal((await at(1.9).leftovers(subscription, testRun(), false)).length, 0);
    assert.equal((await at(1.9).leftovers(subscription, testRun(), true)).length, 1);
    assert.equal((await at(2.1).leftovers(subscription, testRun(), false)).length, 1);
  });

  it('by another installation are left alone until nobody can be reading them', async (context) => {
    const sandbox = await startAks(context, SETTINGS);
    const { node, pool } = await sandbox.node(POOL);
    opened(await disksOf(sandbox.open({ installation: 'another' })).open(node, pool, testRun()));
    const subscription = await subscriptionOfNode(sandbox, node.id);
    const at = (hours: number): DiskAccess =>
      disksOf(sandbox.open({}, { clock: { now: () => new Date(Date.now() + hours * HOUR) } }));
    assert.equal((await at(0).leftovers(subscription, testRun(), true)).length, 0);
    assert.equal((await at(1.9).leftovers(subscription, testRun(), true)).length, 0);
    assert.equal((await at(2.1).leftovers(subscription, testRun(), true)).length, 1);
  });

  it('are never snapshots of somebody else', async (context) => {
    const sandbox = await startAks(context, SETTINGS);
    const { node } = await sandbox.node(POOL);
    const subscription = await subscriptionOfNode(sandbox, node.id);
    const vm = (await sandbox.ask(`${node.id}?api-version=2025-04-01`)).body as {
      location: string;
      properties: { storageProfile: { osDisk: { managedDisk: { id: string } } } };
    };
    const path = `${subscription.id}/resourceGroups/${GROUP}/providers/Microsoft.Compute/snapshots/precious`;
    const sourceResourceId = vm.properties.storageProfile.osDisk.managedDisk.id;
    const body = {
      location: vm.location,
      tags: { owner: 'finance' },
      properties: { creationData: { createOption: 'Copy', sourceResourceId }, incremental: true },
    };
    const made = await sandbox.ask(`${path}?api-version=2026-03-02`, { method: 'PUT', body });
    assert.ok(made.status < 300, made.text);
    const disks = disksOf(sandbox.open({}, { clock: { now: () => new Date('2099-01-01') } }));
    assert.deepEqual(await disks.leftovers(subscription, testRun(), true), []);
    const elsewhere = path.replace(GROUP, 'finance');
    for (const id of [elsewhere, `${path}/x`, node.id, '', `${subscription.id}/resourceGroups/${GROUP}`])
      assert.equal((await disks.remove({ id, madeAt: null }, testRun()))?.code, 'malformed', id);
    assert.equal((await snapshotsOf(sandbox, subscription.id)).length, 1);
  });

  it('that cannot be listed are an error, not none', async (context) => {
    const sandbox = await startAks(context, SETTINGS);
    const [subscription] = await everySubscription(sandbox.aks);
    assert.ok(subscription !== undefined);
    await sandbox.fault('throttle', subscription.name);
    const disks = disksOf(sandbox.open({}, { patience: IMPATIENT }));
    await assert.rejects(disks.leftovers(subscription, testRun(), true), { code: 'cloud-failed' });
    await sandbox.fault('forbidden', subscription.name);
    const refused = { remedy: /nodeward-snapshots\.json/ };
    await assert.rejects(disksOf(sandbox.open()).leftovers(subscription, testRun(), true), refused);
  });
});
