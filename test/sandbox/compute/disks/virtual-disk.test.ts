import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  extentsWithin,
  fileExtents,
  readDisk,
  type VirtualDisk,
} from '../../../../src/sandbox/compute/disks/virtual-disk.ts';
import { workFolder } from '../../../support/tools.ts';

const MIB = 2 ** 20;
const folder = workFolder();

/** A file of 3 MiB with data in some of its pages, also across the chunks it is read in. */
function sampleFile(name: string): { path: string; bytes: Buffer } {
  const bytes = Buffer.alloc(3 * MIB);
  for (const [start, end] of [
    [5000, 9000],
    [MIB - 10, MIB + 10],
    [3 * MIB - 1, 3 * MIB],
  ])
    bytes.fill(7, start, end);
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return { path, bytes };
}

async function bytesOf(disk: VirtualDisk, start: number, end: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of readDisk(disk, start, end)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('a file becomes the extents of its pages that are not zeros', async () => {
  const { path } = sampleFile('pages');
  const extents = await fileExtents(path, 10 * MIB);
  assert.deepEqual(
    extents.map(({ start, end }) => [start - 10 * MIB, end - 10 * MIB]),
    [
      [4096, 12_288],
      [MIB - 4096, MIB + 4096],
      [3 * MIB - 4096, 3 * MIB],
    ],
  );
});

test('a disk of extents reads as the file it is made of, anywhere', async () => {
  const { path, bytes } = sampleFile('read');
  const extents = [
    { start: 0, end: 512, bytes: Buffer.alloc(512, 1) },
    ...(await fileExtents(path, MIB)),
    { start: 9 * MIB, end: 9 * MIB + 512, bytes: Buffer.alloc(512, 2) },
  ];
  const disk: VirtualDisk = { size: 9 * MIB + 512, extents, digest: 'any' };
  const whole = Buffer.alloc(disk.size);
  whole.fill(1, 0, 512);
  bytes.copy(whole, MIB);
  whole.fill(2, 9 * MIB);
  for (const [start, end] of [
    [0, disk.size],
    [511, 513],
    [MIB + 4999, MIB + 9001],
    [2 * MIB - 11, 2 * MIB + 11],
    [4 * MIB - 1, 4 * MIB + 1],
    [5 * MIB, 8 * MIB],
  ] as const)
    assert.ok((await bytesOf(disk, start, end)).equals(whole.subarray(start, end)), `${start} to ${end}`);
  assert.deepEqual(extentsWithin(disk, 5 * MIB, 8 * MIB), []);
});

test('a file that was cut is no disk full of zeros', async () => {
  const { path } = sampleFile('cut');
  const disk: VirtualDisk = { size: 3 * MIB, extents: await fileExtents(path, 0), digest: 'any' };
  truncateSync(path, MIB);
  await assert.rejects(bytesOf(disk, 2 * MIB, 3 * MIB), /has become shorter/);
});
