import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LocalQueue } from '../../src/queue/index.ts';
import { KINDS, never, part, queueContract, sum } from './contract.ts';

const FAST = { firstRetryMs: 1 };

describe('a queue in one process', { timeout: 30_000 }, () => {
  queueContract(async (context) => {
    const queue = new LocalQueue(KINDS, FAST);
    context.after(() => queue.stop());
    return queue;
  });

  it('gives up a job that fails each time', async () => {
    const queue = new LocalQueue(KINDS, FAST);
    let tries = 0;
    await queue.work(async () => {
      tries++;
      throw new Error('never');
    });
    await queue.send([part('a')]);
    await queue.idle(never);
    assert.equal(tries, 7);
  });

  it('keeps nobody waiting for a job that is tried again later', async () => {
    const queue = new LocalQueue(KINDS, { firstRetryMs: 60_000 });
    const summed = new Promise<void>((resolve) => {
      void queue.work(async ({ kind }) => {
        if (kind === 'parts') throw new Error('later');
        resolve();
      });
    });
    await queue.send([part('a'), sum]);
    await summed;
    await queue.stop();
  });

  it('does not hold a job back for ever', async () => {
    let now = 0;
    const queue = new LocalQueue(KINDS, { ...FAST, now: () => now });
    const summed = new Promise<void>((resolve) => {
      void queue.work(async ({ kind, key }) => {
        if (kind === 'sum') return resolve();
        // There is always one more.
        now += 60_000;
        await queue.send([part(`${key}x`)]);
      });
    });
    await queue.send([part(''), sum]);
    await summed;
    assert.ok(now >= 600_000, String(now));
    await queue.stop();
  });

  it('begins a later kind only when no job of an earlier one waits or runs', async () => {
    const queue = new LocalQueue(KINDS, FAST);
    let parts = 0;
    const seen: number[] = [];
    await queue.work(async ({ kind, key }) => {
      if (kind === 'sum') return void seen.push(parts);
      await new Promise((resolve) => setImmediate(resolve));
      if (key === '1') await queue.send([sum, part('late')]);
      parts++;
    });
    await queue.send(['1', '2', '3', '4', '5'].map((key) => part(key)));
    await queue.idle(never);
    assert.deepEqual(seen, [6]);
  });
});
