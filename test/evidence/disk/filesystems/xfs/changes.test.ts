import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { changesOf } from '../../../../../src/evidence/disk/filesystems/xfs/log/changes.ts';
import { LogError } from '../../../../../src/evidence/disk/filesystems/xfs/log/error.ts';
import {
  type LogItem,
  Transactions,
} from '../../../../../src/evidence/disk/filesystems/xfs/log/transactions.ts';
import {
  parseSuperblock,
  type Superblock,
} from '../../../../../src/evidence/disk/filesystems/xfs/superblock.ts';
import { lacking, workFolder } from '../../../../support/tools.ts';
import { makeImage } from './support.ts';

const CLIENT = 0x69;
const FLAG = { start: 1, commit: 2, continues: 4, continued: 8, end: 16 };

/** One operation of a log record. */
function operation(flags: number, data: Uint8Array = new Uint8Array(0), id = 1): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt32BE(id, 0);
  header.writeUInt32BE(data.length, 4);
  header[8] = CLIENT;
  header[9] = flags;
  return Buffer.concat([header, data]);
}

const START = Buffer.from('4e4152540000000000000000ffffffff', 'hex');

/** A buffer item: its format, and one chunk of 128 bytes for each bit. */
function bufferItem(is: { block: number; blocks: number; flags: number; bits: number[] }): LogItem {
  const format = Buffer.alloc(24);
  format.writeUInt16LE(0x123c, 0);
  format.writeUInt16LE(1 + is.bits.length, 2);
  format.writeUInt16LE(is.flags, 4);
  format.writeUInt16LE(is.blocks, 6);
  format.writeBigUInt64LE(BigInt(is.block), 8);
  format.writeUInt32LE(1, 16);
  format.writeUInt32LE(
    is.bits.reduce((all, bit) => all | (1 << bit), 0),
    20,
  );
  return { type: 0x123c, regions: [format, ...is.bits.map((bit) => Buffer.alloc(128, bit + 1))] };
}

function intent(type: number, id: number, inode = 0): LogItem {
  const format = Buffer.alloc(48);
  format.writeUInt16LE(type, 0);
  format.writeBigUInt64LE(BigInt(id), 8);
  format.writeBigUInt64LE(BigInt(inode), 16);
  return { type, regions: [format] };
}

describe('transactions in the log of XFS', () => {
  const record = (operations: number) => ({ lsn: 2 ** 32, at: 0, operations });

  test('a region that is cut at any byte is put together', () => {
    const item = Buffer.from('3c120200aabbccdd', 'hex');
    for (let cut = 4; cut < item.length; cut++) {
      const transactions = new Transactions();
      transactions.add(
        Buffer.concat([
          operation(FLAG.start),
          operation(0, START),
          operation(FLAG.continues, item.subarray(0, cut)),
        ]),
        record(3),
      );
      assert.equal(transactions.committed.length, 0);
      transactions.add(
        Buffer.concat([
          operation(FLAG.continued | FLAG.end, item.subarray(cut)),
          operation(0, Buffer.from('data')),
          operation(FLAG.commit),
        ]),
        record(3),
      );
      const [only] = transactions.committed;
      assert.deepEqual(
        only?.items.map(({ regions }) => regions.map((region) => Buffer.from(region).toString('latin1'))),
        [[item.toString('latin1'), 'data']],
      );
    }
  });

  test('what started before the tail or was never committed is left out', () => {
    const transactions = new Transactions();
    transactions.add(
      Buffer.concat([
        operation(0, Buffer.from('the rest of something'), 7),
        operation(FLAG.commit, Buffer.alloc(0), 7),
        operation(FLAG.start),
      ]),
      record(3),
    );
    assert.deepEqual(transactions.committed, []);
  });

  test('operations that contradict themselves are refused', () => {
    for (const data of [
      operation(FLAG.start).subarray(0, 11),
      Buffer.concat([operation(FLAG.start), operation(0, Buffer.alloc(16))]),
      Buffer.concat([operation(FLAG.start), operation(0, START), operation(0, Buffer.alloc(8))]),
      Buffer.concat([operation(FLAG.start), operation(0, START), operation(FLAG.continued, Buffer.alloc(8))]),
      Buffer.concat([operation(FLAG.start), operation(0x40)]),
    ]) {
      const long = Buffer.from(data);
      if (long.length < 12) long.writeUInt32BE(1000, 4);
      assert.throws(() => new Transactions().add(long, record(9)), LogError);
    }
  });
});

describe('changes in the log of XFS', { skip: lacking('mkfs.xfs') }, () => {
  let superblock: Superblock;
  before(() => {
    const image = makeImage(join(workFolder(), 'disk'), [], 40 << 20);
    superblock = parseSuperblock(readFileSync(image).subarray(0, 512));
  });
  const CANCEL = 0x02;
  const NAMES = 11 << 11;
  const block = { block: 80, blocks: 8, flags: NAMES, bits: [0, 3] };
  const cancel = { ...block, flags: CANCEL, bits: [] };

  test('bytes go where the map says', () => {
    const { changes } = changesOf([{ lsn: 1, items: [bufferItem(block)] }], superblock);
    const [only] = changes;
    assert.ok(only?.kind === 'buffer');
    assert.deepEqual(
      only.patches.map(({ to, bytes }) => [to, bytes[0], bytes.length]),
      [
        [0, 1, 128],
        [384, 4, 128],
      ],
    );
  });

  test('a block that is freed later is not replayed, one that is used again is', () => {
    const transactions = [
      { lsn: 1, items: [bufferItem(block)] },
      { lsn: 2, items: [bufferItem(cancel)] },
      { lsn: 3, items: [bufferItem(block)] },
      { lsn: 4, items: [bufferItem(cancel)] },
      { lsn: 5, items: [bufferItem(block), bufferItem({ ...block, block: 160 })] },
    ];
    const { changes } = changesOf(transactions, superblock);
    assert.deepEqual(
      changes.map(({ lsn, at }) => [lsn, at]),
      [
        [5, 80 * 512],
        [5, 160 * 512],
      ],
    );
  });

  test('items that contradict themselves are refused', () => {
    const fewer = bufferItem({ ...block, bits: [0, 3] });
    for (const item of [
      { ...fewer, regions: fewer.regions.slice(0, 2) },
      bufferItem({ ...block, block: 2 ** 40 }),
      bufferItem({ ...block, blocks: 1, bits: [0, 5] }),
      { type: 0x1111, regions: [] },
      { type: 0x123b, regions: [Buffer.alloc(56)] },
      { type: 0x123f, regions: [Buffer.alloc(28)] },
    ])
      assert.throws(() => changesOf([{ lsn: 1, items: [item] }], superblock), LogError);
  });

  test('inodes whose blocks were being changed are told, unless the change was carried out', () => {
    const [map, mapped] = [0x1244, 0x1245];
    const { unfinished } = changesOf(
      [
        { lsn: 1, items: [intent(map, 1, 131), intent(map, 2, 132)] },
        { lsn: 2, items: [intent(mapped, 1)] },
      ],
      superblock,
    );
    assert.deepEqual([...unfinished], [132]);
  });
});
