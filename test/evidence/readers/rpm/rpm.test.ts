import assert from 'node:assert/strict';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { before, describe, test } from 'node:test';
import { rpmReader } from '../../../../src/evidence/readers/rpm/rpm.ts';
import { lacking, run, workFolder } from '../../../support/tools.ts';
import { found, lines, packagesOf, problemsOf, readRoot, writeRoot } from '../helpers.ts';
import { buildPackages, enter, listedByRpm } from './build.ts';
import { createSqlite, type Entry, insert, makeNdb, writeBdb, writeSqlite } from './databases.ts';
import { makeHeader } from './headers.ts';

const SYSIMAGE = 'usr/lib/sysimage/rpm';
const VAR = 'var/lib/rpm';
const work = workFolder();
let count = 0;

function newRoot(dbPath: string): { root: string; folder: string } {
  const root = join(work, `root-${++count}`);
  const folder = join(root, dbPath);
  mkdirSync(folder, { recursive: true });
  return { root, folder };
}

/** `lines` with the source's version written out, as rpm shows it. */
function asRpm(list: readonly string[]): string[] {
  return list
    .map((line) => line.split(' '))
    .map(([name, version = '', arch, source, stated]) =>
      [name, version, arch, source, stated === '=' ? version.replace(/^\d+:/, '') : stated].join(' '),
    )
    .sort();
}

async function listed(root: string): Promise<string[]> {
  return lines(found(await readRoot(rpmReader, root)).packages?.list);
}

function sample(size: number): Entry[] {
  return Array.from({ length: size }, (_, i) => {
    const files = Array.from({ length: (i * 37) % 400 }, (_, j) => `/usr/share/p${i}/some-file-${j}`);
    const name = `pkg-${i}`;
    return {
      name,
      blob: makeHeader({ name, version: `1.${i}`, epoch: i % 3, files: [...files, `/usr/bin/tool-${i}`] }),
    };
  });
}

const ENTRIES = sample(60);
const EXPECTED = ENTRIES.map(
  ({ name }, i) => `${name} ${i % 3 === 0 ? '' : `${i % 3}:`}1.${i}-1.azl3 x86_64 ${name} =`,
).sort();

describe('databases that rpm has made', { skip: lacking('rpm', 'rpmbuild', 'db5.3_load') }, () => {
  const { root, folder } = newRoot(SYSIMAGE);
  let expected: string[] = [];
  let blobs: Entry[] = [];

  before(() => {
    const packages = buildPackages(join(work, 'build'), { packages: 320, files: 1500 });
    enter(root, SYSIMAGE, packages);
    expected = listedByRpm(root, SYSIMAGE);
    const database = new DatabaseSync(join(folder, 'rpmdb.sqlite'), { readOnly: true });
    blobs = database
      .prepare('SELECT key AS name, blob FROM Packages JOIN Name USING (hnum)')
      .all() as unknown as Entry[];
    database.close();
  });

  test('the list of an SQLite database is that of rpm -qa', async () => {
    assert.equal(expected.length, 321);
    assert.deepEqual(asRpm(await listed(root)), expected);
  });

  test('owners of files are those of rpm -qf', async () => {
    const packages = packagesOf(await readRoot(rpmReader, root));
    const owned = ['usr/bin/runc', 'usr/bin/kubelet', 'usr/share/many/a-file-with-a-rather-long-name-1499'];
    const owners = await packages?.ownersOf([...owned, 'usr/local/bin/runc', 'opt/runc']);
    const theirs = owned.map((path) =>
      run('rpm', ['--root', root, '--dbpath', `/${SYSIMAGE}`, '-qf', '--qf', '%{NAME}', `/${path}`]),
    );
    assert.deepEqual([...(owners ?? [])].sort(), owned.map((path, i) => [path, theirs[i]]).sort());
    assert.deepEqual(theirs, ['many-7', 'many-8', 'nodeward-many']);
  });

  for (const order of [1234, 4321] as const)
    test(`the list of a Berkeley DB database of byte order ${order} is that of rpm`, async () => {
      const made = newRoot(VAR);
      writeBdb(made.folder, blobs, order);
      assert.deepEqual(asRpm(await listed(made.root)), expected);
      const format = '%{NAME} %{VERSION}-%{RELEASE}\\n';
      const backend = ['--define', '_db_backend bdb_ro', '--root', made.root, '--dbpath', `/${VAR}`];
      if (order === 1234)
        assert.equal(
          run('rpm', [...backend, '-qa', '--qf', format])
            .trim()
            .split('\n').length,
          321,
        );
    });

  test('the list of an ndb database is that of rpm', async () => {
    const made = newRoot(SYSIMAGE);
    writeFileSync(join(made.folder, 'Packages.db'), makeNdb(blobs, 3));
    assert.deepEqual(asRpm(await listed(made.root)), expected);
  });

  test('packages removed and added again leave an intact list', async () => {
    const made = newRoot(SYSIMAGE);
    cpSync(folder, made.folder, { recursive: true });
    const erased = Array.from({ length: 60 }, (_, i) => `many-${i * 5}`);
    run('rpm', ['--root', made.root, '--dbpath', `/${SYSIMAGE}`, '--justdb', '--nodeps', '-e', ...erased]);
    const theirs = listedByRpm(made.root, SYSIMAGE);
    assert.equal(theirs.length, 261);
    assert.deepEqual(asRpm(await listed(made.root)), theirs);
  });
});

describe('SQLite databases in use', () => {
  test('what is only in the write-ahead log counts, and nothing that is not committed', async () => {
    const { root, folder } = newRoot(VAR);
    const path = join(work, 'live.sqlite');
    writeSqlite(path, ENTRIES.slice(0, 3));
    const live = createSqlite(path);
    live.exec('PRAGMA wal_autocheckpoint = 0');
    insert(live, ENTRIES.slice(3, 20));
    insert(live, ENTRIES.slice(20));
    live.exec('PRAGMA cache_size = 1; BEGIN; DELETE FROM Packages WHERE hnum > 5');
    for (const suffix of ['', '-wal'])
      copyFileSync(`${path}${suffix}`, join(folder, `rpmdb.sqlite${suffix}`));
    live.close();
    assert.deepEqual(await listed(root), EXPECTED);
    rmSync(join(folder, 'rpmdb.sqlite-wal'));
    assert.equal((await listed(root)).length, 3);
  });

  test('frames of an earlier run of the log are not taken', async () => {
    const { root, folder } = newRoot(VAR);
    const path = join(work, 'rerun.sqlite');
    const live = createSqlite(path);
    live.exec('PRAGMA wal_autocheckpoint = 0');
    insert(live, ENTRIES);
    live.exec(
      'PRAGMA wal_checkpoint(FULL); DELETE FROM Packages WHERE hnum > 40; DELETE FROM Name WHERE hnum > 40',
    );
    for (const suffix of ['', '-wal'])
      copyFileSync(`${path}${suffix}`, join(folder, `rpmdb.sqlite${suffix}`));
    live.close();
    assert.equal((await listed(root)).length, 40);
  });

  test('a log that breaks off is told', async () => {
    const { root, folder } = newRoot(VAR);
    const path = join(work, 'torn.sqlite');
    const live = createSqlite(path);
    live.exec('PRAGMA wal_autocheckpoint = 0');
    insert(live, ENTRIES);
    for (const suffix of ['', '-wal'])
      copyFileSync(`${path}${suffix}`, join(folder, `rpmdb.sqlite${suffix}`));
    live.close();
    const wal = join(folder, 'rpmdb.sqlite-wal');
    const oracle = join(work, 'oracle.sqlite');
    const bytes = readFileSync(wal);
    bytes.writeUInt8(bytes.readUInt8(32 + 40 * 4120 + 100) ^ 0x40, 32 + 40 * 4120 + 100);
    writeFileSync(wal, bytes);
    copyFileSync(join(folder, 'rpmdb.sqlite'), oracle);
    copyFileSync(wal, `${oracle}-wal`);
    const outcome = await readRoot(rpmReader, root);
    assert.equal(outcome.status, 'partial');
    assert.match(problemsOf(outcome)[0]?.why ?? '', /the transaction that ends in frame \d+ is damaged/);
    const reader = new DatabaseSync(oracle);
    assert.equal(
      packagesOf(outcome)?.list.length,
      reader.prepare('SELECT count(*) AS n FROM Packages').get()?.n,
    );
    reader.close();
  });

  test('a transaction under way is undone by its rollback journal', async () => {
    const { root, folder } = newRoot(VAR);
    const path = join(work, 'journal.sqlite');
    writeSqlite(path, ENTRIES);
    const live = new DatabaseSync(path);
    live.exec('PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN');
    live.exec('DELETE FROM Packages WHERE hnum % 2 = 0; DELETE FROM Name WHERE hnum % 2 = 0');
    insert(live, sample(90).slice(60));
    assert.ok(existsSync(`${path}-journal`));
    for (const suffix of ['', '-journal'])
      copyFileSync(`${path}${suffix}`, join(folder, `rpmdb.sqlite${suffix}`));
    live.close();
    assert.deepEqual(await listed(root), EXPECTED);
    rmSync(join(folder, 'rpmdb.sqlite-journal'));
    assert.notDeepEqual(
      lines(packagesOf(await readRoot(rpmReader, root))?.list),
      EXPECTED,
      'the journal mattered',
    );
  });

  for (const pageSize of [512, 1024, 65_536])
    test(`pages of ${pageSize} bytes`, async () => {
      const { root, folder } = newRoot(SYSIMAGE);
      writeSqlite(join(folder, 'rpmdb.sqlite'), ENTRIES, pageSize);
      assert.deepEqual(await listed(root), EXPECTED);
    });
});

describe('what is not a whole list', () => {
  const full = () => {
    const made = newRoot(SYSIMAGE);
    writeSqlite(join(made.folder, 'rpmdb.sqlite'), ENTRIES);
    return { ...made, file: join(made.folder, 'rpmdb.sqlite') };
  };

  test('no database is absent; an empty file is not', async () => {
    const { root, folder } = newRoot(VAR);
    assert.deepEqual(await readRoot(rpmReader, root), { status: 'absent' });
    writeFileSync(join(folder, 'rpmdb.sqlite'), '');
    const outcome = await readRoot(rpmReader, root);
    assert.deepEqual(outcome, {
      status: 'failed',
      problems: [{ place: `${VAR}/rpmdb.sqlite`, why: 'it is empty' }],
    });
  });

  test('a database without packages is an empty list', async () => {
    const { root, folder } = newRoot(VAR);
    writeSqlite(join(folder, 'rpmdb.sqlite'), []);
    assert.deepEqual(await listed(root), []);
  });

  test('a header that is lost shows by its name', async () => {
    const { root, file } = full();
    const database = new DatabaseSync(file);
    database.exec('DELETE FROM Packages WHERE hnum = 17');
    database.close();
    const outcome = await readRoot(rpmReader, root);
    assert.equal(outcome.status, 'partial');
    assert.match(problemsOf(outcome)[0]?.why ?? '', /the header of pkg-16 \(row 17\) is missing/);
  });

  test('a header changed inside shows by its digest, and is listed', async () => {
    const { root, file } = full();
    const blob = Buffer.from(ENTRIES[5]?.blob ?? []);
    blob.write('2.5', blob.indexOf('1.5\0'), 'latin1');
    const database = new DatabaseSync(file);
    database.prepare('UPDATE Packages SET blob = ? WHERE hnum = 6').run(blob);
    database.close();
    const outcome = await readRoot(rpmReader, root);
    assert.equal(outcome.status, 'partial');
    assert.match(problemsOf(outcome)[0]?.why ?? '', /SHA-256/);
    assert.equal(packagesOf(outcome)?.list.length, ENTRIES.length);
  });

  test('a file cut off is partial', async () => {
    const { root, file } = full();
    truncateSync(file, 40 * 4096);
    assert.notEqual((await readRoot(rpmReader, root)).status, 'ok');
  });

  test('one folder under two names is read once; a second database must agree', async () => {
    const { root, folder } = full();
    mkdirSync(join(root, 'var/lib'), { recursive: true });
    symlinkSync('../../usr/lib/sysimage/rpm', join(root, VAR));
    assert.deepEqual(await listed(root), EXPECTED);
    writeFileSync(join(folder, 'Packages.db'), makeNdb(ENTRIES));
    assert.deepEqual(await listed(root), EXPECTED);
    writeFileSync(join(folder, 'Packages.db'), makeNdb(ENTRIES.slice(1)));
    const outcome = await readRoot(rpmReader, root);
    assert.match(problemsOf(outcome)[0]?.why ?? '', /second database/);
  });

  test('keys are no packages', async () => {
    const { root, folder } = newRoot(SYSIMAGE);
    const key = {
      name: 'gpg-pubkey',
      blob: makeHeader({ name: 'gpg-pubkey', version: '3135ce90', release: '5e6fda74', arch: '' }),
    };
    writeSqlite(join(folder, 'rpmdb.sqlite'), [...ENTRIES, key]);
    assert.deepEqual(await listed(root), EXPECTED);
  });

  test('files in the merged folders are found by both of their names', async () => {
    const { root } = writeMerged();
    const owners = await packagesOf(await readRoot(rpmReader, root))?.ownersOf([
      'usr/sbin/runc',
      'bin/tool',
      'usr/bin/no',
    ]);
    assert.deepEqual(
      [...(owners ?? [])],
      [
        ['usr/sbin/runc', 'runc'],
        ['bin/tool', 'tool'],
      ],
    );
  });

  function writeMerged(): { root: string } {
    const { root, folder } = newRoot(SYSIMAGE);
    const blobs = [
      { name: 'runc', blob: makeHeader({ name: 'runc', files: ['/sbin/runc'] }) },
      { name: 'tool', blob: makeHeader({ name: 'tool', files: ['/usr/bin/tool'] }) },
    ];
    writeRoot(folder, { 'Packages.db': makeNdb(blobs) });
    return { root };
  }
});
