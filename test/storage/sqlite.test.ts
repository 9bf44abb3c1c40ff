import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openInventory } from '../../src/storage/index.ts';
import { storageError } from '../../src/storage/sqlite/errors.ts';
import { APPLICATION_ID, MIGRATIONS, type Migration, migrate } from '../../src/storage/sqlite/migrations.ts';
import { run } from '../support/tools.ts';
import { conformance } from './conformance.ts';
import { cluster, day, node, pool, SUBSCRIPTION, scratch } from './support.ts';

const folder = scratch();
conformance('SQLite', (name) => openInventory(join(folder, `${name}.db`), { create: true }));

const code = (wanted: string) => (thrown: unknown) => (thrown as { code?: string }).code === wanted;

describe('openInventory', { timeout: 60_000 }, () => {
  it('names a missing file, and makes none', () => {
    const path = join(scratch(), 'deep', 'inventory.db');
    assert.throws(() => openInventory(path, { create: false }), code('store-missing'));
    assert.ok(!existsSync(path));
  });

  it('makes the file with its folder, with an id of its own', () => {
    const ids = [1, 2].map(() => {
      const inventory = openInventory(join(scratch(), 'deep', 'inventory.db'), { create: true });
      const { installation } = inventory;
      inventory.close();
      return installation;
    });
    assert.match(ids[0] ?? '', /^[0-9a-f-]{36}$/);
    assert.notEqual(ids[0], ids[1]);
  });

  it('refuses what is no inventory, a damaged one and one of a newer layout, and leaves it as it is', () => {
    const text = join(scratch(), 'text.db');
    writeFileSync(text, 'This is no database, but it is long enough to have a header. '.repeat(40));
    const other = join(scratch(), 'other.db');
    const newer = join(scratch(), 'newer.db');
    let database = new DatabaseSync(other);
    database.exec('CREATE TABLE recipes (name TEXT)');
    database.close();
    openInventory(newer, { create: true }).close();
    database = new DatabaseSync(newer);
    database.exec('PRAGMA user_version = 99');
    database.close();
    for (const path of [text, other, newer])
      assert.throws(() => openInventory(path, { create: true }), code('store-unusable'), path);
    assert.throws(() => openInventory(newer, { create: false }), /layout 99/);
    database = new DatabaseSync(other);
    assert.deepEqual(database.prepare('SELECT name FROM sqlite_schema').all().length, 1);
    database.close();
  });

  it('says where it cannot be written', () => {
    const file = join(scratch(), 'file');
    writeFileSync(file, '');
    assert.throws(() => openInventory(join(file, 'inventory.db'), { create: true }), code('file-unwritable'));
    const isFolder = join(scratch(), 'inventory.db');
    mkdirSync(isFolder);
    assert.throws(() => openInventory(isFolder, { create: true }), code('file-unwritable'));
  });

  it('a writer that holds it is named, not waited for without end', () => {
    const path = join(scratch(), 'inventory.db');
    const inventory = openInventory(path, { create: true });
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    const busy = new DatabaseSync(path, { timeout: 1 });
    let thrown: unknown;
    try {
      busy.exec('BEGIN IMMEDIATE');
    } catch (error) {
      thrown = storageError(error, path);
    }
    assert.ok(code('store-busy')(thrown));
    assert.deepEqual(inventory.clusters(), [], 'readers do not wait for a writer');
    for (const each of [busy, other]) each.close();
    inventory.close();
  });
});

describe('migrations', () => {
  it('bring a file of layout 1 with its content to the newest', () => {
    const path = join(scratch(), 'inventory.db');
    const database = new DatabaseSync(path);
    migrate(database, path, MIGRATIONS.slice(0, 1));
    database.exec(`
      INSERT INTO subscription VALUES (1, '/subscriptions/1', 'aks', 'Contoso', '${day(1)}', '${day(1)}', NULL);
      INSERT INTO cluster VALUES (1, '/c', 1, 'aks', 'c', NULL, NULL, NULL, NULL, 'running', NULL,
        '{"kubernetes":null,"nodeOs":null}', '{}', NULL, NULL, '${day(1)}', 'cursor', '[]', '${day(1)}', '${day(1)}', NULL);
      INSERT INTO pool VALUES (1, '/c/p', 1, 'p', 'scale-set', NULL, 'linux', NULL, NULL, 2, NULL, NULL, NULL, NULL, 'managed',
        'running', NULL, '{}', NULL, '${day(1)}', '${day(1)}', NULL);
      INSERT INTO node VALUES (1, '/n', 1, 1, 'n', 'u', NULL, NULL, 'linux', NULL, NULL, NULL, NULL, NULL, 1, 0, NULL,
        '${day(1)}', '${day(1)}', NULL);
    `);
    database.close();
    const inventory = openInventory(path, { create: false });
    assert.deepEqual(
      [...inventory.nodes()].map(({ name, ready }) => [name, ready]),
      [['n', true]],
    );
    assert.equal(inventory.cluster('/c')?.cursor, 'cursor');
    assert.deepEqual(
      inventory.subscriptions().map(({ listedAt, problems }) => [listedAt, problems]),
      [[null, []]],
    );
    inventory.close();
  });

  it('run in order, once each, and not in part', () => {
    const path = join(scratch(), 'inventory.db');
    const database = new DatabaseSync(path);
    const ran: number[] = [];
    const step =
      (number: number): Migration =>
      (target) => {
        ran.push(number);
        target.exec(`CREATE TABLE step${number} (x INTEGER)`);
      };
    const fails: Migration = (target) => {
      target.exec('CREATE TABLE half (x INTEGER)');
      throw new Error('no');
    };
    migrate(database, path);
    assert.throws(() => migrate(database, path, [...MIGRATIONS, step(2), fails]), /no/);
    assert.deepEqual(ran, [2]);
    assert.deepEqual(
      { ...database.prepare('PRAGMA user_version').get() },
      { user_version: MIGRATIONS.length + 1 },
    );
    migrate(database, path, [...MIGRATIONS, step(2), step(3)]);
    migrate(database, path, [...MIGRATIONS, step(2), step(3)]);
    assert.deepEqual(ran, [2, 3]);
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE name IN ('half', 'step2', 'step3')")
      .all();
    assert.deepEqual(
      tables.map(({ name }) => name),
      ['step2', 'step3'],
    );
    assert.equal(database.prepare('PRAGMA application_id').get()?.application_id, APPLICATION_ID);
    database.close();
  });
});

describe('durability', { timeout: 120_000 }, () => {
  const child = fileURLToPath(new URL('./writer.child.ts', import.meta.url));

  /** Starts a process that writes nodes one after the other, and kills it when it has acknowledged some. */
  async function killed(path: string, after: number): Promise<number> {
    const writer: ChildProcess = spawn(process.execPath, [child, path], {
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

  it('kill -9 loses nothing that was acknowledged, and leaves nothing half', async () => {
    const path = join(scratch(), 'inventory.db');
    const inventory = openInventory(path, { create: true });
    const own = cluster('one');
    inventory.write((writer) => {
      writer.putSubscription(SUBSCRIPTION, day(1));
      writer.putCluster(own, day(1));
      writer.putPools(own.id, [pool(own, 'np1')], day(1));
    });
    inventory.close();
    for (const round of [10, 25, 40]) {
      const acknowledged = await killed(path, round);
      const after = openInventory(path, { create: false });
      const written = [...after.nodes()].length / 2;
      assert.ok(Number.isInteger(written), 'both nodes of a transaction, or none');
      assert.ok(written >= acknowledged, `${written} written, ${acknowledged} acknowledged`);
      after.write((writer) => writer.keepNodes(own.id, new Set(), day(2)));
      after.write((writer) => writer.forget(day(3)));
      after.close();
    }
  });

  it('a full disk is told, and what was there stays', { skip: noTmpfs() }, () => {
    const mount = scratch();
    run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount]);
    try {
      const inventory = openInventory(join(mount, 'inventory.db'), { create: true });
      const own = cluster('one');
      const np1 = pool(own, 'np1');
      inventory.write((writer) => {
        writer.putSubscription(SUBSCRIPTION, day(1));
        writer.putCluster(own, day(1));
        writer.putPools(own.id, [np1], day(1));
      });
      const many = Array.from({ length: 10_000 }, (_, index) => node(np1, index));
      assert.throws(
        () => inventory.write((writer) => writer.putNodes(many, day(1))),
        code('file-unwritable'),
      );
      assert.equal(inventory.counts().nodes, 0);
      assert.equal(inventory.counts().clusters, 1);
      inventory.close();
    } finally {
      run('umount', ['-l', mount]);
    }
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
