import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { NodewardError } from '../../../../../src/base/errors.ts';
import { ext } from '../../../../../src/evidence/disk/filesystems/ext/ext.ts';
import { memorySource } from '../../../../support/blocks.ts';
import { randomBelow } from '../../../../support/random.ts';
import { noMounts } from '../../../../support/tools.ts';
import { mountImage, snapshotTree } from '../../../../support/trees.ts';
import {
  clearBits,
  editSuperblock,
  imageFolder,
  makeImage,
  noise,
  sameTree,
  treeOf,
  writeSparse,
} from './support.ts';

const folder = imageFolder();
const skip = noMounts();

/** A small image with every kind of metadata in few blocks, and one whose journal is needed. */
interface Sample {
  readonly image: Buffer;
  readonly tree: readonly string[];
}

const samples = new Map<string, Sample>();

const SMALL = {
  checked: {
    type: 'ext4',
    size: '2M',
    words: ['-b', '1024', '-N', '256', '-O', '^has_journal'],
  },
  unchecked: {
    type: 'ext4',
    size: '2M',
    words: ['-b', '1024', '-N', '256', '-O', '^has_journal,^metadata_csum'],
  },
  indirect: { type: 'ext2', size: '2M', words: ['-b', '1024', '-N', '256'] },
  inline: { type: 'ext4', size: '2M', words: ['-b', '1024', '-N', '256', '-O', '^has_journal,inline_data'] },
} as const;

/** With the smallest journal there is. */
const USED = { type: 'ext4', size: '8M', words: ['-b', '1024', '-N', '256', '-J', 'size=1'] } as const;

function fill(root: string): void {
  const at = (...parts: string[]): string => join(root, ...parts);
  mkdirSync(at('etc'));
  writeFileSync(at('etc', 'os-release'), 'ID=debian\n');
  writeFileSync(at('status'), noise(30_000, 1));
  symlinkSync('etc/os-release', at('short'));
  symlinkSync('l'.repeat(100), at('long'));
  const pieces = Array.from({ length: 100 }, (_, n): [number, Buffer] => [n * 2048, noise(300, n)]);
  writeSparse(at('fragments'), pieces);
  mkdirSync(at('many'));
  for (let n = 0; n < 90; n++) writeFileSync(at('many', `${'name'.repeat(20)}-${n}`), '');
}

before(async () => {
  if (skip !== false) return;
  for (const [name, recipe] of Object.entries(SMALL)) {
    const path = makeImage(join(folder, name), recipe);
    const mounted = mountImage(path, { type: recipe.type });
    fill(mounted.path);
    mounted.unmount();
    await keep(name, readFileSync(path));
  }
  const path = makeImage(join(folder, 'used'), USED);
  const mounted = mountImage(path, { type: 'ext4', options: 'commit=300' });
  fill(mounted.path);
  for (let n = 0; n < 12; n++) {
    const fd = openSync(join(mounted.path, `synced-${n}`), 'w');
    writeSync(fd, noise(1500, n));
    fsyncSync(fd);
    closeSync(fd);
  }
  copyFileSync(path, join(folder, 'copy'));
  mounted.unmount();
  await keep('used', readFileSync(join(folder, 'copy')));
});

async function keep(name: string, image: Buffer): Promise<void> {
  samples.set(name, { image, tree: await treeOf(memorySource(image)) });
}

function sample(name: string): Sample {
  const found = samples.get(name);
  assert.ok(found !== undefined);
  return found;
}

/** What reading a changed image gave. */
interface Outcome {
  /** The tree, where reading it ended without an error or a problem. */
  readonly tree: readonly string[] | null;
}

/** Reads all of an image; anything thrown but our own errors fails the test. */
async function readAll(image: Buffer): Promise<Outcome> {
  const own = (thrown: unknown): void => {
    if (!(thrown instanceof NodewardError)) throw thrown;
  };
  try {
    const fs = await ext.open(memorySource(image));
    let unread = 0;
    const tree = await snapshotTree(fs, (_, thrown) => {
      own(thrown);
      unread++;
    });
    return { tree: unread + fs.problems.length > 0 ? null : tree };
  } catch (thrown) {
    own(thrown);
    return { tree: null };
  }
}

/** The blocks of an image that hold anything. */
function usedBlocks(image: Buffer, size: number): number[] {
  const empty = Buffer.alloc(size);
  return Array.from({ length: image.length / size }, (_, n) => n).filter(
    (n) => !image.subarray(n * size, (n + 1) * size).equals(empty),
  );
}

/** A tree without the content of files and long links, which has no checksum. */
function names(tree: readonly string[]): string[] {
  return tree.map((line) => line.replace(/ [0-9a-f]{64}$| -> l+.*$/, ''));
}

for (const [name, rounds] of [
  ['checked', 700],
  ['inline', 500],
  ['used', 400],
] as const)
  test(`a changed bit is harmless or reported: ${name}`, { skip }, async () => {
    const { image, tree } = sample(name);
    const next = randomBelow(7);
    const blocks = usedBlocks(image, 1024);
    let reported = 0;
    for (let round = 0; round < rounds; round++) {
      const at = (blocks[round % blocks.length] ?? 0) * 1024 + next(round % 3 === 0 ? 64 : 1024);
      const was = image[at] ?? 0;
      image[at] = was ^ (1 << next(8));
      const outcome = await readAll(image);
      if (outcome.tree === null) reported++;
      else sameTree(names(outcome.tree), names(tree));
      image[at] = was;
    }
    assert.ok(reported > rounds / 20, `only ${reported} were reported`);
  });

for (const [name, rounds] of [
  ['unchecked', 700],
  ['indirect', 700],
  ['inline', 400],
  ['checked', 200],
  ['used', 100],
] as const)
  test(`whatever is damaged, reading ends with an error of ours or a tree: ${name}`, { skip }, async () => {
    const { image } = sample(name);
    const next = randomBelow(11);
    const blocks = usedBlocks(image, 1024).slice(0, 60);
    for (let round = 0; round < rounds; round++) {
      const changed = Buffer.from(image);
      for (let n = next(6); n >= 0; n--) {
        const at = (blocks[next(blocks.length)] ?? 0) * 1024 + next(1024);
        const value = [0, 0xff, next(256), next(256) & 0x0f][next(4)] ?? 0;
        changed.fill(value, at, at + 1 + next(next(4) === 0 ? 40 : 4));
      }
      // So that the damage is not all found by the first checksum.
      if (round % 2 === 0) editSuperblock(changed, (superblock) => clearBits(superblock, 0x64, 0x400));
      await readAll(changed);
    }
  });
