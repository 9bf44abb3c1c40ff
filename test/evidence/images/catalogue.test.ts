import assert from 'node:assert/strict';
import {
  copyFileSync,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, test } from 'node:test';
import { createGzip } from 'node:zlib';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { silent } from '../../../src/base/log.ts';
import { decodeIds, encodeIds } from '../../../src/evidence/images/catalogue/ids.ts';
import { type Catalogue, digestOf, importImages, openCatalogue } from '../../../src/evidence/images/index.ts';
import { evidenceOf, TREE } from './helpers.ts';

const clock = { now: () => new Date('2026-09-01T00:00:00Z') };
const dir = mkdtempSync(join(tmpdir(), 'nodeward-images-'));
after(() => rmSync(dir, { recursive: true, force: true }));

const importTo = (file: string, from: string = TREE) =>
  importImages({ from, catalogue: join(dir, file), progress: silent, clock });

describe('a catalogue of the excerpts', () => {
  let catalogue: Catalogue;
  before(async () => {
    const report = await importTo('images.db');
    assert.deepEqual(report.problems, []);
    assert.deepEqual([report.images, report.newest], [27, '2026-08-20']);
    assert.equal(report.gapsByCode['derived-evidence'], 7);
    catalogue = openCatalogue(join(dir, 'images.db'));
    assert.deepEqual([report.lists, report.packages], [catalogue.info.lists, catalogue.packageCount]);
  });
  after(() => catalogue.close());

  test('says what it holds', () => {
    assert.deepEqual(catalogue.info, {
      images: 27,
      lists: 23,
      families: 15,
      newest: '2026-08-20',
      importedAt: '2026-09-01T00:00:00.000Z',
      source: TREE,
    });
    assert.deepEqual(catalogue.problems, []);
    assert.equal(catalogue.families().length, 15);
  });

  test('lists images by family, then from old to new', () => {
    const names = catalogue.images().map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => name.startsWith('AKSUbuntu-2204gen2containerd')),
      [
        'AKSUbuntu-2204gen2containerd-2023.01.10',
        'AKSUbuntu-2204gen2containerd-202309.06.0',
        'AKSUbuntu-2204gen2containerd-202511.12.0',
        'AKSUbuntu-2204gen2containerd-202511.12.0-2025.11.12',
        'AKSUbuntu-2204gen2containerd-202511.12.0-2025.11.20',
        'AKSUbuntu-2204gen2containerd-202511.12.0-2025.12.06',
        'AKSUbuntu-2204gen2containerd-202607.09.0',
      ],
    );
  });

  test('gives back every image as it was read', () => {
    for (const path of [
      'AKSUbuntu/gen2/2204containerd/202607.09.0.txt',
      'AKSAzureLinuxV3/gen2/202605.14.0.txt',
      'AKSWindows/2025-gen2/26100.33296.260812.txt',
      'AKSFlatcar/gen2/202603.30.0.txt',
    ]) {
      const evidence = evidenceOf(path);
      assert.deepEqual(catalogue.find(evidence.image.name), evidence);
    }
  });

  test('finds an image however its name is written', () => {
    const name = 'AKSUbuntu-2204gen2containerd-202607.09.0';
    for (const written of [
      name,
      name.toLowerCase(),
      'AKSUbuntu:2204gen2containerd:202607.09.0',
      '2204gen2containerd-202607.09.0',
    ]) {
      assert.equal(catalogue.find(written)?.image.name, name, written);
    }
    assert.equal(
      catalogue.find('AKSWindows-windows-2025-gen2-26100.33296.260812')?.image.family,
      'AKSWindows-2025-gen2',
    );
    for (const none of [
      '',
      'AKSUbuntu',
      "x' OR 1=1 --",
      '202607.09.0',
      `${name}-2025.01.01`,
      'a'.repeat(1 << 20),
    ]) {
      assert.equal(catalogue.find(none), null, none.slice(0, 40));
    }
  });

  test('reads as a whole what it finds one by one', () => {
    const lists = catalogue.lists();
    let entries = 0;
    for (const { image, list: number, os, format, fips, runningKernel, gaps } of catalogue.entries()) {
      entries++;
      const list = lists[number];
      const found = catalogue.find(image.name);
      assert.ok(list && found);
      const sortedNames = (items: readonly { name: string }[]) => items.map(({ name }) => name).sort();
      assert.deepEqual(
        sortedNames(Array.from(list.packages, (id) => catalogue.packageAt(id))),
        sortedNames(found.software.packages),
      );
      assert.equal(list.components.length, found.software.components.length);
      assert.ok([...list.components].every((id) => catalogue.componentAt(id).name.length > 0));
      assert.equal(list.digest, digestOf(found.software));
      assert.deepEqual({ os, format, fips, runningKernel }, { ...pick(found.software) });
      assert.deepEqual(gaps, found.gaps);
    }
    assert.equal(entries, catalogue.info.images);
    assert.throws(() => catalogue.packageAt(catalogue.packageCount), { code: 'catalogue-unusable' });
    assert.throws(() => catalogue.componentAt(-1), { code: 'catalogue-unusable' });
  });

  test('is the same from the archive that GitHub serves', async () => {
    const archive = join(dir, 'main.tar.gz');
    await writeTarball(archive, 'AgentBaker-06836ee2/vhdbuilder/release-notes/');
    const report = await importTo('tar.db', archive);
    assert.deepEqual(report.problems, []);
    const other = openCatalogue(join(dir, 'tar.db'));
    assert.deepEqual({ ...other.info, source: '' }, { ...catalogue.info, source: '' });
    assert.deepEqual(other.images(), catalogue.images());
    assert.deepEqual(other.lists(), catalogue.lists());
    other.close();
  });
});

function pick({
  os,
  format,
  fips,
  runningKernel,
}: {
  os: unknown;
  format: unknown;
  fips: unknown;
  runningKernel: unknown;
}) {
  return { os, format, fips, runningKernel };
}

async function writeTarball(path: string, prefix: string): Promise<void> {
  const archive = pack();
  archive.entry({ name: 'AgentBaker-06836ee2/README.md' }, 'not release notes');
  for (const entry of readdirSync(TREE, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    archive.entry({ name: prefix + relative(TREE, file) }, readFileSync(file));
  }
  archive.finalize();
  await pipeline(archive, createGzip(), createWriteStream(path));
}

/** A tree of its own with the given files, each a copy of one of the excerpts or a text. */
function treeOf(name: string, files: Readonly<Record<string, { copy: string } | { text: string }>>): string {
  const root = join(dir, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if ('copy' in content) copyFileSync(join(TREE, content.copy), join(root, path));
    else writeFileSync(join(root, path), content.text);
  }
  return root;
}

const NOTES = { copy: 'AKSFlatcar/gen2/202603.30.0.txt' };

test('a file that becomes no image is a problem with its path, and the rest is imported', async () => {
  const from = treeOf('problems', {
    'AKSFlatcar/gen2/202603.30.0.txt': NOTES,
    'AKSFlatcar/gen2/202604.01.0.txt': { text: '<html>' },
    'AKSFlatcar/gen2/notes.txt': NOTES,
    'AKSFlatcar/gen2/latest.txt': NOTES,
    'AKSBottlerocket/gen2/202604.01.0.txt': NOTES,
    'copy/AKSFlatcar/gen2/202603.30.0.txt': NOTES,
    'security-patch/20260401T000000Z/flatcar/x.txt': { text: '' },
    'security-patch/20260401T000000Z/x.txt': { text: '' },
    'security-patch/soon/x.txt': { text: '' },
    'README.txt': { text: 'hello' },
  });
  const report = await importTo('problems.db', from);
  assert.equal(report.images, 1);
  assert.deepEqual(
    report.problems.map(({ path, detail }) => `${path}: ${detail}`),
    [
      'AKSBottlerocket/gen2/202604.01.0.txt: the folder AKSBottlerocket/gen2 is no known node image family',
      'AKSFlatcar/gen2/202604.01.0.txt: AKSFlatcar/gen2/202604.01.0.txt is not the release notes of a node image: it has neither "Starting build on" nor "System Info"',
      'AKSFlatcar/gen2/notes.txt: "notes" is not the version of a node image',
      'copy/AKSFlatcar/gen2/202603.30.0.txt: AKSFlatcar-flatcargen2-202603.30.0 is there twice',
      'security-patch/20260401T000000Z/flatcar/x.txt: "flatcar" is no known kind of patch',
      'security-patch/soon/x.txt: the folder is not named by the timestamp of a patch',
      'security-patch/20260401T000000Z/x.txt: no image of AKSUbuntu-2204gen2containerd is as old as the patch',
    ],
  );
  const catalogue = openCatalogue(join(dir, 'problems.db'));
  assert.deepEqual(catalogue.problems, report.problems);
  catalogue.close();
});

test('an import that fails or is interrupted leaves the old catalogue in place', async () => {
  const file = join(dir, 'kept.db');
  await importTo('kept.db', treeOf('good', { 'AKSFlatcar/gen2/202603.30.0.txt': NOTES }));
  const before_ = readFileSync(file);
  const empty = treeOf('empty', {
    'README.txt': { text: '' },
    'AKSFlatcar/gen2/202604.01.0.txt': { text: '' },
  });
  await assert.rejects(importTo('kept.db', empty), {
    code: 'input-malformed',
    message: /no AKS release notes in .*empty; AKSFlatcar\/gen2/,
  });
  await assert.rejects(importTo('kept.db', join(dir, 'nowhere')), { code: 'file-not-found' });
  const signal = AbortSignal.abort();
  await assert.rejects(importImages({ from: TREE, catalogue: file, progress: silent, signal }), {
    code: 'interrupted',
  });
  const broken = join(dir, 'cut.tar.gz');
  await writeTarball(broken, '');
  writeFileSync(broken, readFileSync(broken).subarray(0, statSync(broken).size >> 1));
  await assert.rejects(importTo('kept.db', broken), { code: 'input-malformed' });
  assert.deepEqual(readFileSync(file), before_);
  assert.deepEqual(
    readdirSync(dir).filter((name) => name.startsWith('kept.db')),
    ['kept.db'],
  );
});

test('a missing, foreign or damaged catalogue is refused', async () => {
  assert.throws(() => openCatalogue(join(dir, 'none.db')), { code: 'catalogue-missing' });
  writeFileSync(join(dir, 'text.db'), 'not a database at all, but long enough to be read as one'.repeat(100));
  assert.throws(() => openCatalogue(join(dir, 'text.db')), { code: 'catalogue-unusable' });
  await importTo('damaged.db', treeOf('small', { 'AKSFlatcar/gen2/202603.30.0.txt': NOTES }));
  const database = new DatabaseSync(join(dir, 'damaged.db'));
  database.exec("UPDATE list SET components = x'ffffffffff'; UPDATE gaps SET json = '[{}]'");
  database.close();
  const catalogue = openCatalogue(join(dir, 'damaged.db'));
  assert.throws(() => catalogue.lists(), { code: 'catalogue-unusable' });
  assert.throws(() => catalogue.find('AKSFlatcar-flatcargen2-202603.30.0'), { code: 'catalogue-unusable' });
  assert.throws(() => [...catalogue.entries()], { code: 'catalogue-unusable' });
  catalogue.close();
});

test('ids come back from their blob as they were', () => {
  const ids = fc.uniqueArray(fc.nat(2 ** 31), { maxLength: 300 }).map((all) => Uint32Array.from(all).sort());
  fc.assert(fc.property(ids, (list) => assert.deepEqual(decodeIds(encodeIds(list), 2 ** 32), list)));
  assert.equal(encodeIds(Uint32Array.from({ length: 700 }, (_, n) => n)).length, 702);
});

test('a damaged blob is refused, never read as another list', () => {
  const blob = encodeIds(Uint32Array.of(1, 5, 1000));
  assert.throws(() => decodeIds(blob, 1000), RangeError);
  assert.throws(() => decodeIds(blob.subarray(0, -1), 2000), RangeError);
  assert.throws(() => decodeIds(Uint8Array.of(...blob, 0), 2000), RangeError);
  assert.throws(() => encodeIds(Uint32Array.of(5, 5)), RangeError);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
      try {
        assert.ok(decodeIds(bytes, 5000).every((id) => id < 5000));
      } catch (thrown) {
        assert.ok(thrown instanceof RangeError);
      }
    }),
  );
});
