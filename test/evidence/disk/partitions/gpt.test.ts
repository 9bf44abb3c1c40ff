import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { NodewardError } from '../../../../src/base/errors.ts';
import { readPartitions } from '../../../../src/evidence/disk/partitions/index.ts';
import type { PartitionTable } from '../../../../src/evidence/disk/partitions/types.ts';
import { fileBlocks, memorySource } from '../../../support/blocks.ts';
import { lacking, noMounts, run, workFolder } from '../../../support/tools.ts';
import { azureDisk, blankDisk, partxPartitions, patched, withLargeSectors } from './helpers.ts';

const folder = workFolder();
const skip = lacking('sgdisk', 'partx');
const HEADER = 512;
const ENTRIES = 1024;
const ZEROS = new Uint8Array(512);

const places = ({ partitions }: PartitionTable) =>
  partitions.map(({ number, offset, size }) => [number, offset, size]);

describe('GPT', { skip }, () => {
  const path = skip === false ? azureDisk(folder, 'azure') : '';
  const size = 128 * 2 ** 20;
  const backup = size - 512;
  const expected = skip === false ? partxPartitions(path) : [];

  it('finds the partitions of a disk laid out as those of Azure', async () => {
    const table = await readPartitions(fileBlocks(path));
    assert.equal(table.scheme, 'gpt');
    assert.deepEqual(places(table), expected);
    assert.deepEqual(table.problems, []);
    assert.deepEqual(
      table.partitions.map(({ type, name }) => [type, name]),
      [
        ['0fc63daf-8483-4772-8e79-3d69d8477de4', 'root'],
        ['21686148-6449-6e6f-744e-656564454649', ''],
        ['c12a7328-f81f-11d2-ba4b-00a0c93ec93b', ''],
      ],
    );
  });

  it('finds those of a disk with sectors of 4096 bytes', { skip: noMounts() }, async () => {
    const disk = blankDisk(folder, 'large-sectors', 64);
    withLargeSectors(disk, (device) =>
      run('sgdisk', ['-n', '1:0:+8M', '-n', '2:0:0', '-c', '2:größe 🐧', device]),
    );
    const table = await readPartitions(fileBlocks(disk));
    assert.deepEqual(places(table), partxPartitions(disk, 4096));
    assert.equal(table.partitions[1]?.name, 'größe 🐧');
    assert.deepEqual(table.problems, []);
    const without = await readPartitions(memorySource(patched(disk, { 4096: new Uint8Array(4096) })));
    assert.deepEqual(places(without), places(table));
    assert.match(without.problems.join(), /primary GPT is missing/);
  });

  it('finds those of tables with many entries', async () => {
    const disk = blankDisk(folder, 'many', 64);
    const words = Array.from({ length: 200 }, (_, index) => ['-n', `${index + 1}:0:+128K`]).flat();
    run('sgdisk', ['-S', '256', '-a', '1', ...words, disk]);
    const table = await readPartitions(fileBlocks(disk));
    assert.equal(table.partitions.length, 200);
    assert.deepEqual(places(table), partxPartitions(disk));
  });

  it('believes the GPT of a disk with a hybrid boot record', async () => {
    const disk = join(folder, 'hybrid');
    copyFileSync(path, disk);
    run('sgdisk', ['-h', '1', disk]);
    const table = await readPartitions(fileBlocks(disk));
    assert.equal(table.scheme, 'gpt');
    assert.deepEqual(places(table), expected);
  });

  const damages: [string, Record<number, Uint8Array | number>, RegExp][] = [
    ['an overwritten header', { [HEADER]: ZEROS }, /primary GPT is missing/],
    ['a changed header', { [HEADER + 40]: 99 }, /checksum of its header/],
    ['a changed entry', { [ENTRIES + 33]: 99 }, /checksum of its entries/],
    ['a header of impossible length', { [HEADER + 12]: Uint8Array.of(255, 255, 255, 255) }, /length/],
  ];
  for (const [name, patch, problem] of damages)
    it(`uses the backup where the primary has ${name}, and says so`, async () => {
      const table = await readPartitions(memorySource(patched(path, patch)));
      assert.deepEqual(places(table), expected);
      assert.equal(table.problems.length, 1);
      assert.match(table.problems[0] ?? '', problem);
      assert.match(table.problems[0] ?? '', /backup .* was used/);
    });

  it('finds the backup of a disk that was enlarged, by its intact primary header', async () => {
    const damaged = patched(path, { [ENTRIES + 33]: 99 });
    const table = await readPartitions(memorySource(Buffer.concat([damaged, Buffer.alloc(2 ** 20)])));
    assert.deepEqual(places(table), expected);
    assert.match(table.problems.join(), /backup/);
  });

  it('has no problem with a disk that was enlarged', async () => {
    const table = await readPartitions(
      memorySource(Buffer.concat([readFileSync(path), Buffer.alloc(2 ** 20)])),
    );
    assert.deepEqual(places(table), expected);
    assert.deepEqual(table.problems, []);
  });

  it('fails where both copies are damaged: the disk does not look empty', async () => {
    for (const patch of [
      { [HEADER]: ZEROS, [backup]: ZEROS },
      { [ENTRIES]: 7, [backup]: ZEROS },
      { [HEADER + 40]: 7, [backup + 40]: 7 },
      { 0: new Uint8Array(440), [HEADER]: ZEROS, [backup + 40]: 7 },
    ])
      await assert.rejects(readPartitions(memorySource(patched(path, patch))), {
        code: 'disk-damaged',
        message: /primary GPT .* backup/,
      });
  });

  it('finds the partitions without a boot record, and offers the whole disk as well', async () => {
    for (const patch of [{ 0: ZEROS }, { 0: ZEROS, [HEADER]: ZEROS }]) {
      const table = await readPartitions(memorySource(patched(path, patch)));
      assert.deepEqual(places(table), [[0, 0, size], ...expected]);
      assert.match(table.problems.join(), /protective boot record .* missing/);
    }
  });

  it('says where the end of the disk is missing', async () => {
    const table = await readPartitions(memorySource(readFileSync(path).subarray(0, 120 * 2 ** 20)));
    assert.deepEqual(places(table), expected);
    assert.match(table.problems.join('\n'), /its end is missing\n.*partition 1 leads beyond the end/);
  });

  it('says where partitions overlap', async () => {
    // The entry of number 15 is given the place of number 14, with checksums that fit.
    const bytes = readFileSync(path);
    bytes.copy(bytes, ENTRIES + 14 * 128 + 32, ENTRIES + 13 * 128 + 32, ENTRIES + 13 * 128 + 48);
    const table = await readPartitions(memorySource(withChecksums(bytes)));
    assert.match(table.problems.join('\n'), /^partitions 14 and 15 overlap$/);
    assert.equal(table.partitions.length, 3);
  });

  it('says where a partition has an impossible place', async () => {
    const bytes = readFileSync(path);
    bytes.writeBigUInt64LE(2n ** 63n, ENTRIES + 13 * 128 + 40);
    bytes.writeBigUInt64LE(1n, ENTRIES + 14 * 128 + 40);
    const table = await readPartitions(memorySource(withChecksums(bytes)));
    assert.match(table.problems.join('\n'), /partition 14 has an impossible place.*\npartition 15 has/);
    assert.deepEqual(places(table), expected.slice(0, 1));
  });

  it('never throws anything but the errors of the catalogue, and never loses partitions silently', async () => {
    const good = readFileSync(path);
    const edit = fc.tuple(fc.nat(ENTRIES + 127), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (edits, sealed) => {
          const before = good.subarray(0, 17 * 1024);
          const saved = Buffer.from(before);
          for (const [offset, value] of edits) good.writeUInt8(value, offset);
          if (sealed) withChecksums(good);
          try {
            const table = await readPartitions(memorySource(good));
            if (!sealed && places(table).length < expected.length) assert.notEqual(table.problems.length, 0);
          } catch (thrown) {
            assert.ok(thrown instanceof NodewardError, String(thrown));
          } finally {
            good.set(saved);
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});

/** Gives the primary GPT the checksums of what it holds now. */
function withChecksums(bytes: Buffer): Buffer {
  const entries = bytes.subarray(ENTRIES, ENTRIES + 128 * 128);
  bytes.writeUInt32LE(crc32(entries), HEADER + 88);
  bytes.writeUInt32LE(0, HEADER + 16);
  bytes.writeUInt32LE(crc32(bytes.subarray(HEADER, HEADER + 92)), HEADER + 16);
  return bytes;
}
