import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { NodewardError } from '../../../../src/base/errors.ts';
import { RpmHeader } from '../../../../src/evidence/readers/rpm/header.ts';
import { rpmReader } from '../../../../src/evidence/readers/rpm/rpm.ts';
import { lacking, workFolder } from '../../../support/tools.ts';
import { lines, packagesOf, problemsOf, readRoot } from '../helpers.ts';
import { createSqlite, insert, makeNdb, writeBdb, writeSqlite } from './databases.ts';
import { makeHeader } from './headers.ts';

const work = workFolder();
const folder = join(work, 'root/var/lib/rpm');
mkdirSync(folder, { recursive: true });

const ENTRIES = Array.from({ length: 40 }, (_, i) => {
  const files = Array.from({ length: (i * 13) % 90 }, (_, j) => `/usr/lib/p${i}/file-${j}`);
  return { name: `pkg-${i}`, blob: makeHeader({ name: `pkg-${i}`, version: `1.${i}`, files }) };
});
const EXPECTED = ENTRIES.map(({ name }, i) => `${name} 1.${i}-1.azl3 x86_64 ${name} =`).sort();

/** What is done to the bytes of a database: a bit turned, a stretch set to zeros, or the end cut off. */
const damage = fc.record({
  kind: fc.constantFrom('bit', 'byte', 'zeros', 'copy', 'cut'),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  value: fc.integer({ min: 1, max: 255 }),
});
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function damaged(bytes: Buffer, { kind, at, value }: Damage): Buffer {
  const changed = Buffer.from(bytes);
  const place = Math.floor(at * bytes.length);
  const page = place - (place % 4096);
  switch (kind) {
    case 'bit':
      changed.writeUInt8(changed.readUInt8(place) ^ (1 << (value % 8)), place);
      break;
    case 'byte':
      changed.writeUInt8(changed.readUInt8(place) ^ value, place);
      break;
    case 'zeros':
      changed.subarray(page, page + 4096).fill(0);
      break;
    case 'copy':
      changed.copy(changed, page, (value * 4096) % bytes.length, ((value * 4096) % bytes.length) + 4096);
      break;
    default:
      return changed.subarray(0, place);
  }
  return changed;
}

/** Damages the file in many ways: nothing is thrown, and what is called whole is whole. */
async function holdsFor(
  file: string,
  runs: number,
  mayDiffer: (list: readonly string[]) => boolean = () => false,
): Promise<void> {
  const path = join(folder, file);
  const intact = readFileSync(path);
  assert.deepEqual(lines(packagesOf(await readRoot(rpmReader, join(work, 'root')))?.list), EXPECTED);
  try {
    await fc.assert(
      fc.asyncProperty(damage, async (what) => {
        writeFileSync(path, damaged(intact, what));
        const outcome = await readRoot(rpmReader, join(work, 'root'));
        const list = lines(packagesOf(outcome)?.list);
        if (outcome.status === 'ok' && !mayDiffer(list)) assert.deepEqual(list, EXPECTED);
        else assert.ok(outcome.status === 'ok' || problemsOf(outcome).length > 0);
        assert.notEqual(outcome.status, 'absent');
        await packagesOf(outcome)
          ?.ownersOf(['usr/lib/p9/file-3'])
          .catch((thrown: unknown) => assert.ok(thrown instanceof NodewardError));
      }),
      { numRuns: runs },
    );
  } finally {
    writeFileSync(path, '');
  }
}

function clear(): void {
  for (const name of ['rpmdb.sqlite', 'rpmdb.sqlite-wal', 'Packages.db', 'Packages'])
    rmSync(join(folder, name), { force: true });
}

test('damage to an SQLite database never gives another list as the whole one', async () => {
  clear();
  writeSqlite(join(folder, 'rpmdb.sqlite'), ENTRIES);
  await holdsFor('rpmdb.sqlite', 400);
});

test('damage to a write-ahead log never gives another list as the whole one', async () => {
  clear();
  const path = join(work, 'live.sqlite');
  const live = createSqlite(path);
  live.exec('PRAGMA wal_autocheckpoint = 0');
  for (let i = 0; i < ENTRIES.length; i += 10) insert(live, ENTRIES.slice(i, i + 10));
  for (const suffix of ['', '-wal'])
    writeFileSync(join(folder, `rpmdb.sqlite${suffix}`), readFileSync(`${path}${suffix}`));
  live.close();
  // A log cut off, or damaged in its very last transaction, is what a log looks like while it is written.
  await holdsFor('rpmdb.sqlite-wal', 200, (list) => list.length < EXPECTED.length);
});

test('damage to an ndb database never gives another list as the whole one', async () => {
  clear();
  writeFileSync(join(folder, 'Packages.db'), makeNdb(ENTRIES, 1));
  await holdsFor('Packages.db', 400);
});

test('damage to a Berkeley DB database never gives another list as the whole one', {
  skip: lacking('db5.3_load'),
}, async () => {
  clear();
  writeBdb(folder, ENTRIES);
  await holdsFor('Packages', 400);
});

test('headers of any bytes are damage or are read, within bounds', () => {
  const header = makeHeader({ name: 'a', files: ['/usr/bin/a', '/usr/share/a/b'] });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(header.length - 1), fc.nat(255)), { maxLength: 6 }), (changes) => {
      const bytes = Buffer.from(header);
      for (const [at, value] of changes) bytes.writeUInt8(value, at);
      try {
        const read = new RpmHeader(bytes);
        read.files();
        read.differs();
        read.text(1000);
      } catch (thrown) {
        assert.ok(thrown instanceof NodewardError, String(thrown));
      }
    }),
    { numRuns: 3000 },
  );
});
