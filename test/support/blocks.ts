import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { after } from 'node:test';
import { NodewardError } from '../../src/base/errors.ts';
import type { BlockSource } from '../../src/evidence/disk/sources/types.ts';

/** Bytes in memory as a block source. */
export function memorySource(bytes: Uint8Array, name = 'memory'): BlockSource {
  return {
    name,
    size: bytes.length,
    prefetch() {},
    async read(offset, length) {
      checkRange({ name, size: bytes.length }, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** A file as a block source, without a cache; closed when the tests of the file are done. */
export function fileBlocks(path: string): BlockSource {
  const fd = openSync(path, 'r');
  after(() => closeSync(fd));
  const { size } = statSync(path);
  return {
    name: path,
    size,
    prefetch() {},
    async read(offset, length) {
      checkRange({ name: path, size }, offset, length);
      const bytes = Buffer.alloc(length);
      for (let done = 0; done < length; ) done += readSync(fd, bytes, done, length - done, offset + done);
      return bytes;
    },
  };
}

function checkRange(
  { name, size }: Pick<BlockSource, 'name' | 'size'>,
  offset: number,
  length: number,
): void {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  if (!whole || offset < 0 || length < 0 || offset + length > size)
    throw new NodewardError('disk-damaged', `${name} has no ${length} bytes at ${offset}`, { place: name });
}
