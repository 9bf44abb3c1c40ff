import { has, type Probe, signed, textAt, uuidAt } from './start.ts';

const btrfs: Probe = (start) => {
  const superblock = 64 << 10;
  if (!has(start, superblock + 64, '_BHRfS_M')) return null;
  const label = textAt(start, superblock + 299, 256);
  return { type: 'btrfs', label, uuid: uuidAt(start, superblock + 32) };
};

/** Version 4, little-endian, and the older ones in either order of bytes. */
const squashfs: Probe = (start) =>
  ['hsqs', 'sqsh'].some((magic) => has(start, 0, magic)) ? { type: 'squashfs', label: '', uuid: '' } : null;

const SUPERBLOCK = 1024;

const erofs: Probe = (start) => {
  if (start.readUInt32LE(SUPERBLOCK) !== 0xe0f5e1e2) return null;
  const label = textAt(start, SUPERBLOCK + 64, 16);
  return { type: 'erofs', label, uuid: uuidAt(start, SUPERBLOCK + 48) };
};

const f2fs: Probe = (start) => {
  if (start.readUInt32LE(SUPERBLOCK) !== 0xf2f52010) return null;
  const [label = ''] = start.toString('utf16le', SUPERBLOCK + 124, SUPERBLOCK + 124 + 1024).split('\0', 1);
  return { type: 'f2fs', label, uuid: uuidAt(start, SUPERBLOCK + 108) };
};

const BCACHEFS_MAGIC = 'c68573f666ce90a9d96a60cf803df7ef';

const bcachefs: Probe = (start) => {
  const superblock = 4096;
  if (start.toString('hex', superblock + 24, superblock + 40) !== BCACHEFS_MAGIC) return null;
  return {
    type: 'bcachefs',
    label: textAt(start, superblock + 72, 32),
    uuid: uuidAt(start, superblock + 56),
  };
};

const iso9660: Probe = (start) => {
  const volume = 32 << 10;
  if (!has(start, volume + 1, 'CD001')) return null;
  return { type: 'ISO 9660', label: textAt(start, volume + 40, 32), uuid: '' };
};

/** File systems of Linux, but for those that have a driver. */
export const FILE_SYSTEMS: readonly Probe[] = [
  btrfs,
  squashfs,
  erofs,
  f2fs,
  bcachefs,
  iso9660,
  signed('JFS', 32 << 10, 'JFS1'),
  signed('ReiserFS', (64 << 10) + 52, 'ReIsEr'),
];
