import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { deliver, planDigests } from '../../../src/pipeline/notify/index.ts';
import { NEVER_ABORTED } from '../../interfaces/notifications/support.ts';
import { noPostgres, type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { notifyConformance } from './conformance.ts';
import { channelOf, FLEET_CLOCK, newStore, news } from './support.ts';

describe('notifications on PostgreSQL', { skip: noPostgres() }, () => {
  let server: PostgresServer | null = null;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server?.stop());
  const place = async (name: string) => {
    if (server === null) throw new Error('the server runs only while tests do');
    return { url: await server.database(name) };
  };
  notifyConformance(place);

  test('machines whose clocks differ never send a digest at the same time', {
    timeout: 60_000,
  }, async (t) => {
    const store = await newStore(await place('notify-clocks'));
    t.after(() => store.close());
    const fleet = { store, clock: FLEET_CLOCK };
    const [made] = await planDigests(fleet, [{ kind: 'slack' }], { notices: news(1) });
    const begun = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const slow = channelOf('slack', async () => {
      begun.resolve();
      await arrived.promise;
      return { outcome: 'sent', note: null };
    });
    const first = deliver(fleet, [slow], { signal: NEVER_ABORTED });
    await begun.promise;
    const other = channelOf('slack', () => Promise.reject(new Error('sent twice')));
    const now = Date.now();
    for (const minutes of [-200, -60, -1, 3, 60, 200]) {
      t.mock.timers.enable({ apis: ['Date'], now: now + minutes * 60_000 });
      const { sent, waiting, failed } = await deliver(fleet, [other], { signal: NEVER_ABORTED });
      assert.deepEqual([sent, waiting, failed], [0, 0, 0], `${minutes} minutes`);
      t.mock.timers.reset();
    }
    arrived.resolve();
    assert.equal((await first).sent, 1);
    assert.deepEqual((await store.governance.audit())[0]?.subject, made?.id);
  });
});
