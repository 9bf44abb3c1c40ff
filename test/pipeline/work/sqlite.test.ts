/** One process that keeps a SQLite store current, on a real sandbox. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  assertSame,
  contentOf,
  copyOf,
  days,
  doOnce,
  enableEverything,
  sandboxIn,
  start,
  toldIn,
} from './support.ts';

describe('a process that keeps a SQLite store current', { timeout: 400_000 }, () => {
  it('killed at any moment it loses and doubles nothing', async (context) => {
    const sandbox = await sandboxIn(context);
    const [calm, hurt] = [{ folder: copyOf(sandbox.folder) }, { folder: copyOf(sandbox.folder) }];
    for (const kept of [calm, hurt]) await enableEverything(kept);
    for (const step of [0, 20, 45]) {
      await sandbox.advance(days(step));
      for (const { folder } of [calm, hurt]) copyOf(sandbox.folder, folder);
      const began = Date.now();
      await doOnce(context, calm);
      const took = Date.now() - began;
      for (let kills = 0; kills < 5; kills++) {
        const victim = start(context, kills % 2 === 0 ? 'once' : 'run', hurt);
        await Promise.race([victim.ended, pause(took * (0.15 + Math.random() * 0.8))]);
        await victim.kill();
      }
      await doOnce(context, hurt);
      assertSame(await contentOf(hurt), await contentOf(calm));
    }
    const told = toldIn(hurt.folder);
    assert.ok(told.size > 0);
    assert.deepEqual([...told.keys()].sort(), [...toldIn(calm.folder).keys()].sort());
  });
});
