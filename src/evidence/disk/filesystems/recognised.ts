import type { BlockSource } from '../sources/types.ts';
import { FILE_SYSTEMS } from './recognised/filesystems.ts';
import { type Probe, START } from './recognised/start.ts';
import { RAID_MAGIC, raidAt, VOLUMES } from './recognised/volumes.ts';
import { WINDOWS } from './recognised/windows.ts';
import type { DetectedFileSystem } from './types.ts';

const PROBES: readonly Probe[] = [...VOLUMES, ...WINDOWS, ...FILE_SYSTEMS];

/**
 * What a partition holds that no driver reads, by its signatures alone: `btrfs`, `squashfs`, `erofs`, `f2fs`,
 * `bcachefs`, `ISO 9660`, `JFS`, `ReiserFS`, `NTFS`, `ReFS`, `exFAT`, `FAT12`, `FAT16`, `FAT32`, `BitLocker`, `LUKS`,
 * `LVM`, `ZFS`, `Linux RAID`, `bcache`, `dm-verity`, `swap`. Null where nothing is known of it. Reads 68 KiB, and two
 * sectors near the end where those say nothing.
 * @throws NodewardError the errors of the block source
 */
export async function recognise(partition: BlockSource): Promise<DetectedFileSystem | null> {
  const start = await bytesAt(partition, 0, START);
  for (const probe of PROBES) {
    const found = probe(start);
    if (found !== null) return found;
  }
  return raidAtEnd(partition);
}

/** Bytes of the partition, zeros where it ends before. */
async function bytesAt(partition: BlockSource, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const there = Math.min(length, partition.size - offset);
  if (offset >= 0 && there > 0) bytes.set(await partition.read(offset, there));
  return bytes;
}

/** Superblocks of Linux software RAID in versions 1.0 and 0.90 are near the end, the content is before them. */
async function raidAtEnd(partition: BlockSource): Promise<DetectedFileSystem | null> {
  const sectors = Math.floor(partition.size / 512);
  const [first, old] = await Promise.all([
    bytesAt(partition, Math.floor((sectors - 16) / 8) * 8 * 512, 512),
    bytesAt(partition, (Math.floor(partition.size / 65536) - 1) * 65536, 512),
  ]);
  return raidAt(first, 0) ?? oldRaid(old);
}

/** Version 0.90 is in the byte order of the machine that made it. Its UUID is in words 5, 13, 14 and 15. */
function oldRaid(bytes: Buffer): DetectedFileSystem | null {
  const little = bytes.readUInt32LE(0) === RAID_MAGIC;
  if (!little && bytes.readUInt32BE(0) !== RAID_MAGIC) return null;
  const words = [5, 13, 14, 15].map((word) => {
    const value = little ? bytes.readUInt32LE(word * 4) : bytes.readUInt32BE(word * 4);
    return value.toString(16).padStart(8, '0');
  });
  const uuid = words.join('').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return { type: 'Linux RAID', label: '', uuid };
}
