import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import { NodewardError } from '../../../../src/base/errors.ts';
import { type BlockMap, type Extent, mappedDisk } from '../../../../src/evidence/disk/formats/mapped.ts';
import { Recent } from '../../../../src/evidence/disk/formats/recent.ts';
import { zstdFrameLength } from '../../../../src/evidence/disk/formats/zstd-frame.ts';
import type { BlockSource } from '../../../../src/evidence/disk/sources/types.ts';
import { memorySource } from '../../../support/blocks.ts';

const BLOCK = 100;
const REGION = 4;

/** A file that keeps what was asked of it; its reads end when `release` is called, or at once. */
function recorded(size: number, held = false) {
  const bytes = Uint8Array.from({ length: size }, (_, at) => at % 251);
  const reads: [number, number][] = [];
  const prefetched: [number, number][] = [];
  let release: () => void = () => {};
  const gate = held ? new Promise<void>((resolve) => (release = resolve)) : Promise.resolve();
  const plain = memorySource(bytes);
  const file: BlockSource = {
    ...plain,
    async read(offset, length) {
      reads.push([offset, length]);
      await gate;
      return plain.read(offset, length);
    },
    prefetch: (offset, length) => void prefetched.push([offset, length]),
  };
  return { file, bytes, reads, prefetched, release: () => release() };
}

/** Blocks at these places of the file; null for zeros. */
function mapOf(places: readonly (number | null)[], more: Partial<BlockMap> = {}): BlockMap {
  return {
    size: places.length * BLOCK,
    regionSize: REGION * BLOCK,
    packing: null,
    load: async (region) => (start) => {
      const index = Math.floor(start / BLOCK);
      const place = places[region * REGION + index] ?? null;
      const skip = start - index * BLOCK;
      const length = BLOCK - skip;
      return place === null ? { kind: 'zeros', length } : { kind: 'stored', offset: place + skip, length };
    },
    ...more,
  };
}

test('blocks that are neighbours in the file are one read, holes none, over the ends of regions', async () => {
  const { file, bytes, reads } = recorded(2000);
  const disk = mappedDisk(file, mapOf([0, 100, null, null, 500, 600, 700, 300]));
  const got = await disk.read(50, 700);
  assert.deepEqual(reads, [
    [50, 150],
    [500, 300],
    [300, 50],
  ]);
  const wanted = [
    bytes.subarray(50, 200),
    new Uint8Array(200),
    bytes.subarray(500, 800),
    bytes.subarray(300, 350),
  ];
  assert.deepEqual(Buffer.from(got), Buffer.concat(wanted));
});

test('parts that lie apart are read in parallel', async () => {
  const { file, reads, release } = recorded(2000, true);
  const reading = mappedDisk(file, mapOf([0, 900, 300, 1500, 1200])).read(0, 500);
  await setImmediate();
  assert.equal(reads.length, 5);
  release();
  assert.equal((await reading).length, 500);
});

test('a prefetch is passed on, whether the tables are loaded or not, and never fails', async () => {
  const { file, prefetched, reads } = recorded(2000);
  const disk = mappedDisk(file, mapOf([0, 100, null, 900]));
  for (const round of [1, 2]) {
    disk.prefetch(0, 400);
    await setImmediate();
    assert.equal(prefetched.length, 2 * round);
  }
  assert.deepEqual(prefetched.slice(0, 2), [
    [0, 200],
    [900, 100],
  ]);
  assert.deepEqual(reads, []);
  const broken = mappedDisk(file, mapOf([0], { load: () => Promise.reject(new Error('broken')) }));
  broken.prefetch(0, 10);
  mappedDisk(file, mapOf([5000])).prefetch(0, 100);
  for (const [offset, length] of [
    [-1, 5],
    [1e9, 5],
    [0, -5],
    [Number.NaN, 5],
    [0, Number.NaN],
    [0.5, 1],
  ] as const)
    disk.prefetch(offset, length);
  await setImmediate();
  assert.equal(prefetched.length, 4);
});

test('what is not on the disk, or said to lie beyond the file, is an error', async () => {
  const disk = mappedDisk(recorded(150).file, mapOf([0, 100]));
  for (const [offset, length] of [
    [0, 201],
    [200, 1],
    [-1, 1],
    [0, -1],
    [0.5, 1],
    [Number.NaN, 1],
    [0, 2 ** 60],
  ] as const)
    await assert.rejects(disk.read(offset, length), { code: 'disk-damaged' });
  assert.equal((await disk.read(200, 0)).length, 0);
  await assert.rejects(disk.read(100, 100), /byte 100 is said to lie beyond the end/);
});

test('a compressed cluster is unpacked once for all that read it, and fetched with its neighbours', async () => {
  const { file, prefetched } = recorded(2000);
  let unpacked = 0;
  const map = mapOf([1, 2, 3, 4], {
    load:
      async () =>
      (start): Extent => {
        const position = Math.floor(start / BLOCK) * BLOCK;
        const cluster = { offset: position / 10, length: 9, position };
        return { kind: 'packed', skip: start - position, length: BLOCK - (start - position), cluster };
      },
    packing: {
      clusterSize: BLOCK,
      async unpack({ position }) {
        unpacked += 1;
        await setImmediate();
        return new Uint8Array(position === 300 ? 50 : BLOCK).fill(position / BLOCK + 1);
      },
    },
  });
  const disk = mappedDisk(file, map);
  const both = await Promise.all([disk.read(50, 200), disk.read(0, 150)]);
  assert.deepEqual(
    [...(both[0] ?? [])].filter((_, at) => at % 50 === 0),
    [1, 2, 2, 3],
  );
  assert.equal(unpacked, 3);
  assert.deepEqual(prefetched[0], [0, 29]);
  await disk.read(0, 300);
  assert.equal(unpacked, 3);
  assert.equal((await disk.read(300, 50)).length, 50);
  await assert.rejects(disk.read(300, 51), /too short/);
});

test('what fails to load is loaded again; only the last ones are kept', async () => {
  const recent = new Recent<number>(2);
  let loads = 0;
  const load = async () => {
    loads += 1;
    if (loads === 1) throw new Error('first');
    return loads;
  };
  const failed = await Promise.allSettled([recent.get(1, load), recent.get(1, load)]);
  assert.deepEqual(
    failed.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.deepEqual(await Promise.all([recent.get(1, load), recent.get(1, load)]), [2, 2]);
  await recent.get(2, load);
  assert.equal(recent.peek(1), 2);
  await recent.get(3, load);
  assert.deepEqual(
    [1, 2, 3].map((key) => recent.peek(key)),
    [2, undefined, 4],
  );
});

test('the length of a Zstandard frame is found whatever follows it', () => {
  for (const content of [
    Buffer.alloc(0),
    Buffer.alloc(300_000, 'ab'),
    Uint8Array.from({ length: 70_000 }, (_, at) => at),
  ]) {
    const frame = zstdCompressSync(content);
    assert.equal(zstdFrameLength(Buffer.concat([frame, Buffer.alloc(600, 0xaa)])), frame.length);
    assert.equal(zstdFrameLength(frame), frame.length);
    assert.equal(zstdFrameLength(frame.subarray(0, -1)), null);
  }
  assert.equal(zstdFrameLength(Buffer.alloc(100)), null);
});

test('errors of the source pass through', async () => {
  const file: BlockSource = {
    ...memorySource(new Uint8Array(100)),
    read: () => Promise.reject(new NodewardError('network-failed', 'gone')),
  };
  await assert.rejects(mappedDisk(file, mapOf([0, null])).read(0, 200), { code: 'network-failed' });
});
