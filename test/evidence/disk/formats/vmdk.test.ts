import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { openImage } from '../../../../src/evidence/disk/formats/registry.ts';
import { fileBlocks, memorySource } from '../../../support/blocks.ts';
import { randomNumbers } from '../../../support/random.ts';
import { lacking, run, workFolder } from '../../../support/tools.ts';
import { compareReads, failureOf, hashOf, MIB, randomBytes } from './helpers.ts';

const folder = workFolder();
const SECTOR = 512;
const GRAIN = 64 << 10;
const TABLE = 512;
const AT_END = 0xffffffffffffffffn;

const DESCRIPTOR = (sectors: number) => `# Disk DescriptorFile
version=1
CID=7b3c1a2d
parentCID=ffffffff
createType="streamOptimized"

# Extent description
RW ${sectors} SPARSE "made.vmdk"

# The Disk Data Base
#DDB
ddb.adapterType = "lsilogic"
`;

function header(sectors: number, directory: bigint): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes.write('KDMV');
  bytes.writeUInt32LE(3, 4);
  bytes.writeUInt32LE(0x30001, 8);
  bytes.writeBigUInt64LE(BigInt(sectors), 12);
  bytes.writeBigUInt64LE(BigInt(GRAIN / SECTOR), 20);
  bytes.writeBigUInt64LE(1n, 28);
  bytes.writeBigUInt64LE(20n, 36);
  bytes.writeUInt32LE(TABLE, 44);
  bytes.writeBigUInt64LE(directory, 56);
  bytes.writeBigUInt64LE(128n, 64);
  bytes.write('\n \r\n', 73, 'latin1');
  bytes.writeUInt16LE(1, 77);
  return bytes;
}

function padded(...parts: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(parts);
  return Buffer.concat([bytes, Buffer.alloc((SECTOR - (bytes.length % SECTOR)) % SECTOR)]);
}

function marker(sectors: number, type: number): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes.writeBigUInt64LE(BigInt(sectors), 0);
  bytes.writeUInt32LE(type, 12);
  return bytes;
}

/** A stream-optimized VMDK written from start to end: its tables come after the grains they map, the footer last. */
function streamed(disk: Buffer): Buffer {
  const sectors = disk.length / SECTOR;
  const parts: Buffer[] = [];
  let at = 0;
  const put = (part: Buffer) => {
    parts.push(part);
    at += part.length / SECTOR;
    return at - part.length / SECTOR;
  };
  put(header(sectors, AT_END));
  const text = Buffer.alloc(20 * SECTOR);
  text.write(DESCRIPTOR(sectors));
  put(text);
  put(Buffer.alloc((128 - at) * SECTOR));
  const directory: number[] = [];
  for (let start = 0; start < disk.length; start += GRAIN * TABLE) {
    const table = Buffer.alloc(TABLE * 4);
    for (let index = 0; index < TABLE; index += 1) {
      const grain = disk.subarray(start + index * GRAIN, start + (index + 1) * GRAIN);
      if (grain.every((byte) => byte === 0)) continue;
      const packed = deflateSync(grain);
      const head = Buffer.alloc(12);
      head.writeBigUInt64LE(BigInt((start + index * GRAIN) / SECTOR));
      head.writeUInt32LE(packed.length, 8);
      table.writeUInt32LE(put(padded(head, packed)), index * 4);
    }
    if (table.every((byte) => byte === 0)) {
      directory.push(0);
      continue;
    }
    put(marker(table.length / SECTOR, 1));
    directory.push(put(table));
  }
  const entries = Buffer.alloc(directory.length * 4);
  directory.forEach((sector, index) => {
    entries.writeUInt32LE(sector, index * 4);
  });
  put(marker(1, 2));
  const place = put(padded(entries));
  put(marker(1, 3));
  put(header(sectors, BigInt(place)));
  put(marker(0, 0));
  return Buffer.concat(parts);
}

function sampleDisk(): Buffer {
  const random = randomNumbers(5);
  const disk = Buffer.alloc(40 * MIB + 7 * SECTOR);
  for (let spot = 0; spot < 40; spot += 1)
    disk.set(randomBytes(random, 5000), Math.floor(random() * 30 * MIB));
  disk.fill(7, disk.length - 3 * SECTOR);
  return disk;
}

test('a stream-optimized VMDK with its tables after the grains', async () => {
  const disk = sampleDisk();
  const image = streamed(disk);
  const opened = await openImage(memorySource(image));
  assert.equal(opened.format, 'vmdk (streamOptimized)');
  assert.equal(opened.disk.size, disk.length);
  assert.equal(await hashOf(opened.disk), await hashOf(memorySource(disk)));
  await compareReads(opened.disk, memorySource(disk), 60);
});

test('QEMU reads the same in it', { skip: lacking('qemu-img') }, async () => {
  const disk = sampleDisk().subarray(0, 40 * MIB);
  const path = join(folder, 'made.vmdk');
  writeFileSync(path, streamed(disk));
  run('qemu-img', ['convert', '-f', 'vmdk', '-O', 'raw', path, `${path}.raw`]);
  assert.equal(await hashOf(fileBlocks(`${path}.raw`)), await hashOf(memorySource(disk)));
});

test('what a stream-optimized VMDK can have wrong', async () => {
  const good = streamed(sampleDisk());
  const grain = 128 * SECTOR;
  const edit = (change: (image: Buffer) => void) => {
    const image = Buffer.from(good);
    change(image);
    return image;
  };
  const replace = (from: string, to: string) =>
    edit((image) => {
      const at = image.indexOf(from);
      assert.ok(at > 0 && at < 21 * SECTOR);
      image.write(to.padEnd(from.length), at);
    });
  const cases: readonly (readonly [code: string, message: RegExp, image: Buffer])[] = [
    ['disk-damaged', /cut off/, good.subarray(0, -SECTOR)],
    ['disk-damaged', /another one/, edit((image) => image.writeUInt8(1, grain))],
    ['disk-damaged', /impossible length/, edit((image) => image.writeUInt32LE(GRAIN * 2 + 1, grain + 8))],
    ['disk-damaged', /cannot be unpacked/, edit((image) => image.fill(0x55, grain + 20, grain + 90))],
    ['disk-damaged', /grain size/, edit((image) => image.writeUInt32LE(100, good.length - 1024 + 20))],
    ['disk-damaged', /carried as text/, edit((image) => image.writeUInt8(13, 73))],
    [
      'disk-damaged',
      /grain directory/,
      edit((image) => image.writeUInt32LE(2 ** 31, good.length - 1024 + 56)),
    ],
    ['disk-unsupported', /version 9/, edit((image) => image.writeUInt32LE(9, 4))],
    [
      'disk-unsupported',
      /compressed in a way/,
      edit((image) => image.writeUInt16LE(2, good.length - 1024 + 77)),
    ],
    ['disk-unsupported', /one of several/, edit((image) => image.writeUInt32LE(0, 28))],
    ['disk-unsupported', /content ID "abcdef01"/, replace('parentCID=ffffffff', 'parentCID=abcdef01')],
    [
      'disk-unsupported',
      /parent disk "\/etc\/a"/,
      replace('CID=7b3c1a2d\nparentCID=ffffffff', 'parentFileNameHint="/etc/a"\n'),
    ],
    [
      'disk-unsupported',
      /"\/etc\/shadow"/,
      replace('# The Disk Data Base\n#DDB\n', 'RW 9 FLAT "/etc/shadow"\n'),
    ],
    ['disk-unsupported', /FLAT extent, "made.vmdk"/, replace('SPARSE', 'FLAT')],
    ['disk-unsupported', /type "vmfsSparse"/, replace('streamOptimized', 'vmfsSparse"')],
    ['disk-damaged', /names no extent/, replace('RW', 'XX')],
    ['disk-damaged', /maps/, replace('RW 8', 'RW 9')],
  ];
  for (const [code, message, image] of cases) {
    const failure = await failureOf(memorySource(image));
    assert.match(failure.message, message);
    assert.equal(failure.code, code, failure.message);
    assert.match(failure.place ?? '', /^memory/);
  }
});
