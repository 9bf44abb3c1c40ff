/** Processes that share the work through PostgreSQL, on a real server and a real sandbox. */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { noPostgres, type PostgresServer, startPostgres } from '../../support/postgres.ts';
import {
  assertSame,
  contentOf,
  copyOf,
  days,
  doOnce,
  enableEverything,
  type Kept,
  sandboxIn,
  start,
  toldIn,
} from './support.ts';

describe('processes that share the work', { skip: noPostgres(), timeout: 600_000 }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());

  it('killed at any moment they lose and double nothing; the server may go down under them', async (context) => {
    const sandbox = await sandboxIn(context);
    const calm: Kept = { folder: copyOf(sandbox.folder) };
    const hurt: Kept = { folder: copyOf(sandbox.folder), url: await server.database('shared') };
    for (const kept of [calm, hurt]) await enableEverything(kept);
    for (const step of [0, 40]) {
      await sandbox.advance(days(step));
      for (const { folder } of [calm, hurt]) copyOf(sandbox.folder, folder);
      await doOnce(context, calm);
      const leading = start(context, 'run', hurt);
      const workers = [start(context, 'worker', hurt), start(context, 'worker', hurt)];
      const one = (text: string) => Promise.any([leading, ...workers].map((each) => each.says(text)));
      await one('discover: ');
      // One is killed while clusters are read, one while lists are assessed; then whoever decides what is due.
      await workers[0]?.kill();
      await one('assess: ');
      await pause(Math.random() * 1500);
      await workers[1]?.kill();
      const helper = start(context, 'run', hurt);
      await helper.says('another process decides');
      await leading.kill();
      if (step > 0) await server.crash();
      await doOnce(context, hurt);
      await helper.stop();
      assertSame(await contentOf(hurt), await contentOf(calm));
    }
    const told = toldIn(hurt.folder);
    assert.ok(told.size > 0);
    assert.deepEqual([...told.keys()].sort(), [...toldIn(calm.folder).keys()].sort());
  });

  it('a worker with other advisories than those of who decides writes nothing, and says so', async (context) => {
    const sandbox = await sandboxIn(context);
    const calm: Kept = { folder: copyOf(sandbox.folder) };
    const kept: Kept = { folder: copyOf(sandbox.folder), url: await server.database('advisories') };
    const behind: Kept = { ...kept, folder: copyOf(sandbox.folder) };
    await sandbox.advance(days(20));
    for (const { folder } of [calm, kept]) copyOf(sandbox.folder, folder);
    for (const name of ['sandbox.json', 'images.db'])
      cpSync(join(sandbox.folder, name), join(behind.folder, name));
    for (const each of [calm, kept]) await enableEverything(each);
    await doOnce(context, calm);
    const worker = start(context, 'worker', behind);
    await worker.says('started');
    const deciding = start(context, 'run', kept);
    await worker.says('are not those of the process that decides what is assessed');
    await worker.stop();
    await deciding.says('summarise: ');
    await deciding.stop();
    await doOnce(context, kept);
    assertSame(await contentOf(kept), await contentOf(calm));
  });
});
