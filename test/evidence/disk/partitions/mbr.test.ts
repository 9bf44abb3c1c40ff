import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NodewardError } from '../../../../src/base/errors.ts';
import { readPartitions } from '../../../../src/evidence/disk/partitions/index.ts';
import type { PartitionTable } from '../../../../src/evidence/disk/partitions/types.ts';
import { fileBlocks, memorySource } from '../../../support/blocks.ts';
import { lacking, run, workFolder } from '../../../support/tools.ts';
import { azureDisk, blankDisk, partxPartitions } from './helpers.ts';

const folder = workFolder();
const SECTOR = 512;
const SECTORS = 4096;

/** An entry of a boot record: type, start and count in sectors. */
type Entry = readonly [type: number, start: number, count: number];

/** A disk of 2 MiB with these boot records, by the sector they are in. */
function disk(records: Readonly<Record<number, readonly Entry[]>>): Buffer {
  const bytes = Buffer.alloc(SECTORS * SECTOR);
  for (const [sector, entries] of Object.entries(records)) {
    const at = Number(sector) * SECTOR;
    for (const [index, [type, start, count]] of entries.entries()) {
      bytes.writeUInt8(type, at + 450 + index * 16);
      bytes.writeUInt32LE(start, at + 454 + index * 16);
      bytes.writeUInt32LE(count, at + 458 + index * 16);
    }
    bytes.writeUInt16BE(0x55aa, at + 510);
  }
  return bytes;
}

const read = (bytes: Buffer) => readPartitions(memorySource(bytes));
const places = ({ partitions }: PartitionTable) =>
  partitions.map(({ number, type, offset, size }) => [number, type, offset / SECTOR, size / SECTOR]);
const WHOLE = [[0, null, 0, SECTORS]];

describe('master boot records', () => {
  it('gives the partitions that sfdisk made, logical ones included', {
    skip: lacking('sfdisk', 'partx'),
  }, async () => {
    const path = blankDisk(folder, 'sfdisk', 64);
    run('sfdisk', [path], 'label: dos\n,8M,L,*\n,20M,E\n,4M,82\n,5M,L\n,6M,L\n,2M,L\n,3M,7\n');
    const table = await readPartitions(fileBlocks(path));
    assert.equal(table.scheme, 'mbr');
    assert.deepEqual(
      table.partitions.map(({ number, offset, size }) => [number, offset, size]),
      // The extended partition only holds others.
      partxPartitions(path).filter(([number]) => number !== 2),
    );
    assert.deepEqual(table.problems, []);
  });

  it('gives the partitions of a disk whose GPT was turned into one', {
    skip: lacking('sgdisk', 'partx'),
  }, async () => {
    const path = azureDisk(folder, 'converted');
    run('sgdisk', ['-m', '14:15:1', path]);
    const table = await readPartitions(fileBlocks(path));
    assert.equal(table.scheme, 'mbr');
    assert.deepEqual(
      table.partitions.map(({ number, offset, size }) => [number, offset, size]),
      partxPartitions(path),
    );
  });

  it('follows a chain of logical partitions', async () => {
    const bytes = disk({
      0: [
        [0x83, 63, 100],
        [0, 0, 0],
        [0x05, 1000, 2000],
      ],
      1000: [
        [0x83, 10, 90],
        [0x05, 500, 600],
      ],
      1500: [
        [0, 0, 0],
        [0x05, 700, 300],
      ],
      1700: [[0x07, 1, 50]],
    });
    const table = await read(bytes);
    assert.deepEqual(places(table), [
      [1, '83', 63, 100],
      [5, '83', 1010, 90],
      [6, '07', 1701, 50],
    ]);
    assert.deepEqual(table.problems, []);
  });

  it('says where a chain breaks', async () => {
    const first: Entry[] = [
      [0x83, 10, 10],
      [0x05, 100, 10],
    ];
    const chains: [Record<number, readonly Entry[]>, RegExp][] = [
      [{ 0: [[0x05, 1000, 100]] }, /sector 1000.*no signature/],
      [{ 0: [[0x05, 5000, 100]] }, /sector 5000.*beyond the end/],
      [{ 0: [[0x05, 1000, 100]], 1000: first }, /sector 1100.*no signature/],
      [{ 0: [[0x05, 1000, 100]], 1000: first, 1100: first }, /sector 1100.*back to itself/],
    ];
    for (const [records, problem] of chains) {
      const { scheme, problems } = await read(disk(records));
      assert.equal(scheme, 'mbr');
      assert.match(problems.join('\n'), problem);
    }
    const endless = Object.fromEntries(
      Array.from({ length: 400 }, (_, index): [number, Entry[]] => [
        1000 + index,
        [
          [0x83, 1, 1],
          [0x05, index + 1, 1],
        ],
      ]),
    );
    const table = await read(disk({ 0: [[0x05, 1000, 1000]], ...endless }));
    assert.match(table.problems.join('\n'), /more than 256/);
    assert.equal(table.partitions.length, 256);
  });

  it('says where partitions overlap or lead beyond the end', async () => {
    const table = await read(
      disk({
        0: [
          [0x83, 10, 100],
          [0x83, 50, 100],
          [0x83, 4000, 200],
        ],
      }),
    );
    assert.equal(table.partitions.length, 3);
    assert.deepEqual(table.problems, [
      `partition 3 leads beyond the end of the disk by ${104 * SECTOR} bytes`,
      'partitions 1 and 2 overlap',
    ]);
  });

  it('takes a disk without a table as a whole', async () => {
    for (const bytes of [disk({}), disk({ 0: [] }), Buffer.alloc(100)]) {
      const table = await read(bytes);
      assert.equal(table.scheme, 'none');
      assert.deepEqual(table.partitions, [
        { number: 0, offset: 0, size: bytes.length, type: null, name: '' },
      ]);
      assert.deepEqual(table.problems, []);
    }
  });

  it('says where a boot sector has the signature but no plausible entries', async () => {
    const bytes = disk({ 0: [[0x83, 10, 100]] });
    bytes.writeUInt8(0x13, 446);
    const table = await read(bytes);
    assert.deepEqual(places(table), WHOLE);
    assert.match(table.problems.join(), /no plausible entries/);
  });

  for (const [size, sectors] of [
    ['12', '64'],
    ['16', '4'],
    ['32', '1'],
  ] as const)
    it(`takes a FAT${size} volume on the whole disk for what it is`, {
      skip: lacking('mkfs.fat'),
    }, async () => {
      const path = blankDisk(folder, `fat${size}`, 40);
      run('mkfs.fat', ['-F', size, '-I', '-s', sectors, path]);
      const { scheme, problems } = await readPartitions(fileBlocks(path));
      assert.deepEqual([scheme, problems], ['none', []]);
    });

  it('takes volumes of FAT and NTFS for what they are, with text where entries would be', async () => {
    const fat = disk({ 0: [] });
    fat.set([0xeb, 0x3c, 0x90], 0);
    fat.writeUInt16LE(512, 11);
    fat.set([4, 1, 0, 2], 13);
    fat.writeUInt8(0xf8, 21);
    const ntfs = disk({ 0: [] });
    ntfs.write('NTFS    ', 3, 'latin1');
    for (const bytes of [fat, ntfs]) {
      bytes.write('Disk error. Press any key to restart. Remove disks or other media', 440, 'latin1');
      const table = await read(bytes);
      assert.deepEqual([table.scheme, table.problems], ['none', []]);
    }
  });

  it('takes ext4 and XFS on the whole disk for what they are', {
    skip: lacking('mke2fs', 'mkfs.xfs', 'sgdisk'),
  }, async () => {
    // A GPT that was there before is gone from both ends.
    const ext = azureDisk(folder, 'ext');
    run('mke2fs', ['-q', '-F', '-t', 'ext4', ext]);
    const xfs = blankDisk(folder, 'xfs', 512);
    run('mkfs.xfs', ['-q', xfs]);
    for (const path of [ext, xfs]) {
      const { scheme, problems } = await readPartitions(fileBlocks(path));
      assert.deepEqual([scheme, problems], ['none', []]);
    }
  });

  it('never throws anything but the errors of the catalogue', async () => {
    const sector = fc.uint8Array({ minLength: 66, maxLength: 66 });
    await fc.assert(
      fc.asyncProperty(fc.array(sector, { minLength: 1, maxLength: 8 }), async (tables) => {
        const bytes = disk({});
        for (const [index, table] of tables.entries()) {
          bytes.set(table, index * SECTOR + 446);
          for (let entry = 0; entry < 4; entry++) bytes.writeUInt8(0, index * SECTOR + 446 + entry * 16);
          bytes.writeUInt16BE(0x55aa, index * SECTOR + 510);
        }
        await read(bytes).catch((thrown: unknown) =>
          assert.ok(thrown instanceof NodewardError, String(thrown)),
        );
      }),
      { numRuns: 300 },
    );
  });
});
