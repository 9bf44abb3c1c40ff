/**
 * Imports every node image of the development data and checks the catalogue against an independent reading of the
 * files. Not part of `npm test`: run with `NODEWARD_DATA=/path/to/data node --test <this file>`.
 */
import assert from 'node:assert/strict';
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { after, before, test } from 'node:test';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { silent } from '../../../src/base/log.ts';
import { familyOf } from '../../../src/evidence/images/families.ts';
import {
  type Catalogue,
  digestOf,
  type ImportReport,
  importImages,
  openCatalogue,
} from '../../../src/evidence/images/index.ts';

const data = process.env.NODEWARD_DATA;
assert.ok(data, 'Set NODEWARD_DATA to the folder that holds node-images/aks.');
const tree = join(data, 'node-images/aks');
const dir = mkdtempSync(join(tmpdir(), 'nodeward-all-images-'));
const file = join(dir, 'images.db');
const files = readdirSync(tree, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(tree, join(entry.parentPath, entry.name)))
  .sort();
const notes = files.filter((path) => path.endsWith('.txt') && !path.startsWith('security-patch/'));
const patches = files.filter((path) => path.startsWith('security-patch/'));

let report: ImportReport;
let catalogue: Catalogue;
before(async () => {
  report = await timed('import of the folder', 60_000, () => importTo(file, tree));
  catalogue = openCatalogue(file);
  const size = statSync(file).size;
  console.log({ ...report, ...catalogue.info, size });
  assert.ok(size < 8_000_000, `${size} bytes`);
});
after(() => {
  catalogue.close();
  rmSync(dir, { recursive: true, force: true });
});

function importTo(path: string, from: string): Promise<ImportReport> {
  return importImages({ from, catalogue: path, progress: silent });
}

async function timed<T>(what: string, limit: number, run: () => T | Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await run();
  const took = performance.now() - started;
  console.log(`${what}: ${took.toFixed(1)} ms`);
  assert.ok(took < limit, `${what} took ${took} ms`);
  return result;
}

test('every file is an image', () => {
  assert.deepEqual(report.problems, []);
  assert.equal(report.images, notes.length + patches.length);
});

test('every image has the packages that its file lists, an operating system, a kernel and a day', () => {
  for (const path of notes) {
    const folder = path.slice(0, path.lastIndexOf('/'));
    const name = `${familyOf(folder)?.name}-${path.slice(folder.length + 1, -'.txt'.length)}`;
    const found = catalogue.find(name);
    assert.ok(found, name);
    const { software, gaps, image } = found;
    assert.equal(software.packages.length, countPackages(readFileSync(join(tree, path), 'utf8')), name);
    assert.ok(software.os !== null || gaps.some(({ code }) => code === 'unknown-os'), name);
    assert.equal(
      software.format === 'none' && software.os?.id !== 'windows',
      gaps.some(({ code }) => code === 'no-package-list'),
      name,
    );
    assert.ok(image.buildDate !== null && /^20[2-9][0-9]-[01][0-9]-[0-3][0-9]$/.test(image.buildDate), name);
    if (software.os?.id === 'windows') assert.ok(software.updates.length >= 3, name);
    else {
      assert.ok(software.runningKernel, name);
      assert.equal(software.fips, /fips/.test(path), name);
      assert.ok(
        software.components.some((item) => item.name === 'kubelet' && item.role === 'cached'),
        name,
      );
    }
    if (software.format !== 'none') {
      for (const part of ['containerd', 'runc']) {
        assert.equal(
          software.components.filter((item) => item.name === part && item.role === 'installed').length,
          1,
          `${name} ${part}`,
        );
      }
    }
    assert.ok(!gaps.some(({ code }) => code === 'bad-evidence'), name);
  }
});

/** Counts as grep would: lines of the section that end like an apt state or an rpm architecture. */
function countPackages(text: string): number {
  const section = /=== Installed Packages Begin\n([\s\S]*?)=== Installed Packages End/.exec(text)?.[1] ?? '';
  return section.match(/^.*(?: \[installed[^\]]*\]|\.(?:x86_64|aarch64|noarch))$/gm)?.length ?? 0;
}

test('the definition of each folder is the one its image list names', () => {
  const lists = files.filter((path) => path.endsWith('-image-list.json'));
  assert.ok(lists.length > 20);
  for (const path of lists) {
    const { sku } = JSON.parse(readFileSync(join(tree, path), 'utf8')) as { sku: string };
    assert.equal(familyOf(path.slice(0, path.lastIndexOf('/')))?.definition, sku, path);
  }
});

test('each list is what its digest says, and reading everything is fast', async () => {
  const whole = openCatalogue(file);
  const [lists, entries] = await timed(
    'decoding all lists and entries',
    400,
    () => [whole.lists(), [...whole.entries()]] as const,
  );
  for (const { image, list } of entries.filter((_, index) => index % 10 === 0)) {
    const found = catalogue.find(image.name);
    assert.ok(found);
    assert.equal(digestOf(found.software), lists[list]?.digest, image.name);
  }
  whole.close();
  const one = openCatalogue(file);
  await timed('finding one image', 50, () => one.find('AKSUbuntu-2204gen2containerd-202607.09.0'));
  await timed('finding another', 20, () => one.find('AKSAzureLinux-V3gen2-202607.09.0'));
  one.close();
});

test('SecurityPatch states never hold an older package than their base', () => {
  const states = catalogue.images().filter(({ channel }) => channel === 'SecurityPatch');
  assert.equal(states.length, patches.length);
  for (const { name } of states) {
    const state = catalogue.find(name);
    const base = catalogue.find(name.slice(0, -'-2025.01.01'.length));
    assert.ok(state && base, name);
    assert.ok(
      state.gaps.some(({ code }) => code === 'derived-evidence'),
      name,
    );
    const names = new Set(state.software.packages.map((item) => item.name));
    const lost = base.software.packages.filter((item) => !names.has(item.name));
    assert.ok(
      lost.every((item) => /^(?:linux|kernel)/.test(item.name)),
      `${name} ${JSON.stringify(lost)}`,
    );
  }
});

test('the archive gives the same catalogue as the folder', async () => {
  const archive = join(dir, 'main.tar.gz');
  const packing = pack();
  const written = pipeline(packing, createGzip({ level: 1 }), createWriteStream(archive));
  for (const path of files) {
    packing.entry(
      { name: `AgentBaker-main/vhdbuilder/release-notes/${path}` },
      readFileSync(join(tree, path)),
    );
  }
  packing.finalize();
  await written;
  const again = await timed('import of the archive', 60_000, () => importTo(join(dir, 'tar.db'), archive));
  assert.deepEqual(again, report);
});
