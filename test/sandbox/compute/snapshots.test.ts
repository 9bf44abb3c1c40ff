/** Snapshots on the wire: statuses, headers and bodies as Azure gives them, its limits, and what can be made to fail. */
import assert from 'node:assert/strict';
import { describe, it, mock, test } from 'node:test';
import { diskIdOf } from '../../../src/sandbox/compute/machines.ts';
import { reimageNode } from '../../../src/sandbox/engine/nodes.ts';
import { TOKENS } from '../../../src/sandbox/names.ts';
import { lacking } from '../../support/tools.ts';
import {
  type Answer,
  codeOf,
  machineWhere,
  type OpenSandbox,
  openSandbox,
  readable,
  snapshotParts,
} from './core.ts';
import { scanned } from './disks/support.ts';

const HOUR = 3_600_000;
const skip = lacking('mke2fs');
const READ = { access: 'Read', durationInSeconds: 3600 };

/** Follows an answer's operation to its end and gives its status body. */
async function ended(sandbox: OpenSandbox, { headers }: Answer): Promise<Record<string, unknown>> {
  const { status, body } = await sandbox.arm('GET', headers['azure-asyncoperation'] ?? '');
  assert.equal(status, 200);
  assert.notEqual(body.status, 'InProgress');
  return body;
}

async function granted(sandbox: OpenSandbox, path: string, request: unknown = READ): Promise<string> {
  const answer = await sandbox.arm('POST', `${path}/beginGetAccess`, { body: request });
  assert.equal(answer.status, 202, JSON.stringify(answer.body));
  const operation = await ended(sandbox, answer);
  assert.equal(operation.status, 'Succeeded', JSON.stringify(operation));
  const { status, body } = await sandbox.arm('GET', answer.headers.location ?? '');
  assert.equal(status, 200);
  return String(body.accessSAS);
}

const reads = async (url: string): Promise<number> => {
  const response = await fetch(url, { headers: { range: 'bytes=0-511' } });
  await response.arrayBuffer();
  return response.status;
};

test('the life of a snapshot on the wire', { skip }, async (context) => {
  const sandbox = await openSandbox(context);
  const machine = machineWhere(sandbox.core, readable);
  const { group, path, body } = snapshotParts(machine);
  const list = async (at: string): Promise<unknown> => {
    const answer = await sandbox.arm('GET', `${at}/providers/Microsoft.Compute/snapshots`);
    return (answer.body.value as { name: string }[]).map(({ name }) => name);
  };

  const created = await sandbox.arm('PUT', path('s1'), { body });
  assert.equal(created.status, 202);
  const { properties } = created.body as { properties: Record<string, unknown> };
  assert.equal(properties.provisioningState, 'Updating');
  assert.match(
    created.headers.location ?? '',
    /\/providers\/Microsoft\.Compute\/locations\/\w+\/DiskOperations\/[0-9a-f-]{36}\?monitor=true&api-version=2026-03-02&/,
  );
  const done = await ended(sandbox, created);
  assert.equal(done.status, 'Succeeded');
  assert.match(String(done.startTime), /^2024-03-01T/);

  const got = await sandbox.arm('GET', path('S1').replace('resourceGroups', 'resourcegroups'));
  const known = got.body as { tags: unknown; properties: Record<string, unknown> };
  assert.equal(known.properties.diskState, 'Unattached');
  assert.equal(known.properties.completionPercent, 100);
  assert.equal(known.properties.incremental, true);
  assert.deepEqual(known.tags, { 'nodeward-node': machine.node.name });
  assert.deepEqual(await list(group), ['s1']);
  assert.deepEqual(await list(machine.cluster.subscription), ['s1']);

  const url = await granted(sandbox, path('s1'));
  assert.equal(new URL(url).protocol, 'http:');
  assert.equal(await reads(url), 206);
  assert.equal(await granted(sandbox, path('s1')), url, 'one SAS at a time');
  const open = (await sandbox.arm('GET', path('s1'))).body as typeof known;
  assert.equal(open.properties.diskState, 'ActiveSAS');
  const refused = await sandbox.arm('DELETE', path('s1'));
  assert.deepEqual([refused.status, codeOf(refused)], [409, 'OperationNotAllowed']);

  const revoked = await sandbox.arm('POST', `${path('s1')}/endGetAccess`);
  assert.equal(revoked.status, 202);
  assert.equal((await ended(sandbox, revoked)).status, 'Succeeded');
  assert.equal((await sandbox.arm('GET', revoked.headers.location ?? '')).status, 200);
  assert.equal(await reads(url), 403);

  const patched = await sandbox.arm('PATCH', path('s1'), { body: { tags: { a: 'b' } } });
  assert.deepEqual([patched.status, patched.body.tags], [200, { a: 'b' }]);
  const deleted = await sandbox.arm('DELETE', path('s1'));
  assert.equal(deleted.status, 202);
  assert.equal((await ended(sandbox, deleted)).status, 'Succeeded');
  assert.equal((await sandbox.arm('DELETE', path('s1'))).status, 204);
  const gone = await sandbox.arm('GET', path('s1'));
  assert.deepEqual([gone.status, codeOf(gone)], [404, 'ResourceNotFound']);
  assert.deepEqual(await list(machine.cluster.subscription), []);
});

test("a SAS ends by the sandbox's clock, and by the machine's where that stands", {
  skip,
}, async (context) => {
  const sandbox = await openSandbox(context);
  const { path, body } = snapshotParts(machineWhere(sandbox.core, readable));
  await sandbox.arm('PUT', path('s1'), { body });
  const first = await granted(sandbox, path('s1'));
  sandbox.pass(HOUR - 1);
  assert.equal(await reads(first), 206);
  sandbox.pass(1);
  assert.equal(await reads(first), 403);
  const second = await granted(sandbox, path('s1'), { access: 'Read', durationInSeconds: 30 * 24 * 3600 });
  assert.notEqual(second, first);
  assert.equal(await reads(first), 403, 'the old one stays closed');
  const later = Date.now() + 25 * HOUR;
  mock.timers.enable({ apis: ['Date'], now: later });
  try {
    assert.equal(await reads(second), 403);
    const { body: state } = await sandbox.arm('GET', path('s1'));
    assert.equal((state.properties as Record<string, unknown>).diskState, 'Unattached');
    assert.equal((await sandbox.arm('DELETE', path('s1'))).status, 202);
  } finally {
    mock.timers.reset();
  }
});

test('a snapshot keeps what the disk was, whatever becomes of the node', { skip }, async (context) => {
  const sandbox = await openSandbox(context);
  const { core } = sandbox;
  const machine = machineWhere(core, (each) => readable(each) && each.node.drift !== null);
  const { node, pool } = machine;
  const { path, body } = snapshotParts(machine);
  const before = diskIdOf(machine);
  await sandbox.arm('PUT', path('s1'), { body });
  const url = await granted(sandbox, path('s1'));
  const drifted = await scanned(url);
  const target = core.latestImage(pool?.family ?? '', machine.cluster.location);
  assert.notEqual(target, node.image);
  reimageNode(core, node, { image: target, kubelet: node.kubelet });
  assert.deepEqual((await scanned(url)).software, drifted.software);

  assert.notEqual(diskIdOf(machine), before, 'a reimaged node has another disk');
  const old = await sandbox.arm('PUT', path('s2'), { body });
  assert.deepEqual([old.status, codeOf(old)], [404, 'ResourceNotFound']);
  await sandbox.arm('PUT', path('s3'), { body: snapshotParts(machine).body });
  const fresh = await scanned(await granted(sandbox, path('s3')));
  assert.notDeepEqual(fresh.software.packages, drifted.software.packages);
});

test('a grant that a sandbox was killed over ends after its next start', { skip }, async (context) => {
  const first = await openSandbox(context);
  const { path, body } = snapshotParts(machineWhere(first.core, readable));
  await first.arm('PUT', path('s1'), { body });
  const answer = await first.arm('POST', `${path('s1')}/beginGetAccess`, { body: READ });
  const url = new URL(answer.headers['azure-asyncoperation'] ?? '');
  for (const operation of first.core.state.operations.values())
    if (operation.kind === 'GrantAccess') {
      Object.assign(operation, { status: 'InProgress', end: null, result: null });
      first.core.state.operations.put(operation);
    }
  for (const snapshot of first.core.state.snapshots.values()) {
    snapshot.access = null;
    first.core.state.snapshots.put(snapshot);
  }
  first.core.commit();
  await first.close();
  const second = await openSandbox(context, { folder: first.folder });
  const status = `${url.pathname}${url.search}`;
  for (let asked = 0; asked < 200; asked++) {
    const { body: operation } = await second.arm('GET', status);
    if (operation.status === 'Succeeded') {
      const { output } = operation.properties as { output: { accessSAS: string } };
      assert.equal(await reads(output.accessSAS), 206);
      return;
    }
    assert.equal(operation.status, 'InProgress');
  }
  assert.fail('the grant does not end');
});

describe('what Azure refuses', () => {
  type Case = readonly [
    name: string,
    status: number,
    code: string,
    ask: (sandbox: OpenSandbox) => Promise<Answer>,
  ];
  const made = (sandbox: OpenSandbox, change: (body: Record<string, unknown>) => unknown, name = 's1') => {
    const { path, body } = snapshotParts(machineWhere(sandbox.core, readable));
    return sandbox.arm('PUT', path(name), { body: change(structuredClone(body)) });
  };
  const ofDisk = (source: unknown) => (body: Record<string, unknown>) => ({
    ...body,
    properties: { creationData: { createOption: 'Copy', sourceResourceId: source }, incremental: true },
  });
  const elsewhere = (sandbox: OpenSandbox): string => {
    const { subscription } = machineWhere(sandbox.core, readable).cluster;
    const other = machineWhere(
      sandbox.core,
      (each) => readable(each) && each.cluster.subscription !== subscription,
    );
    return diskIdOf(other) ?? '';
  };
  const cases: readonly Case[] = [
    ['no location', 400, 'LocationRequired', (s) => made(s, ({ location: _, ...rest }) => rest)],
    [
      "another region than the disk's",
      400,
      'InvalidParameter',
      (s) => made(s, (body) => ({ ...body, location: 'japaneast' })),
    ],
    ['no source', 400, 'InvalidParameter', (s) => made(s, ofDisk(undefined))],
    [
      'another way to make it',
      400,
      'InvalidParameter',
      (s) => made(s, (body) => ({ ...body, properties: { creationData: { createOption: 'Import' } } })),
    ],
    ['no body', 400, 'LocationRequired', (s) => made(s, () => undefined)],
    ['a name that is none', 400, 'InvalidParameter', (s) => made(s, (body) => body, 'a'.repeat(81))],
    [
      'a disk that is not there',
      404,
      'ResourceNotFound',
      (s) => made(s, ofDisk('/subscriptions/x/resourceGroups/y/providers/Microsoft.Compute/disks/z')),
    ],
    ['a disk of another subscription', 400, 'InvalidParameter', (s) => made(s, ofDisk(elsewhere(s)))],
    [
      'a resource group that is not there',
      404,
      'ResourceGroupNotFound',
      (s) => {
        const { subscription } = machineWhere(s.core, readable).cluster;
        const path = `${subscription}/resourceGroups/none/providers/Microsoft.Compute/snapshots/s1`;
        return s.arm('PUT', path, { body: snapshotParts(machineWhere(s.core, readable)).body });
      },
    ],
    [
      'another source for a name in use',
      409,
      'PropertyChangeNotAllowed',
      async (s) => {
        await made(s, (body) => body);
        return made(s, ofDisk('/subscriptions/x/resourceGroups/y/providers/Microsoft.Compute/disks/z'));
      },
    ],
    [
      'a reader',
      403,
      'AuthorizationFailed',
      (s) => {
        const { path, body } = snapshotParts(machineWhere(s.core, readable));
        return s.arm('PUT', path('s1'), { body, token: TOKENS.reader });
      },
    ],
    [
      'a reader of the bytes',
      403,
      'AuthorizationFailed',
      async (s) => {
        await made(s, (body) => body);
        const { path } = snapshotParts(machineWhere(s.core, readable));
        return s.arm('POST', `${path('s1')}/beginGetAccess`, { body: READ, token: TOKENS.reader });
      },
    ],
    [
      'to write through a SAS',
      400,
      'InvalidParameter',
      async (s) => {
        await made(s, (body) => body);
        const { path } = snapshotParts(machineWhere(s.core, readable));
        return s.arm('POST', `${path('s1')}/beginGetAccess`, { body: { ...READ, access: 'Write' } });
      },
    ],
    [
      'a SAS without a time',
      400,
      'InvalidParameter',
      async (s) => {
        await made(s, (body) => body);
        const { path } = snapshotParts(machineWhere(s.core, readable));
        return s.arm('POST', `${path('s1')}/beginGetAccess`, { body: { access: 'Read' } });
      },
    ],
  ];
  for (const [name, status, code, ask] of cases)
    it(name, async (context) => {
      const answer = await ask(await openSandbox(context));
      assert.deepEqual([answer.status, codeOf(answer)], [status, code], JSON.stringify(answer.body));
    });
});

test('five snapshots of one disk can be read at once, those of another disk besides', {
  skip,
}, async (context) => {
  const sandbox = await openSandbox(context);
  const machine = machineWhere(sandbox.core, readable);
  const { path, body } = snapshotParts(machine);
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await sandbox.arm('PUT', path(name), { body });
  for (const name of ['a', 'b', 'c', 'd', 'e']) await granted(sandbox, path(name));
  const sixth = await sandbox.arm('POST', `${path('f')}/beginGetAccess`, { body: READ });
  assert.deepEqual([sixth.status, codeOf(sixth)], [409, 'OperationNotAllowed']);
  const other = machineWhere(sandbox.core, (each) => readable(each) && each.node !== machine.node);
  const beside = snapshotParts(other);
  await sandbox.arm('PUT', beside.path('g'), { body: beside.body });
  await granted(sandbox, beside.path('g'));
  await sandbox.arm('POST', `${path('a')}/endGetAccess`);
  await granted(sandbox, path('f'));
});

test('seven incremental snapshots of one disk in five minutes, those deleted included', async (context) => {
  const sandbox = await openSandbox(context, { limits: true });
  const { path, body } = snapshotParts(machineWhere(sandbox.core, readable));
  for (let count = 0; count < 7; count++) {
    assert.equal((await sandbox.arm('PUT', path(`s${count}`), { body })).status, 202);
    await sandbox.arm('DELETE', path(`s${count}`));
    sandbox.pass(1000);
  }
  const eighth = await sandbox.arm('PUT', path('s8'), { body });
  assert.deepEqual([eighth.status, codeOf(eighth)], [409, 'OperationNotAllowed']);
  sandbox.pass(5 * 60_000);
  assert.equal((await sandbox.arm('PUT', path('s8'), { body })).status, 202);
});

describe('faults', () => {
  it('snapshot-failure leaves a failed snapshot behind', async (context) => {
    const sandbox = await openSandbox(context);
    const machine = machineWhere(sandbox.core, readable);
    const { path, body } = snapshotParts(machine);
    sandbox.strike('snapshot-failure', machine.node.name, 1);
    const answer = await sandbox.arm('PUT', path('s1'), { body });
    const operation = await ended(sandbox, answer);
    assert.equal(operation.status, 'Failed');
    assert.equal((operation.error as { code: string }).code, 'InternalExecutionError');
    const { body: left } = await sandbox.arm('GET', path('s1'));
    assert.equal((left.properties as { provisioningState: string }).provisioningState, 'Failed');
    const access = await sandbox.arm('POST', `${path('s1')}/beginGetAccess`, { body: READ });
    assert.deepEqual([access.status, codeOf(access)], [409, 'OperationNotAllowed']);
    assert.equal((await ended(sandbox, await sandbox.arm('PUT', path('s1'), { body }))).status, 'Succeeded');
    assert.equal((await sandbox.arm('DELETE', path('s1'))).status, 202);
  });

  it('scope-locked refuses to make and to delete', async (context) => {
    const sandbox = await openSandbox(context);
    const machine = machineWhere(sandbox.core, readable);
    const { path, body } = snapshotParts(machine);
    sandbox.strike('scope-locked', machine.cluster.name, 1);
    const locked = await sandbox.arm('PUT', path('s1'), { body });
    assert.deepEqual([locked.status, codeOf(locked)], [409, 'ScopeLocked']);
    assert.equal((await sandbox.arm('PUT', path('s1'), { body })).status, 202);
    sandbox.strike('scope-locked', machine.cluster.name, 1);
    const kept = await sandbox.arm('DELETE', path('s1'));
    assert.deepEqual([kept.status, codeOf(kept)], [409, 'ScopeLocked']);
    assert.equal((await sandbox.arm('DELETE', path('s1'))).status, 202);
  });

  it('forbidden on a node denies its disk, and on the group the snapshot', async (context) => {
    const sandbox = await openSandbox(context);
    const machine = machineWhere(sandbox.core, readable);
    const { path, body } = snapshotParts(machine);
    sandbox.strike('forbidden', machine.node.name, 1);
    const linked = await sandbox.arm('PUT', path('s1'), { body });
    assert.deepEqual([linked.status, codeOf(linked)], [403, 'LinkedAuthorizationFailed']);
    sandbox.strike('forbidden', machine.cluster.nodeResourceGroup, 1);
    const denied = await sandbox.arm('PUT', path('s1'), { body });
    assert.deepEqual([denied.status, codeOf(denied)], [403, 'AuthorizationFailed']);
  });

  it('throttle asks to wait', async (context) => {
    const sandbox = await openSandbox(context);
    const machine = machineWhere(sandbox.core, readable);
    const { path, body } = snapshotParts(machine);
    sandbox.strike('throttle', machine.cluster.nodeResourceGroup, 1);
    const { status, headers } = await sandbox.arm('PUT', path('s1'), { body });
    assert.equal(status, 429);
    assert.match(headers['retry-after'] ?? '', /^\d+$/);
    assert.equal((await sandbox.arm('PUT', path('s1'), { body })).status, 202);
  });
});

test('a SAS lasts as long as was asked for also where the clock is fast', { skip }, async (context) => {
  const sandbox = await openSandbox(context, { rate: 3600 });
  const { path, body } = snapshotParts(machineWhere(sandbox.core, readable));
  assert.equal((await sandbox.arm('PUT', path('s1'), { body })).status, 202);
  const url = await granted(sandbox, path('s1'), { access: 'Read', durationInSeconds: 60 });
  sandbox.pass(59_000);
  assert.equal(await reads(url), 206);
  sandbox.pass(2_000);
  assert.equal(await reads(url), 403);
});
