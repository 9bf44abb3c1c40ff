import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lacking, noMounts, workFolder } from '../../../../support/tools.ts';
import { readSkeleton, sampleDisk } from './samples.ts';

const FLIPS = { clean: 200, dirty: 80 };
const BLOCK = 512;

describe('XFS with damage', { skip: lacking('mkfs.xfs', 'xfs_io') || noMounts() }, () => {
  const folder = workFolder();
  for (const log of ['clean', 'dirty'] as const)
    test(`a changed byte is told or makes no difference, log ${log}`, async () => {
      const disk = await sampleDisk(folder, log);
      const reads: [offset: number, length: number][] = [];
      const whole = await readSkeleton(disk, (offset, length) => reads.push([offset, length]));
      assert.ok(whole.lines.length > 400);
      assert.deepEqual(whole.complaints, []);
      let told = 0;
      for (let n = 0; n < FLIPS[log]; n++) {
        const [offset, length] = reads[(n * 7919) % reads.length] ?? [0, 1];
        const at = offset + ((n * 104729) % length);
        const value = disk[at] ?? 0;
        disk[at] = value ^ (1 << (n % 8));
        const { lines, complaints } = await readSkeleton(disk);
        disk[at] = value;
        if (complaints.length > 0) told++;
        else assert.deepEqual(lines, whole.lines, `byte ${at}`);
      }
      assert.ok(told > FLIPS[log] / 10, `${told} of ${FLIPS[log]} were told`);
    });

  test('a damaged superblock is replaced by its copy, and that is told', async () => {
    const disk = await sampleDisk(folder, 'clean');
    const whole = await readSkeleton(disk);
    for (const at of [4, 5, 8, 56, 84, 85, 100, 104, 124, 192, 218]) {
      const value = disk[at] ?? 0;
      disk[at] = value ^ 0x40;
      const { lines, complaints } = await readSkeleton(disk);
      disk[at] = value;
      assert.deepEqual(lines, whole.lines, `byte ${at}`);
      assert.match(complaints[0] ?? '', /superblock: .*its copy at byte \d+ is used/);
    }
    disk.fill(0xff, 4, BLOCK);
    const { lines, complaints } = await readSkeleton(disk);
    assert.ok(lines.length === whole.lines.length || lines.length === 0);
    assert.ok(complaints.length > 0);
  });

  test('a log that is wiped or damaged is told', async () => {
    const disk = await sampleDisk(folder, 'dirty');
    const block = disk.readUInt32BE(4);
    const start = Number(disk.readBigUInt64BE(48));
    const groupLog = disk[124] ?? 0;
    const at = ((start >>> groupLog) * disk.readUInt32BE(84) + (start % 2 ** groupLog)) * block;
    const length = disk.readUInt32BE(96) * block;
    const log = Buffer.from(disk.subarray(at, at + length));
    const whole = await readSkeleton(disk);
    const wipe = async (from: number, to: number) => {
      disk.fill(0, at + from, at + to);
      const reading = await readSkeleton(disk);
      log.copy(disk, at);
      return reading;
    };
    for (const to of [length, BLOCK]) {
      const { complaints } = await wipe(0, to);
      assert.match(complaints.join(), /The log of the file system cannot be replayed/);
    }
    let told = 0;
    for (let n = 1; n < 40; n++) {
      const from = Math.floor((((n * 31) % 40) * length) / 40 / BLOCK) * BLOCK;
      const { lines, complaints } = await wipe(from, from + BLOCK);
      if (complaints.some((text) => text.includes('log'))) told++;
      else assert.deepEqual(lines, whole.lines, `zeros from ${from} on`);
    }
    assert.ok(told > 0);
  });
});
