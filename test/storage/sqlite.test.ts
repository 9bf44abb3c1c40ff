import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { openSqlite } from '../../src/storage/database/sqlite.ts';
import { openStore } from '../../src/storage/index.ts';
import { MIGRATIONS } from '../../src/storage/migrations/index.ts';
import { run } from '../support/tools.ts';
import { evidenceConformance } from './evidence-conformance.ts';
import { inventoryConformance } from './inventory-conformance.ts';
import { makeOldStore } from './old-store.ts';
import { pathOf, sqlitePeer } from './sqlite-support.ts';
import { storeConformance } from './store-conformance.ts';
import { cluster, code, day, list, node, openOn, pool, SUBSCRIPTION, scratch } from './support.ts';

const REAL = { create: true, sandbox: false } as const;
const peer = sqlitePeer();
storeConformance(peer, async (place) => openSqlite(pathOf(place), { create: true }));
inventoryConformance('SQLite', openOn(peer));
evidenceConformance('SQLite', openOn(peer));

describe('a store in a file', { timeout: 60_000 }, () => {
  it('makes the file with its folder, and none where it shall not', async () => {
    const path = join(scratch(), 'deep', 'inventory.db');
    await assert.rejects(openStore({ path }, { create: false, sandbox: false }), code('store-missing'));
    assert.ok(!existsSync(path));
    await (await openStore({ path }, REAL)).close();
    assert.ok(existsSync(path));
    assert.ok(!existsSync(`${path}-wal`), 'closing leaves one file');
  });

  it('takes a file that nothing was made in yet for none', async () => {
    const path = join(scratch(), 'inventory.db');
    writeFileSync(path, '');
    await assert.rejects(openStore({ path }, { create: false, sandbox: false }), code('store-missing'));
    await (await openStore({ path }, REAL)).close();
  });

  it('answers nothing when it was closed, whether it was asked before or not', async () => {
    const path = join(scratch(), 'inventory.db');
    const store = await openStore({ path }, REAL);
    await store.close();
    await assert.rejects(store.inventory.counts(), /was closed/);
    await assert.rejects(store.read(async ({ inventory }) => inventory.counts()));
    await assert.rejects(store.write(async () => {}));
  });

  it('closes what a read still uses when that ends', async () => {
    const path = join(scratch(), 'inventory.db');
    const store = await openStore({ path }, REAL);
    await store.read(async ({ inventory }) => {
      await inventory.counts();
      await store.close();
      await inventory.counts();
    });
    assert.ok(!existsSync(`${path}-wal`), 'the last connection has left one file');
  });

  it('leaves the database of another program as it is, to the byte', async () => {
    const path = join(scratch(), 'recipes.db');
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE recipes (name TEXT)');
    other.close();
    const before = readFileSync(path);
    await assert.rejects(openStore({ path }, REAL), code('store-unusable'));
    assert.ok(readFileSync(path).equals(before));
  });

  it('refuses what is no database or a damaged one, and leaves it as it is', async () => {
    const text = join(scratch(), 'text.db');
    writeFileSync(text, 'This is no database, but it is long enough to have a header. '.repeat(40));
    const damaged = join(scratch(), 'damaged.db');
    await (await openStore({ path: damaged }, REAL)).close();
    const bytes = readFileSync(damaged);
    bytes.fill(0xff, 100, 4096);
    writeFileSync(damaged, bytes);
    for (const path of [text, damaged]) {
      const before = readFileSync(path);
      await assert.rejects(openStore({ path }, REAL), code('store-unusable'), path);
      assert.ok(readFileSync(path).equals(before));
    }
  });

  it('works on after a file could not be opened for a while', async () => {
    const folder = scratch();
    const path = join(folder, 'inventory.db');
    const store = await openStore({ path }, REAL);
    // No read has opened it yet.
    renameSync(path, `${path}.aside`);
    mkdirSync(path);
    for (let i = 0; i < 2; i++) await assert.rejects(store.inventory.counts(), code('file-unwritable'));
    rmdirSync(path);
    renameSync(`${path}.aside`, path);
    assert.equal((await store.inventory.counts()).nodes, 0);
    await store.close();
  });

  it('says where it cannot be written', async () => {
    const file = join(scratch(), 'file');
    writeFileSync(file, '');
    const below = { path: join(file, 'inventory.db') };
    await assert.rejects(openStore(below, REAL), code('file-unwritable'));
    const isFolder = join(scratch(), 'inventory.db');
    mkdirSync(isFolder);
    await assert.rejects(openStore({ path: isFolder }, REAL), code('file-unwritable'));
  });

  it('a full disk is told, and what was there stays', { skip: noTmpfs() }, async () => {
    const mount = scratch();
    run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount]);
    try {
      const store = await openStore({ path: join(mount, 'inventory.db') }, REAL);
      const own = cluster('one');
      const np1 = pool(own, 'np1');
      await store.write(async ({ inventory }) => {
        await inventory.putSubscription(SUBSCRIPTION, day(1));
        await inventory.putCluster(own, day(1));
        await inventory.putPools(own.id, [np1], day(1));
      });
      const many = Array.from({ length: 10_000 }, (_, index) => node(np1, index));
      await assert.rejects(
        store.write(({ inventory }) => inventory.putNodes(many, day(1))),
        code('file-unwritable'),
      );
      assert.deepEqual(await store.inventory.counts(), { clusters: 1, pools: 1, nodes: 0 });
      await store.close();
    } finally {
      run('umount', ['-l', mount]);
    }
  });
});

describe('a store of an older Nodeward', { timeout: 60_000 }, () => {
  for (const layout of [1, 2, 3] as const) {
    it(`is taken over with all its data from layout ${layout}`, async () => {
      const path = join(scratch(), 'inventory.db');
      makeOldStore(path, layout);
      const store = await openStore({ path }, { create: false, sandbox: false });
      const { inventory } = store;
      assert.equal(store.installation, '5f3c0d9e-0000-4000-8000-000000000001');
      const [subscription] = await inventory.subscriptions();
      assert.deepEqual([subscription?.listedAt, subscription?.problems], [null, []]);
      const stored = await inventory.cluster('/c');
      assert.deepEqual([stored?.syncedAt, stored?.cursor], [day(3), null], 'labels need a whole look');
      const [own] = await inventory.pools();
      assert.deepEqual([own?.latestImage, own?.tags, own?.lastSeen], ['latest', { team: 'a' }, day(2)]);
      assert.deepEqual([own?.labels, own?.publicAddress, own?.privileged], [{}, null, null]);
      const nodes = await inventory.nodes({ pool: '/c/p', gone: true });
      assert.deepEqual(
        nodes.map(({ name, ready, lastSeen, gone }) => [name, ready, lastSeen, gone]),
        [
          ['N', true, day(3), null],
          ['gone', null, day(1), day(2)],
        ],
      );
      assert.equal((await inventory.findNodes('n'))[0]?.id, '/n');
      const [evidence] = await inventory.evidence({ node: '/n' });
      assert.deepEqual(
        [evidence?.software, evidence?.takenAt, evidence?.reported],
        ['sha256:1', day(2), null],
      );
      assert.deepEqual(await inventory.software('sha256:1'), list('1'));
      assert.equal((await inventory.scanFailures({ node: '/n' }))[0]?.reason.code, 'scan-failed');
      assert.deepEqual(await inventory.enablements(), [
        { scope: 'all', enabled: true, at: day(1), by: 'alice' },
      ]);
      assert.equal((await inventory.lastSync())?.requests, 5);
      await store.write((writer) => writer.inventory.beginSync(day(4)));
      await store.close();
      await assert.rejects(openStore({ path }, { create: true, sandbox: true }), code('store-unusable'));
    });
  }

  it('has the same tables as a new one in the end', async () => {
    const [old, fresh] = [join(scratch(), 'old.db'), join(scratch(), 'new.db')];
    makeOldStore(old, 3);
    for (const path of [old, fresh]) await (await openStore({ path }, REAL)).close();
    const described = [old, fresh].map((path) => {
      const database = new DatabaseSync(path, { readOnly: true });
      const { user_version: layout } = database.prepare('PRAGMA user_version').get() ?? {};
      assert.equal(layout, MIGRATIONS.length);
      const columns = `SELECT s.type, s.name, c.name AS "column", c.type AS kind, c."notnull", c.pk FROM sqlite_schema s
        LEFT JOIN pragma_table_xinfo(s.name) c WHERE s.name NOT LIKE 'sqlite%' ORDER BY s.name, c.cid`;
      const rows = database.prepare(columns).all();
      database.close();
      return rows;
    });
    assert.ok((described[0]?.length ?? 0) > 100);
    assert.deepEqual(described[0], described[1]);
  });
});

function noTmpfs(): string | false {
  if (process.getuid?.() !== 0) return 'mounting a small file system needs root';
  const mount = scratch();
  try {
    run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', mount]);
    run('umount', [mount]);
    return false;
  } catch {
    return 'this machine does not let a file system be mounted';
  }
}
