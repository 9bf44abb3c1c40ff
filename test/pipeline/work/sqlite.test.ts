/** One process that keeps a SQLite store current, on a real sandbox. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { lacking } from '../../support/tools.ts';
import {
  assertSame,
  contentOf,
  copyOf,
  days,
  doOnce,
  enableEverything,
  sandboxIn,
  snapshotsOf,
  start,
  toldIn,
} from './support.ts';

describe('a process that keeps a SQLite store current', { timeout: 400_000 }, () => {
  it('killed at any moment it loses and doubles nothing', async (context) => {
    const sandbox = await sandboxIn(context);
    const [calm, hurt] = [{ folder: copyOf(sandbox.folder) }, { folder: copyOf(sandbox.folder) }];
    for (const kept of [calm, hurt]) await enableEverything(kept);
    for (const step of [0, 45]) {
      await sandbox.advance(days(step));
      for (const { folder } of [calm, hurt]) copyOf(sandbox.folder, folder);
      const began = Date.now();
      await doOnce(context, calm);
      const took = Date.now() - began;
      for (let kills = 0; kills < 4; kills++) {
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

  it('reads disks one by one; killed while it reads, it leaves no snapshot behind', {
    skip: lacking('mke2fs'),
  }, async (context) => {
    const sandbox = await sandboxIn(context);
    const calm = { folder: copyOf(sandbox.folder), disks: 'sample' } as const;
    const hurt = { folder: copyOf(sandbox.folder), disks: 'sample' } as const;
    for (const kept of [calm, hurt]) await enableEverything(kept);
    assert.match(await doOnce(context, calm), /scan-disk: the disk of \d+ was read/);
    const victim = start(context, 'run', hurt);
    await victim.says('scan-disk: the disk of');
    await victim.kill();
    await doOnce(context, hurt);
    // News do not wait for disks, which take long: what the first digest tells depends on how far they were.
    const [{ digests: _, ...got }, { digests: __, ...wanted }] = [
      await contentOf(hurt),
      await contentOf(calm),
    ];
    assertSame(got, wanted);
    // What it left is removed by the next look at the fleet.
    await sandbox.advance(days(1));
    for (const { folder } of [calm, hurt]) copyOf(sandbox.folder, folder);
    await doOnce(context, hurt);
    assert.equal(await snapshotsOf(sandbox), 0);
  });
});
