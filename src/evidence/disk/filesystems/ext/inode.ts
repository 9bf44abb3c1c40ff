import type { InodeKind } from '../../../filesystem/types.ts';
import { updateCrc32c } from '../../crc32c.ts';
import { damaged, le16, le32, le32Bytes, wide } from './bytes.ts';
import { INCOMPAT, RO_COMPAT } from './features.ts';
import type { Superblock } from './superblock.ts';

/** Bits of `i_flags` that change how an inode is read. */
export const INODE_FLAGS = {
  encrypt: 0x800,
  index: 0x1000,
  hugeFile: 0x40000,
  extents: 0x80000,
  eaInode: 0x200000,
  inlineData: 0x10000000,
  casefold: 0x40000000,
} as const;

/** Bytes of an inode before the part whose length varies, and where its block map is. */
const BASE_SIZE = 128;
export const MAP_AT = 0x28;
export const MAP_SIZE = 60;

/** Blocks of a file are numbered with 32 bits. */
const MAX_BLOCKS = 2 ** 32;
const CHECKSUM_LOW_AT = 0x7c;
const CHECKSUM_HIGH_AT = 0x82;
const FILE_TYPES = new Map<number, InodeKind>([
  [0x1000, 'special'],
  [0x2000, 'special'],
  [0x4000, 'directory'],
  [0x6000, 'special'],
  [0x8000, 'file'],
  [0xa000, 'symlink'],
  [0xc000, 'special'],
]);

/** An inode as the disk has it, checked. */
export interface DiskInode {
  readonly number: number;
  /** All its bytes. */
  readonly bytes: Uint8Array;
  readonly kind: InodeKind;
  /** Permission bits. */
  readonly mode: number;
  /** Bytes. */
  readonly size: number;
  readonly flags: number;
  /** The seed for the checksums of what belongs to the inode; null where there are none. */
  readonly checksumSeed: number | null;
}

/** How errors call an inode. */
export function inodePlace(number: number): string {
  return `inode ${number}`;
}

/**
 * Reads the bytes of one inode (Linux `struct ext4_inode`) that a name leads to.
 * @throws NodewardError disk-damaged, also for one that is not in use
 */
export function parseInode(superblock: Superblock, number: number, bytes: Uint8Array): DiskInode {
  const place = inodePlace(number);
  const checksumSeed = seedOf(superblock, number, bytes);
  if (checksumSeed !== null && !checksumFits(checksumSeed, bytes)) throw damaged(place, 'fails its checksum');
  const mode = le16(bytes, 0);
  const links = le16(bytes, 0x1a);
  if (mode === 0 && links === 0) throw damaged(place, 'is not in use, though a name leads to it');
  if (links === 0) throw damaged(place, 'is deleted, though a name leads to it');
  const kind = FILE_TYPES.get(mode & 0xf000);
  if (kind === undefined) throw damaged(place, `is of an unknown type (mode 0${mode.toString(8)})`);
  const flags = le32(bytes, 0x20);
  if ((flags & INODE_FLAGS.eaInode) !== 0) throw damaged(place, 'holds an attribute, not a file');
  const size = sizeOf(superblock, kind, bytes);
  if (size > MAX_BLOCKS * superblock.blockSize) throw damaged(place, `says a size of ${size} bytes`);
  return {
    number,
    bytes,
    kind,
    mode: mode & 0o7777,
    size,
    flags,
    checksumSeed,
  };
}

function seedOf({ checksumSeed }: Superblock, number: number, bytes: Uint8Array): number | null {
  if (checksumSeed === null) return null;
  return updateCrc32c(updateCrc32c(checksumSeed, le32Bytes(number)), bytes.subarray(0x64, 0x68));
}

/** One inode at a time is checked, synchronously, so that one buffer does for all. */
const scratch = new Uint8Array(65536);

function checksumFits(seed: number, bytes: Uint8Array): boolean {
  const copy = scratch.subarray(0, bytes.length);
  copy.set(bytes);
  copy.fill(0, CHECKSUM_LOW_AT, CHECKSUM_LOW_AT + 2);
  const wideSum = bytes.length > BASE_SIZE && le16(bytes, BASE_SIZE) >= 4;
  if (wideSum) copy.fill(0, CHECKSUM_HIGH_AT, CHECKSUM_HIGH_AT + 2);
  const sum = updateCrc32c(seed, copy);
  const low = le16(bytes, CHECKSUM_LOW_AT);
  if (!wideSum) return (sum & 0xffff) === low;
  return sum === low + le16(bytes, CHECKSUM_HIGH_AT) * 65536;
}

function sizeOf({ features }: Superblock, kind: InodeKind, bytes: Uint8Array): number {
  const large = kind === 'file' || (kind === 'directory' && (features.incompat & INCOMPAT.largedir) !== 0);
  return wide(large ? le32(bytes, 0x6c) : 0, le32(bytes, 0x04));
}

/** Whether the target of a symbolic link is in the inode itself: it has no blocks but that of its attributes. */
export function isFastLink(superblock: Superblock, { bytes, flags, size }: DiskInode): boolean {
  if ((flags & (INODE_FLAGS.extents | INODE_FLAGS.inlineData)) !== 0 || size >= MAP_SIZE) return false;
  const { features, clusterSize } = superblock;
  const high = (features.roCompat & RO_COMPAT.hugeFile) === 0 ? 0 : le16(bytes, 0x74);
  const attributes = le32(bytes, 0x68) !== 0 || le16(bytes, 0x76) !== 0;
  return wide(high, le32(bytes, 0x1c)) === (attributes ? clusterSize / 512 : 0);
}
