import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openPostgres } from '../../src/storage/database/postgres.ts';
import { openStore, type Store } from '../../src/storage/index.ts';
import { noPostgres, startPostgres } from '../support/postgres.ts';
import { evidenceConformance } from './evidence-conformance.ts';
import { inventoryConformance } from './inventory-conformance.ts';
import { postgresPeer, urlOf } from './postgres-support.ts';
import { storeConformance } from './store-conformance.ts';
import { code, day, openOn } from './support.ts';

const REAL = { create: true, sandbox: false } as const;

describe('PostgreSQL', { skip: noPostgres(), timeout: 300_000 }, () => {
  const peer = postgresPeer();
  storeConformance(peer, async (place) => openPostgres(urlOf(place), {}));
  inventoryConformance('PostgreSQL', openOn(peer));
  evidenceConformance('PostgreSQL', openOn(peer));

  const enable = (store: Store, by: string): Promise<void> =>
    store.write(({ inventory }) => inventory.putEnablement({ scope: 'all', enabled: true, at: day(1), by }));
  const enabledBy = async (store: Store) => (await store.inventory.enablements()).map(({ by }) => by);

  it('says why it cannot be opened, and never a password', async () => {
    const { server } = peer;
    await server().database('refuses');
    const postgres = server().url('postgres');
    await server().database('standby');
    await server().run(
      postgres,
      `CREATE ROLE guest LOGIN PASSWORD 'guest secret';
        ALTER DATABASE standby SET default_transaction_read_only = on`,
    );
    const guest = { user: 'guest', password: 'guest secret' };
    const cases: readonly (readonly [string, RegExp])[] = [
      [server().url('refuses', { password: 'wrong secret' }), /does not let this user in/],
      [server().url('nowhere'), /has no such database/],
      [server().url('refuses', guest), /does not permit this user/],
      [server().url('standby'), /can only be read/],
      ['postgres://user:some%20secret@127.0.0.1:1/x', /cannot be reached/],
      ['postgres://user:some%20secret@nowhere.invalid/x', /cannot be reached/],
      ['postgres://user:some@secret@127.0.0.1:1/x?password=secret', /cannot be reached/],
      [`${server().url('refuses')}?sslmode=verify-full`, /cannot be reached/],
    ];
    for (const [url, message] of cases)
      await assert.rejects(openStore({ url }, REAL), (thrown) => {
        assert.ok(code('store-failed')(thrown), String(thrown));
        assert.match(String(thrown), message);
        assert.doesNotMatch(String(thrown), /secret|horse/);
        return true;
      });
  });

  it('fails where a connection cannot be set up, and waits for nothing', async () => {
    const place = await peer.place('no-settings');
    await assert.rejects(openStore(place, { ...REAL, patience: -5 }), /lock_timeout/);
  });

  it('keeps everything in its own schema, beside tables of others that have the same names', async () => {
    const place = await peer.place('shared');
    await peer.run(place, 'CREATE TABLE meta (x int); CREATE TABLE node (x int)');
    const store = await openStore(place, REAL);
    await enable(store, 'alice');
    await store.close();
    const names = await peer.run(
      place,
      `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
    );
    assert.deepEqual(names, [{ tablename: 'meta' }, { tablename: 'node' }]);
    assert.deepEqual(await peer.run(place, 'SELECT * FROM public.meta'), []);
  });

  it('runs a transaction again that failed only because of others, and not without end', async () => {
    const place = await peer.place('serialization');
    const store = await openStore(place, REAL);
    // The sequence counts on where transactions are undone.
    await peer.run(
      place,
      `SET search_path TO nodeward; CREATE SEQUENCE tries;
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF nextval('nodeward.tries') < 4 THEN RAISE EXCEPTION 'not now' USING ERRCODE = '40001'; END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER fail BEFORE INSERT ON enablement FOR EACH ROW EXECUTE FUNCTION fail()`,
    );
    await enable(store, 'alice');
    assert.deepEqual(await enabledBy(store), ['alice']);
    assert.deepEqual(await peer.run(place, 'SELECT last_value::int AS tries FROM nodeward.tries'), [
      { tries: 4 },
    ]);
    await peer.run(
      place,
      'ALTER SEQUENCE nodeward.tries RESTART; ALTER SEQUENCE nodeward.tries INCREMENT -1 MINVALUE -9',
    );
    await assert.rejects(enable(store, 'bob'), code('store-busy'));
    assert.deepEqual(await enabledBy(store), ['alice']);
    await store.close();
  });

  it('goes on after connections were broken; what was being written is told and not there', async () => {
    const place = await peer.place('broken');
    const store = await openStore(place, REAL);
    const breakAll = () =>
      peer.run(
        place,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = 'broken' AND pid <> pg_backend_pid()`,
      );
    await breakAll();
    await enable(store, 'alice');
    const broken = store.write(async ({ inventory }) => {
      await inventory.putEnablement({ scope: 'all', enabled: true, at: day(2), by: 'bob' });
      await breakAll();
      await inventory.enablements();
    });
    await assert.rejects(broken, code('store-failed'));
    assert.deepEqual(await enabledBy(store), ['alice']);
    await store.close();
  });

  it('a server that fails loses nothing that was acknowledged', async () => {
    // One of its own: recovery takes as long as there are databases.
    const server = await startPostgres();
    try {
      const store = await openStore({ url: await server.database('crash') }, REAL);
      for (let number = 0; number < 20; number++) await enable(store, `user ${number}`);
      await server.crash();
      assert.deepEqual(await enabledBy(store), ['user 19']);
      await store.close();
    } finally {
      await server.stop();
    }
  });

  it('a process that is asked too much of at once waits for its connections', async () => {
    const place = await peer.place('many');
    const store = await openStore(place, REAL);
    await enable(store, 'alice');
    const all = await Promise.all(
      Array.from({ length: 40 }, () => store.read((reader) => reader.inventory.enablements())),
    );
    assert.ok(all.every(([first]) => first?.by === 'alice'));
    await store.close();
  });
});
