import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { NodewardError } from '../../../../src/base/errors.ts';
import { openImage } from '../../../../src/evidence/disk/formats/registry.ts';
import type { DiskImage } from '../../../../src/evidence/disk/formats/types.ts';
import type { BlockSource } from '../../../../src/evidence/disk/sources/types.ts';
import { randomNumbers } from '../../../support/random.ts';
import { run } from '../../../support/tools.ts';

export const MIB = 1 << 20;

/** Bytes that no compression makes smaller. */
export function randomBytes(random: () => number, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

/** A raw disk: an ext4 file system with files, then blocks of noise, of one byte and of nothing in no order. */
export function makeDisk(path: string, size: number): void {
  const system = Math.floor(size / 4 / 4096) * 4096;
  run('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', join(import.meta.dirname, '..'), path, `${system / 1024}k`]);
  const random = randomNumbers(size);
  const file = openSync(path, 'r+');
  ftruncateSync(file, size);
  for (let at = system; at < size; ) {
    const length = Math.min(size - at, Math.ceil(random() ** 3 * 300) * 512);
    const kind = random();
    if (kind < 0.15) writeSync(file, randomBytes(random, length), 0, length, at);
    else if (kind < 0.3) writeSync(file, Buffer.alloc(length, Math.ceil(random() * 255)), 0, length, at);
    at += length * (kind < 0.3 ? 1 : 6);
  }
  closeSync(file);
}

/** `qemu-img convert` of a raw disk. */
export function convert(disk: string, to: string, words: readonly string[]): string {
  run('qemu-img', ['convert', '-f', 'raw', ...words, disk, to]);
  return to;
}

/** SHA-256 of all bytes, read in steps that meet no boundary of a block. */
export async function hashOf(source: BlockSource, size = source.size): Promise<string> {
  const hash = createHash('sha256');
  const step = 3 * MIB + 1234;
  for (let at = 0; at < size; at += step) hash.update(await source.read(at, Math.min(step, size - at)));
  return hash.digest('hex');
}

/** Compares the bytes of two disks in reads of any length at any place. */
export async function compareReads(actual: BlockSource, expected: BlockSource, count: number): Promise<void> {
  const random = randomNumbers(count);
  const ranges = Array.from({ length: count }, () => {
    const length = Math.min(expected.size, Math.floor(random() ** 4 * 4 * MIB));
    return { offset: Math.floor(random() * (expected.size - length + 1)), length };
  });
  for (let at = 0; at < count; at += 10)
    await Promise.all(
      ranges.slice(at, at + 10).map(async ({ offset, length }) => {
        actual.prefetch(offset, length);
        const [bytes, wanted] = await Promise.all([
          actual.read(offset, length),
          expected.read(offset, length),
        ]);
        assert.equal(Buffer.compare(bytes, wanted), 0, `${length} bytes at ${offset} differ`);
      }),
    );
}

/** Opens an image that must be refused or found damaged, and reads all of it if it opens. */
export async function failureOf(file: BlockSource): Promise<NodewardError> {
  const outcome = await outcomeOf(file);
  if (outcome instanceof NodewardError) return outcome;
  throw new Error(`${outcome.format} was opened and read`);
}

/** The image, read from start to end, or the error it gives. Anything but a NodewardError is thrown. */
export async function outcomeOf(file: BlockSource): Promise<DiskImage | NodewardError> {
  try {
    const image = await openImage(file);
    for (let at = 0; at < Math.min(image.disk.size, 64 * MIB); at += MIB)
      await image.disk.read(at, Math.min(MIB, image.disk.size - at));
    return image;
  } catch (thrown) {
    if (thrown instanceof NodewardError) return thrown;
    throw thrown;
  }
}
