import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { crc32c } from '../../../../../src/evidence/disk/crc32c.ts';
import { xfs } from '../../../../../src/evidence/disk/filesystems/xfs/xfs.ts';
import { memorySource } from '../../../../support/blocks.ts';
import { lacking, workFolder } from '../../../../support/tools.ts';
import { makeImage } from './support.ts';

const SIZE = 40 << 20;
const CRC_AT = 224;

describe('features of XFS', { skip: lacking('mkfs.xfs') }, () => {
  const image = makeImage(
    join(workFolder(), 'disk'),
    ['-L', 'root disk', '-m', 'uuid=01234567-89ab-cdef-0123-456789abcdef'],
    SIZE,
  );
  const disk = readFileSync(image);

  /** Opens the disk with its superblock changed, its checksum right. */
  const openWith = (change: (superblock: Buffer) => void) => {
    const before = Buffer.from(disk.subarray(0, 512));
    const changed = Buffer.from(disk);
    before.copy(changed);
    change(changed.subarray(0, 512));
    changed.writeUInt32LE(0, CRC_AT);
    changed.writeUInt32LE(crc32c(changed.subarray(0, 512)), CRC_AT);
    return xfs.open(memorySource(changed));
  };

  test('it is told by its signature, with label and UUID', async () => {
    assert.deepEqual(await xfs.detect(memorySource(disk)), {
      type: 'xfs',
      label: 'root disk',
      uuid: '01234567-89ab-cdef-0123-456789abcdef',
    });
    assert.equal(await xfs.detect(memorySource(Buffer.alloc(4096))), null);
    assert.equal(await xfs.detect(memorySource(Buffer.alloc(100))), null);
  });

  for (const [name, bit, message] of [
    ['metadata directories', 0x100, /metadir/],
    ['zones', 0x200, /zoned/],
    ['a feature of the future', 0x4000, /incompatible features 0x4000/],
  ] as const)
    test(`${name} are refused by name`, async () => {
      await assert.rejects(
        openWith((superblock) => superblock.writeUInt32BE(superblock.readUInt32BE(216) | bit, 216)),
        { code: 'disk-unsupported', message },
      );
    });

  test('versions before 4 are refused', async () => {
    await assert.rejects(
      openWith((superblock) => superblock.writeUInt16BE((superblock.readUInt16BE(100) & 0xfff0) | 3, 100)),
      { code: 'disk-unsupported', message: /version 3/ },
    );
  });

  test('features that only writers need are read', async () => {
    const fs = await openWith((superblock) => {
      superblock.writeUInt32BE(0xffffffff, 208);
      superblock.writeUInt32BE(0xffffffff, 212);
      superblock.writeUInt32BE(superblock.readUInt32BE(216) | 0xc0, 216);
    });
    assert.deepEqual(await (await fs.root()).list(), []);
  });

  test('a file system in need of repair says so', async () => {
    const fs = await openWith((superblock) =>
      superblock.writeUInt32BE(superblock.readUInt32BE(216) | 0x10, 216),
    );
    assert.match(fs.problems.join(), /marked as needing repair/);
  });

  test('another UUID in metadata than in the superblock', async () => {
    const fs = await openWith((superblock) => {
      superblock.copy(superblock, 248, 32, 48);
      superblock.writeUInt32BE(superblock.readUInt32BE(216) | 0x4, 216);
    });
    assert.equal(fs.journal, 'clean');
    assert.deepEqual(await (await fs.root()).list(), []);
  });

  test('a log on another device is told', async () => {
    const fs = await openWith((superblock) => superblock.writeBigUInt64BE(0n, 48));
    assert.equal(fs.journal, 'unreadable');
    assert.match(fs.problems.join(), /on another device/);
  });

  test('a partition that ends early is told', async () => {
    const fs = await xfs.open(memorySource(disk.subarray(0, SIZE - 4096)));
    assert.match(fs.problems.join(), /the end is missing/);
  });

  test('no superblock at all', async () => {
    await assert.rejects(xfs.open(memorySource(Buffer.alloc(SIZE))), { code: 'disk-damaged' });
    await assert.rejects(xfs.open(memorySource(Buffer.alloc(0))), { code: 'disk-damaged' });
  });
});
