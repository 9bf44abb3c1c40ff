import assert from 'node:assert/strict';
import fs from 'node:fs';
import { request } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { describe, test } from 'node:test';
import { statusOf, statusTable } from '../../src/interfaces/render/fleet/sandbox.ts';
import { AKS_VERSION, ask, clusterPath, type RawAnswer, startTestSandbox } from './support.ts';

interface Status {
  readonly sandbox: boolean;
  readonly now: string;
  readonly rate: number;
  readonly seed: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly operations: readonly { readonly kind: string; readonly target: string }[];
  readonly problem: string | null;
  readonly nextEvents: readonly { readonly at: string; readonly kind: string }[];
}

const messageOf = ({ body }: RawAnswer): string => (body as { error: { message: string } }).error.message;

describe('the control API', { timeout: 60_000 }, () => {
  test('tells the date, what there is, and what goes on, without a token', async (context) => {
    const sandbox = await startTestSandbox(context);
    const cluster = await clusterPath(sandbox, 'stage-weu');
    await ask(sandbox, `${cluster}/agentPools/apps/upgradeNodeImageVersion?${AKS_VERSION}`, {
      method: 'POST',
    });
    const answer = await ask(sandbox, '/sandbox/status', { token: null });
    const status = answer.body as Status;
    assert.deepEqual(
      [status.sandbox, status.now, status.rate, status.seed],
      [true, '2024-03-01T09:00:00.000Z', 0, 1],
    );
    assert.deepEqual([status.counts.subscriptions, status.counts.clusters], [3, 9]);
    assert.ok(
      (status.counts.nodes ?? 0) >= 60 && (status.counts.nodes ?? 0) <= 90,
      `${status.counts.nodes} nodes`,
    );
    assert.ok(
      (status.counts.pools ?? 0) >= 18 && (status.counts.pools ?? 0) <= 26,
      `${status.counts.pools} pools`,
    );
    assert.deepEqual(
      status.operations.map(({ kind }) => kind),
      ['UpgradeNodeImage'],
    );
    assert.deepEqual(status.nextEvents.map(({ at, kind }) => [at, kind]).slice(0, 2), [
      ['2024-03-01T09:00:30.000Z', 'upgrade'],
      ['2024-03-01T10:00:00.000Z', 'hour'],
    ]);
  });

  test('says that disks are left out where they cannot be made', async (context) => {
    const { existsSync } = fs;
    context.mock.method(fs, 'existsSync', (path: string) => !path.endsWith('mke2fs') && existsSync(path));
    syncBuiltinESMExports();
    try {
      const sandbox = await startTestSandbox(context);
      assert.match(
        sandbox.withoutDisks ?? '',
        /left out, because mke2fs of e2fsprogs is not installed here\.$/,
      );
      const { body } = await ask(sandbox, '/sandbox/status', { token: null });
      const page = statusTable(statusOf(body), '', { version: '', width: 120, color: false });
      assert.match(page, new RegExp(`^Disks +${sandbox.withoutDisks}$`, 'm'));
    } finally {
      context.mock.restoreAll();
      syncBuiltinESMExports();
    }
  });

  test('moves the clock by an amount and to an instant, never back', async (context) => {
    const sandbox = await startTestSandbox(context);
    const advance = (body: unknown): Promise<RawAnswer> =>
      ask(sandbox, '/sandbox/advance', { method: 'POST', body, token: null });
    const day = await advance({ ms: 86_400_000 });
    assert.deepEqual(day.body, {
      sandbox: true,
      from: '2024-03-01T09:00:00.000Z',
      now: '2024-03-02T09:00:00.000Z',
    });
    const until = await advance({ until: '2024-03-05T00:00:00Z' });
    assert.equal((until.body as { now: string }).now, '2024-03-05T00:00:00.000Z');
    const back = await advance({ until: '2024-03-04T00:00:00Z' });
    assert.equal(back.status, 400);
    assert.match(messageOf(back), /never goes back/);
    const far = await advance({ ms: 1e15 });
    assert.equal(far.status, 400);
    assert.match(messageOf(far), /at most ten years/);
    for (const body of [
      { ms: -1 },
      { ms: 1.5 },
      { ms: 1e300 },
      { until: 'tomorrow' },
      { until: '9999-01-01T00:00:00Z' },
      {},
      'x',
      { ms: 1, until: '2025-01-01T00:00:00Z' },
    ])
      assert.equal((await advance(body)).status, 400, JSON.stringify(body));
    assert.equal(sandbox.now().toISOString(), '2024-03-05T00:00:00.000Z');
  });

  test('tells of a new day before the answer, once for several; what fails there is told', async (context) => {
    const days: string[] = [];
    let fails = false;
    const onDay = async (day: string): Promise<void> => {
      // Whoever moved the clock waits for this.
      await new Promise((resolve) => setImmediate(resolve));
      if (fails) throw new Error('no advisories of that day');
      days.push(day);
    };
    const sandbox = await startTestSandbox(context, { onDay });
    await sandbox.advance(3_600_000);
    assert.deepEqual(days, []);
    await sandbox.advance(86_400_000);
    assert.deepEqual(days, ['2024-03-02']);
    await sandbox.advance(7 * 86_400_000);
    assert.deepEqual(days, ['2024-03-02', '2024-03-09']);
    fails = true;
    const answer = await ask(sandbox, '/sandbox/advance', { method: 'POST', body: { ms: 86_400_000 } });
    assert.equal(answer.status, 500);
    assert.match(messageOf(answer), /no advisories of that day/);
    const { body } = await ask(sandbox, '/sandbox/status');
    assert.equal((body as Status).problem, 'no advisories of that day');
    fails = false;
    await sandbox.advance(86_400_000);
    assert.equal(((await ask(sandbox, '/sandbox/status')).body as Status).problem, null);
  });

  test('several who move the clock at once move it one after the other', async (context) => {
    const sandbox = await startTestSandbox(context);
    await Promise.all(Array.from({ length: 5 }, () => sandbox.advance(86_400_000)));
    const { now } = (await ask(sandbox, '/sandbox/status')).body as Status;
    assert.equal(now, '2024-03-06T09:00:00.000Z');
  });

  test('does nothing for pages of the web, by whatever name they call this machine', async (context) => {
    const sandbox = await startTestSandbox(context);
    const headers = [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { host: 'evil.example' },
    ];
    for (const each of headers) {
      const answer = await ask(sandbox, '/sandbox/advance', {
        method: 'POST',
        body: { ms: 1 },
        headers: each,
      });
      assert.equal(answer.status, 403, JSON.stringify(each));
    }
    assert.equal(sandbox.now().toISOString(), '2024-03-01T09:00:00.000Z');
  });

  test('answers on the loopback address alone', async (context) => {
    const sandbox = await startTestSandbox(context);
    const { port } = new URL(sandbox.url);
    await assert.rejects(
      new Promise((resolve, reject) => {
        request({ host: '127.0.0.2', port, path: '/' }, resolve).on('error', reject).end();
      }),
      { code: 'ECONNREFUSED' },
    );
  });
});
