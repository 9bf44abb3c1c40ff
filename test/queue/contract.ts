/** What every queue keeps to. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Job, JobKind, JobQueue } from '../../src/queue/index.ts';

/** Kinds as a pipeline has them: `parts` may run side by side, and `sum` comes after them. */
export const KINDS: readonly JobKind[] = [
  { name: 'parts', after: [], parallel: 3, seconds: 60 },
  { name: 'sum', after: ['parts'], parallel: 1, seconds: 60 },
];

export const part = (key: string, data: Job['data'] = {}): Job => ({ kind: 'parts', key, data });
export const sum: Job = { kind: 'sum', key: '', data: {} };
export const never = new AbortController().signal;

/** Runs the contract on queues that a function opens, each of them empty. */
export function queueContract(
  open: (context: { after(done: () => Promise<void>): void }) => Promise<JobQueue>,
): void {
  it('does each job once, with its data', async (context) => {
    const queue = await open(context);
    const done: string[] = [];
    await queue.send([part('a', { n: '1' }), part('b', { n: '2' })]);
    await queue.work(async ({ key, data }) => void done.push(`${key}${data.n}`));
    await queue.idle(never);
    assert.deepEqual(done.sort(), ['a1', 'b2']);
  });

  it('keeps one job waiting for each key, with the data that was sent last', async (context) => {
    const queue = await open(context);
    const done: unknown[] = [];
    await queue.send([part('a', { n: '1' })]);
    await queue.send([part('a', { n: '2' }), part('b', { n: '3' })]);
    await queue.send([part('a', { n: '4' })]);
    await queue.work(async ({ key, data }) => void done.push([key, data.n]));
    await queue.idle(never);
    assert.deepEqual(done.sort(), [
      ['a', '4'],
      ['b', '3'],
    ]);
  });

  it('does a job again that was sent while it ran, and never two of a key at once', async (context) => {
    const queue = await open(context);
    let running = 0;
    let most = 0;
    const runs: string[] = [];
    await queue.work(async ({ key, data }) => {
      most = Math.max(most, ++running);
      if (data.n === '1') await queue.send([part(key, { n: '2' }), part(key, { n: '3' })]);
      await new Promise((resolve) => setImmediate(resolve));
      runs.push(data.n ?? '');
      running--;
    });
    await queue.send([part('a', { n: '1' })]);
    await queue.idle(never);
    assert.deepEqual([runs, most], [['1', '3'], 1]);
  });

  it('takes earlier kinds first, and runs no more of a kind side by side than it may', async (context) => {
    const queue = await open(context);
    const order: string[] = [];
    let running = 0;
    let most = 0;
    await queue.send([sum, ...Array.from({ length: 8 }, (_, index) => part(String(index)))]);
    await queue.work(async ({ kind }) => {
      order.push(kind);
      if (kind === 'parts') most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (kind === 'parts') running--;
    });
    await queue.idle(never);
    assert.equal(order.filter((kind) => kind === 'parts').length, 8);
    assert.equal(order[0], 'parts');
    assert.equal(order.filter((kind) => kind === 'sum').length, 1);
    assert.ok(most <= 3, String(most));
  });

  it('tells whether a job of a kind waits that nobody has begun', async (context) => {
    const queue = await open(context);
    const told: boolean[] = [];
    await queue.send([part('a'), sum]);
    assert.deepEqual(
      [await queue.waits('parts'), await queue.waits('sum'), await queue.waits('other')],
      [true, true, false],
    );
    await queue.work(async ({ kind }) => {
      if (kind === 'parts') told.push(await queue.waits('parts'));
    });
    await queue.idle(never);
    assert.deepEqual([told, await queue.waits('sum')], [[false], false]);
  });

  it('tells whether jobs of some kinds wait or run', async (context) => {
    const queue = await open(context);
    const told: boolean[] = [];
    const look = async () => void told.push(await queue.busy(['other', 'parts']));
    await look();
    await queue.send([part('a')]);
    await look();
    await queue.work(look);
    await queue.idle(never);
    await look();
    assert.deepEqual(told, [false, true, true, false]);
  });

  it('tries a job again that failed, and goes on with the others', async (context) => {
    const queue = await open(context);
    let failures = 0;
    const done: string[] = [];
    await queue.work(async ({ key }) => {
      if (key === 'bad' && failures++ === 0) throw new Error('not now');
      done.push(key);
    });
    await queue.send([part('bad'), part('good')]);
    await queue.idle(never);
    assert.deepEqual([done, failures], [['good', 'bad'], 2]);
  });

  it('stops: what runs is interrupted and waited for', async (context) => {
    const queue = await open(context);
    let told: unknown;
    const begun = new Promise<void>((resolve) => {
      void queue.work(async (_, signal) => {
        resolve();
        await new Promise((ended) => signal.addEventListener('abort', ended, { once: true }));
        told = signal.aborted;
        throw signal.reason;
      });
    });
    await queue.send([part('a')]);
    await begun;
    await queue.stop();
    assert.equal(told, true);
  });

  it('waits for nothing where the signal is aborted', async (context) => {
    const queue = await open(context);
    await queue.send([part('a')]);
    const stop = new AbortController();
    const waiting = queue.idle(stop.signal);
    stop.abort(new Error('enough'));
    await assert.rejects(waiting);
  });
}
