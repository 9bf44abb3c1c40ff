import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type MetricsServer, startMetrics } from '../../../src/interfaces/metrics/index.ts';
import type { Fleet } from '../../../src/pipeline/fleet/index.ts';
import { SNAPSHOT } from '../../matching/support.ts';
import { code } from '../../storage/support.ts';
import { noPostgres, startPostgres } from '../../support/postgres.ts';
import { parseExposition } from './exposition.ts';
import { emptyFleet, fill, recommendation, task } from './support.ts';

const BOUND = { timeout: 30_000 };

async function started(t: TestContext): Promise<{ fleet: Fleet; server: MetricsServer }> {
  const fleet = await emptyFleet(SNAPSHOT);
  const server = await startMetrics({ listen: '127.0.0.1:0', fleet, version: '0.1.0' });
  t.after(async () => {
    await server.close();
    await fleet.store.close();
  });
  return { fleet, server };
}

async function get(
  server: MetricsServer,
  path: string,
  init: RequestInit = {},
): Promise<[number, string, string]> {
  const response = await fetch(new URL(path, server.url), init);
  return [response.status, await response.text(), response.headers.get('content-type') ?? ''];
}

test('metrics, made anew when some seconds have passed', BOUND, async (t) => {
  const { fleet, server } = await started(t);
  await fill(fleet, [recommendation(1)]);
  let reads = 0;
  const read = fleet.store.read.bind(fleet.store);
  fleet.store.read = (look) => {
    reads++;
    return read(look);
  };
  const answers = await Promise.all([1, 2, 3].map(() => get(server, '/metrics')));
  for (const [status, text, type] of answers) {
    assert.equal(status, 200);
    assert.match(type, /^text\/plain; version=0\.0\.4; charset=utf-8$/);
    assert.ok(parseExposition(text).has('nodeward_findings'));
  }
  assert.equal(reads, 1);
});

test('it lives, and is ready while the store answers and tasks go well', BOUND, async (t) => {
  const { fleet, server } = await started(t);
  assert.deepEqual((await get(server, '/healthz')).slice(0, 2), [200, 'ok\n']);
  assert.deepEqual((await get(server, '/readyz')).slice(0, 2), [200, 'ok\n']);
  const failing = (failingSince: string) =>
    fleet.store.write(({ governance }) =>
      governance.putTask(
        task({ task: 'advisories', result: 'failed', error: 'no network\r\nX: y', failingSince }),
      ),
    );
  await failing('2024-08-09T09:00:00.000Z');
  assert.equal((await get(server, '/readyz'))[0], 200);
  await failing('2024-08-09T07:00:00.000Z');
  const [status, text] = await get(server, '/readyz');
  assert.equal(status, 503);
  assert.match(
    text,
    /^The task advisories has failed since 2024-08-09T07:00:00\.000Z: no network[^\r\n]+\n$/,
  );
  assert.equal((await get(server, '/healthz'))[0], 200);
});

test('a store that does not answer is said, not shown as nothing', {
  ...BOUND,
  skip: noPostgres(),
}, async (t) => {
  const postgres = await startPostgres();
  const fleet = await emptyFleet(SNAPSHOT, { url: await postgres.database('metrics') });
  const server = await startMetrics({ listen: '127.0.0.1:0', fleet, version: '0.1.0' });
  t.after(async () => {
    await server.close();
    await fleet.store.close();
  });
  await postgres.stop();
  const [status, text] = await get(server, '/metrics');
  assert.equal(status, 503);
  assert.ok(!text.includes('nodeward_'));
  const [ready, why] = await get(server, '/readyz');
  assert.equal(ready, 503);
  assert.match(why, /^The store does not answer: /);
  assert.equal((await get(server, '/healthz'))[0], 200);
});

test('there is nothing else, and nothing can be sent to it', BOUND, async (t) => {
  const { server } = await started(t);
  assert.equal((await get(server, '/'))[0], 404);
  assert.equal((await get(server, '/metrics/../../etc/passwd'))[0], 404);
  assert.equal((await get(server, '/metrics', { method: 'POST', body: '{' }))[0], 404);
  assert.equal((await get(server, '/%ff'))[0] >= 400, true);
});

test('a port that is in use is said', BOUND, async (t) => {
  const fleet = await emptyFleet(SNAPSHOT);
  t.after(() => fleet.store.close());
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.after(() => taken.close());
  const { port } = taken.address() as { port: number };
  for (const [listen, words] of [
    [`127.0.0.1:${port}`, /another program listens there/],
    ['192.0.2.1:9464', /this machine has no such address/],
  ] as const)
    await assert.rejects(startMetrics({ listen, fleet, version: '0.1.0' }), (thrown: Error) => {
      assert.ok(code('config-invalid')(thrown));
      assert.match(thrown.message, words);
      return true;
    });
});
