import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { NodewardError } from '../../../../../src/base/errors.ts';
import { ext } from '../../../../../src/evidence/disk/filesystems/ext/ext.ts';
import { HASHES, nameHash } from '../../../../../src/evidence/disk/filesystems/ext/hash.ts';
import type { DirectoryInode } from '../../../../../src/evidence/filesystem/types.ts';
import { memorySource } from '../../../../support/blocks.ts';
import { lacking, noMounts, run } from '../../../../support/tools.ts';
import { mountImage } from '../../../../support/trees.ts';
import { imageFolder, makeImage } from './support.ts';

const folder = imageFolder();

test('names are hashed as debugfs hashes them', { skip: lacking('debugfs') }, () => {
  const names = fc.sample(fc.stringMatching(/^[a-zA-Z0-9._äß日][a-zA-Z0-9._äß日-]{0,79}$/), {
    numRuns: 40,
    seed: 1,
  });
  const uuid = '5f1ad3c2-7b60-4e0d-9d1c-0a4be83f6e57';
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
  const seed = Uint32Array.from([0, 4, 8, 12], (at) => bytes.readUInt32LE(at));
  // It does not know the names of the unsigned ones.
  const rules = Object.entries({ legacy: HASHES.legacy, half_md4: HASHES.halfMd4, tea: HASHES.tea });
  const asked = rules.flatMap(([word, version]) => names.map((name) => ({ word, version, name })));
  const commands = asked.map(({ word, name }) => `dx_hash -h ${word} -s ${uuid} ${name}`);
  const printed = run('debugfs', ['-f', '-'], `${commands.join('\n')}\n`);
  const theirs = [...printed.matchAll(/^Hash of .* is 0x([0-9a-f]+)/gm)].map(([, hex]) =>
    Number.parseInt(hex ?? '', 16),
  );
  const ours = asked.map(({ name, version }) =>
    nameHash(Buffer.from(name), { version, unsigned: false, seed }),
  );
  assert.deepEqual(theirs, ours);
  assert.equal(nameHash(Buffer.from('x'), { version: 6, unsigned: false, seed }), null);
});

/** The directory `many` of an image. */
async function manyOf(image: Buffer): Promise<DirectoryInode> {
  const fs = await ext.open(memorySource(image));
  const found = await (await fs.root()).lookup('many');
  assert.ok(found?.kind === 'directory');
  return found;
}

function blocksOf(path: string): number[] {
  return run('debugfs', ['-R', 'blocks /many', path]).trim().split(' ').map(Number);
}

function makeMany(path: string, names: readonly string[]): void {
  const mounted = mountImage(path, { type: 'ext4' });
  mkdirSync(join(mounted.path, 'many'));
  for (const name of names) writeFileSync(join(mounted.path, 'many', name), '');
  mounted.unmount();
}

test('names of one hash are found though they are in two blocks', { skip: noMounts() }, async () => {
  const path = makeImage(join(folder, 'hash'), { type: 'ext4', size: '16M', words: ['-b', '1024'] });
  const superblock = readFileSync(path).subarray(1024, 2048);
  const seed = Uint32Array.from([0xec, 0xf0, 0xf4, 0xf8], (at) => superblock.readUInt32LE(at));
  const unsigned = (superblock.readUInt32LE(0x160) & 2) !== 0;
  const hashOf = (name: string): number =>
    nameHash(Buffer.from(name), { version: HASHES.halfMd4, unsigned, seed }) ?? 0;
  // Names of 20 bytes: 35 fit a block of 1 KiB, the kernel then splits between the 18th and the 19th by hash.
  const seen = new Map<number, string>();
  let pair: { names: string[]; hash: number } | null = null;
  for (let n = 0; pair === null && n < 2_000_000; n++) {
    const name = `${n}`.padStart(20, 'n');
    const hash = hashOf(name);
    const other = seen.get(hash);
    // The half of all hashes below, so that there are names on both sides.
    if (other !== undefined && hash > 0x10000000 && hash < 0xf0000000) pair = { names: [other, name], hash };
    seen.set(hash, name);
  }
  assert.ok(pair !== null);
  const { names, hash } = pair;
  const below = [...seen]
    .filter(([other]) => other < hash)
    .slice(0, 17)
    .map(([, name]) => name);
  const above = [...seen]
    .filter(([other]) => other > hash)
    .slice(0, 16)
    .map(([, name]) => name);
  const more = Array.from({ length: 1200 }, (_, n) => `more-${n}`.padEnd(40, 'x'));
  makeMany(path, [...below, ...names, ...above, ...more]);
  const image = readFileSync(path);
  const root = image.subarray((blocksOf(path)[0] ?? 0) * 1024).subarray(0, 1024);
  const hashes = Array.from({ length: root.readUInt16LE(34) - 1 }, (_, n) => root.readUInt32LE(40 + n * 8));
  assert.ok(hashes.includes(hash + 1), 'the two names are not in two blocks');
  const many = await manyOf(image);
  for (const name of [...names, ...below, ...above, ...more])
    assert.ok((await many.lookup(name)) !== null, name);
  assert.equal(await many.lookup('absent'), null);
});

test('a damaged index of a directory hides no name', { skip: noMounts() }, async () => {
  const names = Array.from({ length: 900 }, (_, n) => `${'name'.repeat(12)}${n}`);
  for (const checked of [false, true]) {
    const words = ['-b', '1024', ...(checked ? [] : ['-O', '^metadata_csum'])];
    const path = makeImage(join(folder, 'index'), { type: 'ext4', size: '16M', words });
    makeMany(path, names);
    const [root = 0] = blocksOf(path);
    for (const [at, bytes] of [
      [28, '09'],
      [30, '01'],
      [34, 'ffff'],
      [36, 'ff'],
      [40, '00000000ff0000000000000001000000'],
      [48, 'ffffffff'],
    ] as const) {
      const image = readFileSync(path);
      Buffer.from(bytes, 'hex').copy(image, root * 1024 + at);
      const many = await manyOf(image);
      if (checked) {
        await assert.rejects(
          many.lookup('absent'),
          (thrown) => thrown instanceof NodewardError && thrown.code === 'disk-damaged',
        );
        continue;
      }
      for (let n = 0; n < names.length; n += 9)
        assert.ok((await many.lookup(names[n] ?? '')) !== null, `${at} ${n}`);
      assert.equal(await many.lookup('absent'), null);
    }
  }
});
