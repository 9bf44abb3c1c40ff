import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { FileInode } from '../../../src/evidence/filesystem/types.ts';
import { readAhead } from '../../../src/evidence/readers/read-ahead.ts';

const MIB = 1 << 20;

/** A file of zeros that notes what is asked for in advance. */
function noting(size: number): { inode: FileInode; asked: [from: number, to: number][] } {
  const asked: [number, number][] = [];
  const inode: FileInode = {
    kind: 'file',
    id: 7,
    size,
    mode: 0o600,
    prefetch: (offset, length) => void asked.push([offset, offset + length]),
    read: async (offset, length) => Buffer.alloc(Math.max(0, Math.min(length, size - offset))),
  };
  return { inode, asked };
}

it('asks for what lies behind a read, each part once and nothing beyond the end', async () => {
  const size = 20 * MIB + 5;
  const { inode, asked } = noting(size);
  const file = readAhead(inode);
  assert.equal((await file.read(0, 4096)).length, 4096);
  assert.deepEqual(
    [asked[0], asked.at(-1)],
    [
      [0, MIB],
      [8 * MIB, 9 * MIB],
    ],
  );
  for (let offset = 0; offset < size; offset += 4096) await file.read(offset, 4096);
  assert.equal(asked.length, 21);
  assert.deepEqual(asked.at(-1), [20 * MIB, size]);
});

it('goes on elsewhere where a read does, and is the same file otherwise', async () => {
  const { inode, asked } = noting(100 * MIB);
  const file = readAhead(inode);
  await file.read(50 * MIB, 10);
  assert.deepEqual(asked[0], [50 * MIB, 51 * MIB]);
  assert.equal(asked.length, 9);
  assert.deepEqual([file.kind, file.id, file.size, file.mode], ['file', 7, 100 * MIB, 0o600]);
  const empty = noting(0);
  assert.equal((await readAhead(empty.inode).read(0, 10)).length, 0);
  assert.deepEqual(empty.asked, []);
});
