import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openImage } from '../../../../src/evidence/disk/formats/registry.ts';
import { memorySource } from '../../../support/blocks.ts';
import { failureOf } from './helpers.ts';

const SECTOR = 512;
const BLOCK = 16 * SECTOR;
const SIZE = 3 * BLOCK - 4 * SECTOR;

function signed(bytes: Buffer, field: number): Buffer {
  bytes.writeUInt32BE(0, field);
  bytes.writeUInt32BE(~bytes.reduce((sum, byte) => sum + byte, 0) >>> 0, field);
  return bytes;
}

interface FooterPlan {
  readonly type?: number;
  readonly size?: number;
  readonly version?: number;
}

function footer({ type = 3, size = SIZE, version = 0x10000 }: FooterPlan = {}): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes.write('conectix');
  bytes.writeUInt32BE(version, 12);
  bytes.writeBigUInt64BE(BigInt(SECTOR), 16);
  bytes.write('vpc ', 28);
  bytes.writeBigUInt64BE(BigInt(size), 40);
  bytes.writeBigUInt64BE(BigInt(size), 48);
  bytes.writeUInt32BE(type, 60);
  return signed(bytes, 64);
}

function dynamicHeader({ entries = 3, block = BLOCK, table = 3 * SECTOR } = {}): Buffer {
  const bytes = Buffer.alloc(2 * SECTOR);
  bytes.write('cxsparse');
  bytes.writeBigUInt64BE(0xffffffffffffffffn, 8);
  bytes.writeBigUInt64BE(BigInt(table), 16);
  bytes.writeUInt32BE(0x10000, 24);
  bytes.writeUInt32BE(entries, 28);
  bytes.writeUInt32BE(block, 32);
  return signed(bytes, 36);
}

/** Block 0 is written in sectors 0, 2 and 3 only, block 1 never, block 2 as far as the disk goes. */
function image({ first = footer(), header = dynamicHeader(), last = footer() } = {}): Buffer {
  const table = Buffer.alloc(SECTOR, 0xff);
  table.writeUInt32BE(4, 0);
  table.writeUInt32BE(21, 8);
  const bitmaps = [Buffer.alloc(SECTOR), Buffer.alloc(SECTOR)] as const;
  bitmaps[0].writeUInt8(0b10110000, 0);
  bitmaps[1].writeUInt16BE(0xfff0, 0);
  const blocks = bitmaps.flatMap((bitmap, index) => [bitmap, Buffer.alloc(BLOCK, 0x11 * (index + 1))]);
  return Buffer.concat([first, header, table, ...blocks, last]);
}

test('sectors that the bitmap says were never written are zeros', async () => {
  const { disk, format } = await openImage(memorySource(image()));
  assert.equal(format, 'vhd (dynamic)');
  assert.equal(disk.size, SIZE);
  const bytes = await disk.read(0, SIZE);
  const sectors = Array.from({ length: SIZE / SECTOR }, (_, index) => {
    const sector = bytes.subarray(index * SECTOR, (index + 1) * SECTOR);
    assert.ok(sector.every((byte) => byte === sector[0]));
    return (sector[0] as number) / 0x11;
  });
  const written = [1, 0, 1, 1, ...Array(28).fill(0), ...Array(12).fill(2)];
  assert.deepEqual(sectors, written);
  assert.deepEqual(await disk.read(511, 2), Uint8Array.of(0x11, 0));
});

test('the copy of the footer at the start counts where the one at the end is damaged', async () => {
  const broken = footer();
  broken[70] = 1;
  for (const damagedEnd of [image({ last: broken }), image().subarray(0, -SECTOR), image().subarray(0, -1)]) {
    const { disk } = await openImage(memorySource(damagedEnd));
    assert.deepEqual(await disk.read(511, 2), Uint8Array.of(0x11, 0));
  }
  const failure = await failureOf(memorySource(image({ first: broken, last: broken })));
  assert.deepEqual(
    [failure.code, failure.place],
    ['disk-damaged', `memory, offset ${image().length - SECTOR}`],
  );
});

test('fixed disks', async () => {
  const content = Buffer.alloc(SIZE, 5);
  const { disk, format } = await openImage(memorySource(Buffer.concat([content, footer({ type: 2 })])));
  assert.deepEqual([format, disk.size], ['vhd (fixed)', SIZE]);
  assert.equal(Buffer.compare(await disk.read(0, SIZE), content), 0);
  const cut = Buffer.concat([content.subarray(SECTOR), footer({ type: 2 })]);
  assert.match((await failureOf(memorySource(cut))).message, /cut off/);
});

test('what a VHD can have wrong', async () => {
  const cases: readonly (readonly [code: string, message: RegExp, image: Buffer])[] = [
    ['disk-unsupported', /parent/, image({ last: footer({ type: 4 }) })],
    ['disk-unsupported', /version 2/, image({ last: footer({ version: 0x20000 }) })],
    ['disk-damaged', /disk type, 9/, image({ last: footer({ type: 9 }) })],
    ['disk-damaged', /disk size/, image({ last: footer({ size: 1000 }) })],
    ['disk-damaged', /fewer than/, image({ last: footer({ size: SIZE * 2 }) })],
    ['disk-damaged', /block size/, image({ header: dynamicHeader({ block: 3 * SECTOR }) })],
    ['disk-damaged', /block size/, image({ header: dynamicHeader({ block: 2 ** 31 }) })],
    ['disk-damaged', /beyond the end/, image({ header: dynamicHeader({ table: 2 ** 40 }) })],
    ['disk-damaged', /beyond the end/, image({ header: dynamicHeader({ entries: 2 ** 30 }) })],
    ['disk-damaged', /checksum/, image({ header: dynamicHeader().fill(7, 100, 101) })],
    ['disk-damaged', /signature/, image({ header: Buffer.alloc(1024) })],
    ['disk-damaged', /beyond the end/, image().subarray(0, -6 * SECTOR)],
  ];
  for (const [code, message, bytes] of cases) {
    const failure = await failureOf(memorySource(bytes));
    assert.match(failure.message, message);
    assert.equal(failure.code, code, failure.message);
  }
});
