import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { updateCrc32c } from '../../../../../src/evidence/disk/crc32c.ts';
import { ext } from '../../../../../src/evidence/disk/filesystems/ext/ext.ts';
import type { BlockSource } from '../../../../../src/evidence/disk/sources/types.ts';
import type { FileSystem } from '../../../../../src/evidence/filesystem/types.ts';
import { fileBlocks } from '../../../../support/blocks.ts';
import { run, workFolder } from '../../../../support/tools.ts';
import { directoriesOf, mountImage, snapshotFolder, snapshotTree } from '../../../../support/trees.ts';

/** How an image is made: its size, and what mke2fs is told. */
export interface Recipe {
  readonly size: string;
  readonly type: 'ext2' | 'ext3' | 'ext4';
  readonly words?: readonly string[];
  /** What tune2fs is told afterwards. */
  readonly tune?: readonly string[];
  /** Hashes of names with unsigned characters, as on ARM. */
  readonly unsigned?: boolean;
}

const MEMORY = '/dev/shm';

/**
 * A folder for images, removed when the tests of the file are done: in memory where it can be, since the kernel waits
 * for the disk at every unmount.
 */
export function imageFolder(): string {
  if (!existsSync(MEMORY)) return workFolder();
  const folder = mkdtempSync(join(MEMORY, 'nodeward-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A new, empty file system in a file. */
export function makeImage(
  path: string,
  { size, type, words = [], tune = [], unsigned = false }: Recipe,
): string {
  run('truncate', ['-s', size, path]);
  run('mke2fs', ['-q', '-F', '-t', type, ...words, path]);
  if (tune.length > 0) run('tune2fs', [...tune, path]);
  if (unsigned) run('debugfs', ['-w', '-R', 'ssv flags 2', path]);
  return path;
}

/** Bytes that look random and are the same each time. */
export function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = (seed * 2654435761 + 12345) >>> 0;
  for (let n = 0; n < length; n++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[n] = state >>> 24;
  }
  return bytes;
}

/** Writes pieces into a file, leaving holes between them. */
export function writeSparse(path: string, pieces: readonly [number, Buffer][], size?: number): void {
  const fd = openSync(path, 'w');
  try {
    for (const [offset, bytes] of pieces) writeSync(fd, bytes, 0, bytes.length, offset);
    if (size !== undefined) ftruncateSync(fd, size);
  } finally {
    closeSync(fd);
  }
}

/** What of `populate` a file system can hold. */
export interface Capability {
  readonly extents: boolean;
  /** Files of the large directory. */
  readonly many: number;
  /** The offset of a piece of a sparse file. */
  readonly far: number;
}

/** Fills a mounted file system with everything that is stored in a way of its own. */
export function populate(root: string, { extents, many, far }: Capability): void {
  const at = (...parts: string[]): string => join(root, ...parts);
  mkdirSync(at('sizes'));
  for (const size of [0, 1, 59, 60, 61, 100, 160, 1023, 1024, 4095, 4096, 4097, 65536, 300_000])
    writeFileSync(at('sizes', `${size}`), noise(size, size), { mode: 0o4711 });
  mkdirSync(at('a', 'deep', 'way', 'down'), { recursive: true, mode: 0o750 });
  writeFileSync(at('a', 'deep', 'way', 'down', 'file'), 'found');
  writeSparse(
    at('sparse'),
    [
      [70_000, noise(5000, 1)],
      [900_001, noise(10, 2)],
    ],
    1_500_000,
  );
  writeSparse(at('far'), [
    [0, noise(10, 3)],
    [far, noise(3000, 4)],
  ]);
  writeSparse(at('hole'), [], 123_456);
  const pieces = Array.from({ length: 700 }, (_, n): [number, Buffer] => [n * 8192, noise(600, n)]);
  writeSparse(at('fragments'), pieces);
  if (extents) {
    run('fallocate', ['-l', '200000', at('unwritten')]);
    writeFileSync(at('beyond'), 'short');
    run('fallocate', ['-n', '-l', '300000', at('beyond')]);
    writeSparse(at('mixed'), [[100_000, noise(9000, 5)]]);
    run('fallocate', ['-l', '250000', at('mixed')]);
  }
  for (const length of [1, 59, 60, 61, 200, 1000]) symlinkSync('t'.repeat(length), at(`link-${length}`));
  symlinkSync('a/deep', at('link'));
  linkSync(at('sizes', '4096'), at('hard'));
  run('mknod', [at('null'), 'c', '1', '3']);
  run('mknod', [at('disk'), 'b', '8', '300']);
  run('mkfifo', [at('fifo')]);
  mkdirSync(at('names'));
  for (const name of ['ü'.repeat(127), 'n'.repeat(255), '日本語', ' ', 'a b\nc', '.hidden', '...'])
    writeFileSync(at('names', name), name);
  for (const bytes of [[0xff, 0xfe], [0x80], [0x41, 0xc3]])
    writeFileSync(Buffer.concat([Buffer.from(`${at('names')}/`), Buffer.from(bytes)]), 'bytes');
  mkdirSync(at('many'));
  for (let n = 0; n < many; n++) writeFileSync(at('many', nameOf(n)), '');
  for (let n = 0; n < many; n += 7) rmSync(at('many', nameOf(n)));
}

/** Names of the large directory; some with characters whose sign matters to the hash. */
export function nameOf(n: number): string {
  return `${n % 5 === 0 ? 'ünï' : 'file'}-${n}${'x'.repeat(n % 40)}`;
}

export async function openImage(path: string): Promise<FileSystem> {
  return ext.open(fileBlocks(path));
}

/** The tree as the kernel shows it. `noload` would hide what the journal holds. */
export function kernelTree(path: string, type: string, options = 'ro'): string[] {
  const mounted = mountImage(path, { type, options });
  try {
    return snapshotFolder(mounted.path);
  } finally {
    mounted.unmount();
  }
}

/** Compares line by line, so that a difference is shown instead of two whole trees. */
export function sameTree(actual: readonly string[], expected: readonly string[]): void {
  const [ours, theirs] = [new Set(actual), new Set(expected)];
  const extra = actual.filter((line) => !theirs.has(line)).slice(0, 10);
  const missing = expected.filter((line) => !ours.has(line)).slice(0, 10);
  assert.deepEqual(
    { extra, missing, count: actual.length },
    { extra: [], missing: [], count: expected.length },
  );
}

/** Every name of every directory is found by `lookup`, and names that are not there are not. */
export async function checkLookups(fs: FileSystem, directories = 50): Promise<number> {
  let checked = 0;
  for (const directory of (await directoriesOf(fs)).slice(0, directories)) {
    const entries = await directory.list();
    const step = Math.max(1, Math.floor(entries.length / 2000));
    for (let n = 0; n < entries.length; n += step) {
      const entry = entries[n];
      if (entry === undefined || entry.name.includes('\ufffd')) continue;
      const found = await directory.lookup(entry.name);
      assert.equal(found?.id, (await entry.open()).id, entry.name);
      checked++;
    }
    for (const name of ['', '.', '..', 'absent', 'a/b', 'z'.repeat(255), 'z'.repeat(256), 'fil', '\0'])
      assert.equal(await directory.lookup(name), null, name);
  }
  return checked;
}

/** An open file system's whole tree. */
export async function treeOf(source: BlockSource): Promise<string[]> {
  return snapshotTree(await ext.open(source));
}

/** Changes the primary superblock of an image and gives it the checksum it then has. */
export function editSuperblock(image: Buffer, edit: (superblock: Buffer) => void): Buffer {
  const superblock = image.subarray(1024, 2048);
  edit(superblock);
  superblock.writeUInt32LE(updateCrc32c(~0, superblock.subarray(0, 0x3fc)), 0x3fc);
  return image;
}

/** Takes bits out of a word of a superblock. */
export function clearBits(superblock: Buffer, at: number, bits: number): void {
  superblock.writeUInt32LE((superblock.readUInt32LE(at) & ~bits) >>> 0, at);
}
