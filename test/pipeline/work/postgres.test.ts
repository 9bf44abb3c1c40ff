/** Processes that share the work through PostgreSQL, on a real server and a real sandbox. */
import assert from 'node:assert/strict';
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
      await leading.says('run: ').catch(() => {});
      // One is killed in the middle of discovery, one while lists are assessed; then whoever decides what is due.
      await pause(500 + Math.random() * 1500);
      await workers[0]?.kill();
      await pause(Math.random() * 2000);
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
});
