import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { NodewardError } from '../../../../src/base/errors.ts';
import { openImage } from '../../../../src/evidence/disk/formats/registry.ts';
import type { BlockSource } from '../../../../src/evidence/disk/sources/types.ts';
import { memorySource } from '../../../support/blocks.ts';
import { randomNumbers } from '../../../support/random.ts';
import { lacking, workFolder } from '../../../support/tools.ts';
import { convert, failureOf, MIB } from './helpers.ts';

const skip = lacking('qemu-img');
const folder = workFolder();
const disk = join(folder, 'disk.raw');
const SIZE = 6 * MIB;
const LARGEST_READ = 8 * MIB;

before(() => {
  const random = randomNumbers(3);
  const file = openSync(disk, 'w');
  ftruncateSync(file, SIZE);
  for (let spot = 0; spot < 12; spot += 1) {
    const bytes = Buffer.alloc(512, spot + 1);
    writeSync(file, bytes, 0, 512, Math.floor((random() * SIZE) / 4096) * 4096);
  }
  closeSync(file);
});

const FORMATS: readonly (readonly [name: string, words: string])[] = [
  ['vhd-fixed', '-O vpc -o subformat=fixed,force_size=on'],
  ['vhd', '-O vpc -o subformat=dynamic,force_size=on'],
  ['vhdx', '-O vhdx -o block_size=1M'],
  ['vmdk', '-O vmdk'],
  ['vmdk-stream', '-O vmdk -o subformat=streamOptimized'],
  ['qcow2', '-O qcow2 -o cluster_size=4k'],
  ['qcow2-v2', '-O qcow2 -o compat=0.10'],
  ['qcow2-zlib', '-O qcow2 -c -o cluster_size=4k'],
  ['qcow2-zstd', '-O qcow2 -c -o compression_type=zstd'],
  ['qcow2-extended', '-O qcow2 -o extended_l2=on'],
];

function imageOf(name: string, words: string): Buffer {
  return readFileSync(convert(disk, join(folder, name), words.split(' ')));
}

/** The image with reads that no sound reader makes turned into a failure of the test. */
function watched(bytes: Buffer): BlockSource {
  const source = memorySource(bytes);
  return {
    ...source,
    read(offset, length) {
      assert.ok(length <= LARGEST_READ, `${length} bytes were read at once`);
      return source.read(offset, length);
    },
  };
}

/** Bytes at a few places of the disk, or the error; anything but a NodewardError fails the test. */
async function probe(bytes: Buffer): Promise<readonly Uint8Array[] | NodewardError> {
  try {
    const image = await openImage(watched(bytes));
    const { size } = image.disk;
    assert.ok(Number.isSafeInteger(size) && size >= 0);
    const places = [0, 700 << 10, 2 * MIB, 4 * MIB + 512, size - (600 << 10), size - 1];
    const parts: Uint8Array[] = [];
    for (const place of places.filter((each) => each >= 0 && each < size)) {
      const length = Math.min(600 << 10, size - place);
      image.disk.prefetch(place, length);
      const part = await image.disk.read(place, length);
      assert.equal(part.length, length);
      parts.push(part);
    }
    return parts;
  } catch (thrown) {
    if (thrown instanceof NodewardError) return thrown;
    throw thrown;
  }
}

for (const [name, words] of FORMATS)
  test(`${name}: any bytes give a disk or an error with a code`, { skip }, async () => {
    const bytes = imageOf(name, words);
    const filled = [...bytes.keys()].filter((at) => bytes[at] !== 0);
    const random = randomNumbers(bytes.length);
    let errors = 0;
    for (let round = 0; round < 500; round += 1) {
      const changes = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
        const anywhere =
          random() < 0.4 ? Math.floor(random() * 600) : filled[Math.floor(random() * filled.length)];
        return { at: anywhere as number, old: bytes[anywhere as number] as number };
      });
      for (const { at, old } of changes)
        bytes[at] = [0, 0xff, Math.floor(random() * 256), old ^ (1 << Math.floor(random() * 8))][
          Math.floor(random() * 4)
        ] as number;
      const outcome = await probe(bytes);
      if (outcome instanceof NodewardError) {
        errors += 1;
        assert.match(outcome.code, /^disk-(damaged|unsupported)$/);
        assert.match(outcome.place ?? '', /^memory/);
      }
      for (const { at, old } of changes.toReversed()) bytes[at] = old;
    }
    assert.ok(errors > 0);
    assert.ok(!((await probe(bytes)) instanceof NodewardError));
  });

/** Where a format has checksums. */
const CHECKED: readonly (readonly [
  name: string,
  words: string,
  ranges: readonly (readonly [number, number])[],
])[] = [
  [
    'vhd',
    '-O vpc -o force_size=on',
    [
      [0, 1536],
      [-512, 0],
    ],
  ],
  [
    'vhdx',
    '-O vhdx',
    [
      [65536, 65536 + 4096],
      [131072, 131072 + 4096],
      [196608, 196608 + 200],
      [262144, 262144 + 200],
    ],
  ],
];

for (const [name, words, ranges] of CHECKED)
  test(`${name}: what checksums cover is the same or an error`, { skip }, async () => {
    const bytes = imageOf(`checked-${name}`, words);
    const good = await probe(bytes);
    const random = randomNumbers(7);
    const seen = { same: 0, error: 0 };
    for (let round = 0; round < 600; round += 1) {
      const changes = Array.from({ length: 1 + Math.floor(random() * 4) }, () => {
        const [from, to] = ranges[Math.floor(random() * ranges.length)] as readonly [number, number];
        const at = (from < 0 ? bytes.length : 0) + from + Math.floor(random() * (to - from));
        return { at, old: bytes[at] as number };
      });
      for (const { at } of changes) bytes[at] = Math.floor(random() * 256);
      const outcome = await probe(bytes);
      if (!(outcome instanceof NodewardError)) assert.deepEqual(outcome, good);
      seen[outcome instanceof NodewardError ? 'error' : 'same'] += 1;
      for (const { at, old } of changes.toReversed()) bytes[at] = old;
    }
    assert.ok(seen.same > 0 && seen.error > 0, JSON.stringify(seen));
  });

test('files cut off anywhere never give a shorter disk', { skip }, async () => {
  for (const [name, words] of FORMATS) {
    const bytes = imageOf(`cut-${name}`, words);
    const good = await probe(bytes);
    assert.ok(!(good instanceof NodewardError));
    for (let part = 0; part < 40; part += 1) {
      const outcome = await probe(bytes.subarray(0, Math.floor((bytes.length * part) / 40)));
      // A fixed VHD without its footer cannot be told from a raw disk.
      if (name === 'vhd-fixed' || outcome instanceof NodewardError) continue;
      assert.deepEqual(outcome, good, `${name} cut off at ${part}/40`);
    }
  }
});

const pattern = (bytes: Buffer, at: number, hex: string) => Buffer.from(hex, 'hex').copy(bytes, at);

test('headers that ask for the impossible', { skip }, async () => {
  const qcow2 = imageOf('plain.qcow2', '-O qcow2');
  const changed = (at: number, hex: string) => {
    const bytes = Buffer.from(qcow2);
    pattern(bytes, at, hex);
    return bytes;
  };
  const cases: readonly (readonly [code: string, message: RegExp, image: Buffer])[] = [
    ['disk-damaged', /marked as corrupt/, changed(79, '02')],
    ['disk-unsupported', /not known/, changed(72, '80')],
    ['disk-unsupported', /not known/, changed(79, '20')],
    ['disk-unsupported', /encrypted/, changed(32, '00000001')],
    ['disk-damaged', /clusters of 2\^31/, changed(20, '0000001f')],
    ['disk-damaged', /clusters of 2\^8/, changed(20, '00000008')],
    ['disk-damaged', /too small for a disk/, changed(24, '0010000000000000')],
    ['disk-damaged', /impossible disk size/, changed(24, 'ffffffffffffffff')],
    ['disk-damaged', /more than can be/, changed(36, 'ffffffff')],
    ['disk-damaged', /level 1 table/, changed(40, '0000000000000200')],
    ['disk-damaged', /level 1 table/, changed(40, '7fffffffffff0000')],
    ['disk-damaged', /contradicts/, changed(104, '01')],
    ['disk-damaged', /of its own/, changed(100, '00000001')],
    ['disk-unsupported', /backing file, which/, changed(8, 'ffffffffffffffff00000400')],
  ];
  for (const [code, message, image] of cases) {
    const failure = await failureOf(watched(image));
    assert.match(failure.message, message);
    assert.equal(failure.code, code, failure.message);
  }
});

test('a VHDX with a parent, and one of a later kind', { skip }, async () => {
  const vhdx = imageOf('parent.vhdx', '-O vhdx');
  const parameters = vhdx.indexOf(Buffer.from('3767a1ca36fa434db3b633f0aa44e76b', 'hex'));
  const metadata = Math.floor(parameters / MIB) * MIB;
  const item = metadata + vhdx.readUInt32LE(parameters + 16);
  const parent = Buffer.from(vhdx);
  parent.writeUInt32LE(2, item + 4);
  assert.match((await failureOf(watched(parent))).message, /names a parent/);
  const later = Buffer.from(vhdx);
  later.writeUInt8(0x38, parameters);
  assert.match((await failureOf(watched(later))).message, /metadata item that is not known/);
});

test('an empty file, and one of a few bytes', async () => {
  assert.match((await failureOf(memorySource(Buffer.alloc(0)))).message, /empty/);
  for (const start of ['QFI\xfb', 'KDMV', 'vhdxfile', 'conectix'])
    assert.equal((await failureOf(memorySource(Buffer.from(start, 'latin1')))).code, 'disk-damaged');
  assert.equal((await openImage(memorySource(Buffer.from('x')))).format, 'raw');
});
