import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test } from 'node:test';
import { readSandboxInfo } from '../../src/sandbox/index.ts';
import {
  AKS_VERSION,
  addFault,
  ask,
  clusterPath,
  header,
  nodesOf,
  type Peer,
  poolOf,
  startTestSandbox,
  untilEnded,
} from './support.ts';

const CHILD = new URL('restart.child.ts', import.meta.url).pathname;

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-restart-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function startChild(
  context: TestContext,
  folder: string,
): Promise<{ child: ChildProcess; peer: Peer }> {
  const child = spawn(process.execPath, [CHILD, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  context.after(() => child.kill('SIGKILL'));
  if (child.stdout === null) throw new Error('the child has no output');
  for await (const line of createInterface({ input: child.stdout }))
    return { child, peer: { url: line, ca: readFileSync(join(folder, 'ca.pem'), 'utf8') } };
  throw new Error('the child ended');
}

/** Everything that clients can see of the fleet, without what depends on the port. */
async function everything(sandbox: Peer): Promise<unknown> {
  const clusters = await Promise.all(
    ['shop-weu', 'shop-eus', 'payments-uks', 'data-neu', 'stage-weu', 'lab-wus2'].map(async (name) => {
      const path = await clusterPath(sandbox, name);
      const { body } = await ask(sandbox, `${path}?${AKS_VERSION}`);
      return { body, nodes: await nodesOf(sandbox, path) };
    }),
  );
  const { body } = await ask(sandbox, '/sandbox/status');
  return { clusters, status: body };
}

describe('a sandbox that was stopped', { timeout: 120_000 }, () => {
  test('goes on where it was: state, clock, operations under way', async (context) => {
    const folder = folderOf(context);
    const first = await startTestSandbox(context, { folder });
    const cluster = await clusterPath(first, 'stage-weu');
    const pool = `${cluster}/agentPools/apps`;
    const started = await ask(first, `${pool}/upgradeNodeImageVersion?${AKS_VERSION}`, { method: 'POST' });
    await addFault(first, { kind: 'quota', target: 'shop-weu' });
    await first.advance(17 * 60_000);
    const before = await everything(first);
    await first.close();
    assert.equal(readSandboxInfo(folder)?.running, false);
    assert.equal(readSandboxInfo(folder)?.now, '2024-03-01T09:17:00.000Z');
    // What it was started with before goes before what it is started with now.
    const second = await startTestSandbox(context, {
      folder,
      start: '2024-08-09',
      seed: 99,
      fleet: { clusters: 1, nodes: 1 },
    });
    assert.equal(second.ca, first.ca, 'the same certificate');
    assert.deepEqual(await everything(second), before);
    const url = new URL(header(started, 'azure-asyncoperation'));
    const operation = await ask(second, `${url.pathname}${url.search}`);
    assert.equal((operation.body as { status: string }).status, 'InProgress');
    const headers = { ...started.headers, 'azure-asyncoperation': `${url.pathname}${url.search}` };
    assert.equal((await untilEnded(second, { ...started, headers })).status, 'Succeeded');
  });

  test('killed at any time, has everything that was answered', async (context) => {
    const folder = folderOf(context);
    const { child, peer } = await startChild(context, folder);
    const cluster = await clusterPath(peer, 'stage-weu');
    const pool = `${cluster}/agentPools/apps`;
    const started = await ask(peer, `${pool}/upgradeNodeImageVersion?${AKS_VERSION}`, { method: 'POST' });
    assert.equal(started.status, 202);
    await ask(peer, '/sandbox/advance', { method: 'POST', body: { ms: 17 * 60_000 } });
    const before = await everything(peer);
    assert.equal(readSandboxInfo(folder)?.running, true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const info = readSandboxInfo(folder);
    assert.equal(info?.running, false, 'its process is gone, whatever the file says');
    assert.equal(info?.now, '2024-03-01T09:17:00.000Z');
    const again = await startTestSandbox(context, { folder });
    assert.deepEqual(await everything(again), before);
    await again.advance(3_600_000);
    assert.equal((await poolOf(again, pool)).properties.provisioningState, 'Succeeded');
  });

  test('killed while its clock is moved: somewhere on the way, in one piece', async (context) => {
    const folder = folderOf(context);
    const { child, peer } = await startChild(context, folder);
    const cluster = await clusterPath(peer, 'stage-weu');
    const upgraded = await ask(peer, `${cluster}/agentPools/apps/upgradeNodeImageVersion?${AKS_VERSION}`, {
      method: 'POST',
    });
    assert.equal(upgraded.status, 202);
    const moved = ask(peer, '/sandbox/advance', { method: 'POST', body: { ms: 400 * 86_400_000 } });
    moved.catch(() => {});
    // Some of the way is on disk once the clock that is told has moved.
    for (let now = '2024-03-01'; now < '2024-03-03'; ) {
      const { body } = await ask(peer, '/sandbox/status');
      now = (body as { now: string }).now;
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
    const again = await startTestSandbox(context, { folder });
    assert.ok(again.now().toISOString() >= '2024-03-02');
    assert.equal(
      (await poolOf(again, `${cluster}/agentPools/apps`)).properties.provisioningState,
      'Succeeded',
    );
    assert.equal((await nodesOf(again, cluster, 'apps')).length, 4);
  });
});

describe('the folder of a sandbox', { timeout: 60_000 }, () => {
  test("is one sandbox's alone, and so is its port", async (context) => {
    const folder = folderOf(context);
    const sandbox = await startTestSandbox(context, { folder });
    await assert.rejects(startTestSandbox(context, { folder }), { code: 'sandbox-busy' });
    const port = Number(new URL(sandbox.url).port);
    const elsewhere = folderOf(context);
    await assert.rejects(
      startTestSandbox(context, { folder: elsewhere, port }),
      (thrown: Error & { code: string }) => {
        assert.equal(thrown.code, 'sandbox-busy');
        assert.match(thrown.message, new RegExp(`Port ${port} of 127\\.0\\.0\\.1`));
        return true;
      },
    );
    // A start that failed leaves the folder free.
    await startTestSandbox(context, { folder: elsewhere });
  });

  test("says where the sandbox answers and of when it is; the key is the owner's alone", async (context) => {
    const folder = folderOf(context);
    const sandbox = await startTestSandbox(context, { folder });
    const info = readSandboxInfo(folder);
    assert.ok(info !== null);
    assert.deepEqual(
      { ...info, realAt: '', caFile: '' },
      {
        ...{
          sandbox: true,
          now: '2024-03-01T09:00:00.000Z',
          realAt: '',
          rate: 0,
          url: sandbox.url,
          caFile: '',
        },
        ...{ token: 'sandbox', pid: process.pid, running: true },
      },
    );
    await sandbox.advance(86_400_000);
    assert.equal(readSandboxInfo(folder)?.now, '2024-03-02T09:00:00.000Z');
    for (const file of ['key.pem', 'sandbox.json'])
      assert.equal(statSync(join(folder, file)).mode & 0o077, 0, file);
  });

  test('that is none says nothing', (context) => {
    const folder = folderOf(context);
    assert.equal(readSandboxInfo(folder), null);
    for (const text of ['', '{', '{"sandbox":false}', '{"sandbox":true}', '[]']) {
      writeFileSync(join(folder, 'sandbox.json'), text);
      assert.equal(readSandboxInfo(folder), null, text);
    }
  });

  test('that cannot be written is a clear error', async (context) => {
    const folder = folderOf(context);
    writeFileSync(join(folder, 'file'), '');
    await assert.rejects(startTestSandbox(context, { folder: join(folder, 'file', 'below') }), {
      code: 'file-unwritable',
    });
  });

  test('gets another certificate when the old one is unusable', async (context) => {
    const folder = folderOf(context);
    const first = await startTestSandbox(context, { folder });
    await first.close();
    writeFileSync(join(folder, 'ca.pem'), 'no certificate');
    const second = await startTestSandbox(context, { folder });
    assert.notEqual(second.ca, first.ca);
    assert.equal((await ask(second, '/sandbox/status')).status, 200);
  });
});

describe('a clock that runs', { timeout: 60_000 }, () => {
  test('lets things happen by themselves, as fast as it runs', async (context) => {
    // A day in a second and a half.
    const sandbox = await startTestSandbox(context, { rate: 60_000 });
    const pool = `${await clusterPath(sandbox, 'stage-weu')}/agentPools/apps`;
    const started = await ask(sandbox, `${pool}/upgradeNodeImageVersion?${AKS_VERSION}`, { method: 'POST' });
    for (let status = 'InProgress'; status === 'InProgress'; ) {
      const { body } = await ask(sandbox, header(started, 'azure-asyncoperation'));
      ({ status } = body as { status: string });
    }
    assert.equal((await poolOf(sandbox, pool)).properties.provisioningState, 'Succeeded');
  });
});
