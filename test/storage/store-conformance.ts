/** What every store must do as a whole, whatever database it is on: opening, transactions, durability. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Database } from '../../src/storage/database/types.ts';
import { openStore, type Store, type StorePlace, type StoreWriter } from '../../src/storage/index.ts';
import { MIGRATIONS, migrate } from '../../src/storage/migrations/index.ts';
import type { Migration } from '../../src/storage/migrations/types.ts';
import { rollup } from './findings-support.ts';
import { cluster, code, day, evidence, list, node, type Peer, pool, SUBSCRIPTION } from './support.ts';

const one = cluster('one');
const np1 = pool(one, 'np1');
const REAL = { create: true, sandbox: false } as const;

async function fill(store: Store): Promise<void> {
  await store.write(async ({ inventory }) => {
    await inventory.putSubscription(SUBSCRIPTION, day(1));
    await inventory.putCluster(one, day(1));
    await inventory.putPools(one.id, [np1], day(1));
  });
}

/** Runs the suites on stores of a peer. */
export function storeConformance(peer: Peer, open: (place: StorePlace) => Promise<Database>): void {
  opening(peer);
  migrations(peer, open);
  transactions(peer);
  durability(peer);
}

function opening(peer: Peer): void {
  describe(`opening a store on ${peer.database}`, { timeout: 60_000 }, () => {
    it('says that there is none, and makes none', async () => {
      const place = await peer.place('missing');
      for (let i = 0; i < 2; i++)
        await assert.rejects(openStore(place, { create: false, sandbox: false }), code('store-missing'));
    });

    it('gives each store an id of its own, which it keeps', async () => {
      const ids: string[] = [];
      for (const name of ['own-1', 'own-2', 'own-1']) {
        const store = await openStore(await peer.place(name), REAL);
        ids.push(store.installation);
        await store.close();
      }
      assert.match(ids[0] ?? '', /^[0-9a-f-]{36}$/);
      assert.notEqual(ids[0], ids[1]);
      assert.equal(ids[0], ids[2]);
    });

    it('is the same after it was closed and opened', async () => {
      const place = await peer.place('again');
      let store = await openStore(place, REAL);
      await fill(store);
      await store.write(async ({ inventory }) => {
        await inventory.putNodes([node(np1, 1)], day(1));
        await inventory.putSoftware('sha256:1', list('1'));
        await inventory.putEvidence([evidence(node(np1, 1))]);
        await inventory.putEnablement({ scope: 'all', enabled: true, at: day(1), by: 'alice' });
      });
      const everything = async ({ installation, inventory }: Store): Promise<unknown> => [
        installation,
        await inventory.clusters(),
        await inventory.nodes({ cluster: one.id }),
        await inventory.evidence({ cluster: one.id }),
        await inventory.software('sha256:1'),
        await inventory.enablements(),
      ];
      const before = await everything(store);
      await store.close();
      store = await openStore(place, { create: false, sandbox: false });
      assert.deepEqual(await everything(store), before);
      await store.close();
    });

    it('never takes the store of a sandbox for a real one, nor the reverse', async () => {
      for (const sandbox of [true, false]) {
        const place = await peer.place(`sandbox-${sandbox}`);
        await (await openStore(place, { create: true, sandbox })).close();
        await assert.rejects(openStore(place, { create: true, sandbox: !sandbox }), (thrown) => {
          assert.ok(code('store-unusable')(thrown));
          assert.match(String(thrown), sandbox ? /made-up/ : /real fleet/);
          return true;
        });
        await (await openStore(place, { create: true, sandbox })).close();
      }
    });

    it('refuses a newer layout and a database of another kind, and leaves them as they are', async () => {
      const newer = await peer.place('newer');
      await (await openStore(newer, REAL)).close();
      const sqlite = peer.database === 'sqlite';
      await peer.run(
        newer,
        sqlite ? 'PRAGMA user_version = 99' : `UPDATE nodeward.meta SET value = '99' WHERE name = 'layout'`,
      );
      await assert.rejects(openStore(newer, REAL), (thrown) => {
        assert.ok(code('store-unusable')(thrown));
        assert.match(String(thrown), /layout 99/);
        return true;
      });
      const other = await peer.place('other');
      const [schema, table] = sqlite ? ['', 'recipes'] : ['CREATE SCHEMA nodeward;', 'nodeward.recipes'];
      await peer.run(other, `${schema} CREATE TABLE ${table} (name TEXT)`);
      await assert.rejects(openStore(other, REAL), code('store-unusable'));
      const tables = sqlite
        ? 'SELECT name FROM sqlite_schema'
        : `SELECT tablename FROM pg_tables WHERE schemaname = 'nodeward'`;
      assert.equal((await peer.run(other, tables)).length, 1);
    });

    it('is made once by processes that open it at the same time', async () => {
      const place = JSON.stringify(await peer.place('together'));
      const child = fileURLToPath(new URL('./opener.child.ts', import.meta.url));
      const opened = await Promise.all(
        Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, [child, place])),
      );
      assert.equal(new Set(opened.map(({ stdout }) => stdout)).size, 1);
    });

    it('another process that holds the turn to write is named, not waited for without end', async () => {
      const place = await peer.place('held');
      const [holder, waiter] = [
        await openStore(place, REAL),
        await openStore(place, { ...REAL, patience: 50 }),
      ];
      await holder.write(async () => {
        await assert.rejects(fill(waiter), code('store-busy'));
        assert.deepEqual(await waiter.inventory.clusters(), [], 'readers do not wait for a writer');
      });
      await fill(waiter);
      for (const store of [holder, waiter]) await store.close();
    });
  });
}

function migrations(peer: Peer, open: (place: StorePlace) => Promise<Database>): void {
  it(`migrations on ${peer.database} run in order, once each, and all of them or none`, async () => {
    const database = await open(await peer.place('migrations'));
    const ran: number[] = [];
    const step =
      (number: number): Migration =>
      ({ integer }) => {
        ran.push(number);
        return [`CREATE TABLE step${number} (x ${integer})`];
      };
    const fails: Migration = () => ['CREATE TABLE half (x INTEGER)', 'SELECT * FROM nowhere'];
    const layout = () => database.layout(database.writing);
    try {
      assert.equal(await layout(), 0);
      await assert.rejects(migrate(database, [...MIGRATIONS, step(1), fails]), /nowhere/);
      assert.equal(await layout(), 0);
      await migrate(database);
      assert.equal(await layout(), MIGRATIONS.length);
      ran.length = 0;
      await assert.rejects(migrate(database, [...MIGRATIONS, step(1), fails]), /nowhere/);
      assert.equal(await layout(), MIGRATIONS.length);
      for (let i = 0; i < 2; i++) await migrate(database, [...MIGRATIONS, step(1), step(2)]);
      assert.deepEqual(ran, [1, 1, 2]);
    } finally {
      await database.close();
    }
  });
}

function transactions(peer: Peer): void {
  describe(`transactions on ${peer.database}`, { timeout: 60_000 }, () => {
    let place: StorePlace;
    before(async () => {
      place = await peer.place('transactions');
      const store = await openStore(place, REAL);
      await fill(store);
      await store.close();
    });
    const using = async (work: (stores: readonly [Store, Store]) => Promise<void>): Promise<void> => {
      const stores = [await openStore(place, REAL), await openStore(place, REAL)] as const;
      try {
        await work(stores);
      } finally {
        for (const store of stores) await store.close();
      }
    };

    it('a read is of one instant while others write', () =>
      using(async ([own, other]) => {
        await own.read(async ({ inventory }) => {
          assert.equal((await inventory.counts()).nodes, 0);
          for (const [number, store] of [other, own].entries())
            await store.write((writer) => writer.inventory.putNodes([node(np1, number)], day(1)));
          assert.equal((await inventory.counts()).nodes, 0);
        });
        assert.equal((await own.inventory.counts()).nodes, 2);
      }));

    it('a read waits for no other, nor for one that it is inside of', () =>
      using(async ([own]) => {
        const { nodes } = await own.inventory.counts();
        await own.read(async () => {
          const others = [own.inventory.counts(), own.read(({ inventory }) => inventory.counts())];
          for (const each of await Promise.all(others)) assert.equal(each.nodes, nodes);
        });
      }));

    it('a write sees what it changed, and nobody else does until it is whole', () =>
      using(async ([own, other]) => {
        await own.write(async ({ inventory }) => {
          await inventory.keepNodes(one.id, new Set(), day(2));
          assert.equal((await inventory.counts()).nodes, 0);
          for (const store of [own, other]) assert.equal((await store.inventory.counts()).nodes, 2);
        });
        assert.equal((await other.inventory.counts()).nodes, 0);
      }));

    it('what fails is undone as a whole, and the store works on', () =>
      using(async ([own]) => {
        await assert.rejects(
          own.write(async ({ inventory }) => {
            await inventory.putNodes([node(np1, 7)], day(3));
            throw new Error('no');
          }),
          /^Error: no$/,
        );
        assert.equal((await own.inventory.counts()).nodes, 0);
        await own.write(({ inventory }) => inventory.putNodes([node(np1, 7)], day(3)));
        assert.equal((await own.inventory.counts()).nodes, 1);
      }));

    it('writes of all processes come one after the other, each on what the one before has left', () =>
      using(async (stores) => {
        const counted = (store: Store): Promise<void> =>
          store.write(async ({ inventory }) => {
            const [before] = await inventory.enablements();
            const by = String(Number(before?.by ?? 0) + 1);
            await inventory.putEnablement({ scope: 'all', enabled: true, at: day(1), by });
          });
        await Promise.all(Array.from({ length: 20 }, (_, index) => counted(stores[index % 2 === 0 ? 0 : 1])));
        assert.equal((await stores[0].inventory.enablements())[0]?.by, '20');
      }));

    it('a write inside a write is a defect, which is told and not waited for', () =>
      using(async ([own]) => {
        await assert.rejects(
          own.write(() => own.write(async () => {})),
          /a write inside a write/,
        );
      }));

    it('what a write does not wait for is not written behind it', () =>
      using(async ([own]) => {
        const late: Promise<void>[] = [];
        const enable = (inventory: StoreWriter['inventory'], scope: string): Promise<void> =>
          inventory.putEnablement({ scope, enabled: true, at: day(1), by: 'alice' });
        for (const fails of [true, false]) {
          const written = own.write(async ({ inventory }) => {
            const each = (async () => {
              for (let number = 0; number < 5; number++) await enable(inventory, `late ${fails}`);
            })();
            each.catch(() => {});
            late.push(each);
            if (fails) throw new Error('no');
          });
          await written.catch(() => {});
        }
        for (const each of late) await assert.rejects(each, /did not wait for/);
        const scopes = (await own.inventory.enablements()).map(({ scope }) => scope);
        assert.ok(!scopes.includes('late true'), 'what failed is undone as a whole');
      }));

    it('text that a database cannot hold is kept as far as it can, alike on both', () =>
      using(async ([own]) => {
        const odd = { 'zero\0': 'zero\ufffd', 'half\ud800': 'half\ufffd' };
        for (const [given, kept] of Object.entries(odd)) {
          const named = cluster('odd', { name: given, tags: { [given]: given } });
          await own.write(async ({ inventory, findings }) => {
            await inventory.putCluster(named, day(1));
            await inventory.putPools(named.id, [pool(named, 'np1')], day(1));
            await inventory.putLatestImages(new Map([[pool(named, 'np1').id, given]]), day(1));
            await inventory.markSynced(named.id, { at: day(1), cursor: given, problems: [] });
            await findings.putCves([rollup('CVE-2024-1', { package: given })]);
          });
          const stored = await own.inventory.cluster(named.id);
          assert.deepEqual([stored?.name, stored?.cursor, stored?.tags], [kept, kept, { [given]: given }]);
          assert.equal((await own.inventory.pools({ cluster: named.id }))[0]?.latestImage, kept);
          const { items } = await own.findings.cves({}, { offset: 0, limit: 1 });
          assert.equal(items[0]?.package, kept);
        }
      }));

    it('of rows that are put twice at once, the last counts', () =>
      using(async ([own]) => {
        const known = { cve: 'CVE-2024-1', aliases: [], cvss: [], published: null, kev: null };
        const twice = [0.1, 0.2].map((score) => ({ ...known, epss: { score, percentile: 0.5 } }));
        await own.write(({ findings }) => findings.putVulnerabilities(twice));
        assert.equal((await own.findings.vulnerabilities(null)).get('CVE-2024-1')?.epss?.score, 0.2);
      }));

    it('closing waits for the writes that were begun', async () => {
      const store = await openStore(place, REAL);
      const written = store.write(({ inventory }) => inventory.putNodes([node(np1, 8)], day(3)));
      await store.close();
      await written;
    });
  });
}

function durability(peer: Peer): void {
  const child = fileURLToPath(new URL('./writer.child.ts', import.meta.url));

  /** Starts a process that writes nodes one after the other, and kills it when it has acknowledged some. */
  async function killed(place: StorePlace, after: number): Promise<number> {
    const writer: ChildProcess = spawn(process.execPath, [child, JSON.stringify(place)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let last = 0;
    assert.ok(writer.stdout !== null);
    for await (const line of createInterface(writer.stdout)) {
      last = Number(line);
      if (last === after) writer.kill('SIGKILL');
    }
    if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');
    return last;
  }

  it(`kill -9 on ${peer.database} loses nothing that was acknowledged, and leaves nothing half`, {
    timeout: 120_000,
  }, async () => {
    const place = await peer.place('killed');
    const first = await openStore(place, REAL);
    await fill(first);
    await first.close();
    for (const round of [10, 25, 40]) {
      const acknowledged = await killed(place, round);
      const store = await openStore(place, { create: false, sandbox: false });
      // What waits its turn to write comes behind a transaction of the killed process that the server still ends.
      await store.write(async () => {});
      const written = (await store.inventory.nodes({ cluster: one.id })).length / 2;
      assert.ok(Number.isInteger(written), 'both nodes of a transaction, or none');
      assert.ok(acknowledged >= round && written >= acknowledged, `${written} of ${acknowledged}`);
      await store.write(async ({ inventory }) => {
        await inventory.keepNodes(one.id, new Set(), day(2));
        await inventory.forget(day(3));
      });
      await store.close();
    }
  });
}
