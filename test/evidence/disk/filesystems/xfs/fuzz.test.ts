import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crc32c } from '../../../../../src/evidence/disk/crc32c.ts';
import { randomBelow } from '../../../../support/random.ts';
import { lacking, noMounts, workFolder } from '../../../../support/tools.ts';
import { readSkeleton, sampleDisk } from './samples.ts';

const ROUNDS = 500;
const MAX_MS = 1800;

/** A structure on the disk whose checksum can be written anew, so that a change is met behind it. */
interface Target {
  readonly at: number;
  readonly length: number;
  readonly crcAt: number;
  /** Ranges the checksum covers; the whole where there are none. */
  readonly covered?: readonly (readonly [from: number, to: number])[];
}

describe('XFS made by an enemy', { skip: lacking('mkfs.xfs', 'xfs_io') || noMounts() }, () => {
  const folder = workFolder();
  for (const log of ['clean', 'dirty'] as const)
    test(`only errors of ours are thrown, log ${log}`, async () => {
      const disk = await sampleDisk(folder, log);
      const targets = targetsOf(disk, log);
      assert.ok(targets.length > (log === 'clean' ? 20 : 4), `${targets.length} targets`);
      const next = randomBelow(log === 'clean' ? 1 : 2);
      const started = performance.now();
      let complained = 0;
      let rounds = 0;
      for (; rounds < ROUNDS && performance.now() - started < MAX_MS; rounds++) {
        const target = targets[next(targets.length)];
        assert.ok(target);
        const before = Buffer.from(disk.subarray(target.at, target.at + target.length));
        mutate(disk.subarray(target.at, target.at + target.length), next);
        seal(disk, target);
        const { complaints } = await readSkeleton(disk);
        if (complaints.length > 0) complained++;
        before.copy(disk, target.at);
      }
      assert.ok(complained > rounds / 20, `${complained} complaints in ${rounds} rounds`);
    });
});

/** Superblock, inodes, directory and map blocks; records of the log where it is not clean. */
function targetsOf(disk: Buffer, log: 'clean' | 'dirty'): Target[] {
  const targets: Target[] = [];
  const block = disk.readUInt32BE(4);
  const names = block << (disk[192] ?? 0);
  for (let at = 0; at + block <= disk.length; at += 512) {
    const magic = disk.readUInt32BE(at);
    if (magic === 0xfeedbabe && log === 'dirty') targets.push(recordAt(disk, at));
    if (magic === 0x58465342) targets.push({ at, length: 512, crcAt: 224 });
    if (magic >>> 16 === 0x494e && disk[at + 2] !== 0) targets.push({ at, length: 512, crcAt: 100 });
    if (at % block !== 0) continue;
    if (magic === 0x58444233 || magic === 0x58444433) targets.push({ at, length: names, crcAt: 4 });
    if (magic === 0x424d4133) targets.push({ at, length: block, crcAt: 64 });
    if ([0x3ebe, 0x3df1, 0x3dff].includes(disk.readUInt16BE(at + 8)))
      targets.push({ at, length: names, crcAt: 12 });
  }
  const records = targets.filter(({ crcAt }) => crcAt === 32);
  const inodes = targets.filter(({ crcAt }) => crcAt === 100).filter((_, index) => index % 8 === 0);
  const others = targets.filter(({ crcAt }) => crcAt !== 32 && crcAt !== 100);
  // Only records from the tail of the last one on are read.
  const lsn = (at: number) => disk.readBigUInt64BE(at);
  const last = records.reduce(
    (one, other) => (lsn(one.at + 16) > lsn(other.at + 16) ? one : other),
    records[0] ?? { at: 0 },
  );
  const active = records.filter(({ at }) => lsn(at + 16) >= lsn(last.at + 24));
  return log === 'dirty' ? active : [...inodes, ...others];
}

function recordAt(disk: Buffer, at: number): Target {
  const length = Math.min(disk.readUInt32BE(at + 12), 256 << 10);
  return {
    at,
    length: 512 + length,
    crcAt: 32,
    covered: [
      [0, 328],
      [512, 512 + length],
    ],
  };
}

/** Changes some bytes, mostly near the start, where headers are. */
function mutate(bytes: Buffer, next: (limit: number) => number): void {
  for (let count = 1 + next(4); count > 0; count--) {
    // Of records, the operations behind the header too.
    const starts = [0, 0, next(bytes.length), Math.min(512, bytes.length >>> 1)];
    const from = starts[next(starts.length)] ?? 0;
    const at = from + next(Math.min(bytes.length - from, 200));
    const values = [
      0,
      0xff,
      0x7f,
      0x80,
      1,
      next(256),
      (bytes[at] ?? 0) + 1,
      (bytes[at] ?? 0) ^ (1 << next(8)),
    ];
    for (let width = 1 + next(4); width > 0; width--)
      if (at + width <= bytes.length) bytes[at + width - 1] = values[next(values.length)] ?? 0;
  }
}

function seal(disk: Buffer, { at, length, crcAt, covered = [[0, length]] }: Target): void {
  disk.writeUInt32LE(0, at + crcAt);
  const sum = covered.reduce((crc, [from, to]) => crc32c(disk.subarray(at + from, at + to), crc), 0);
  disk.writeUInt32LE(sum, at + crcAt);
}
