import type { Superblock } from './superblock.ts';

/** XFS counts addresses in headers and log items in these, whatever the sector size. */
export const BASIC_BLOCK = 512;

/** The byte a run of blocks starts at, from an XFS block number; null where the run is not within one group. */
export function byteOfBlocks(superblock: Superblock, block: number, count: number): number | null {
  const { groupBlocks, groupBlocksLog, groups, blocks, blockSize } = superblock;
  const size = 2 ** groupBlocksLog;
  const group = Math.floor(block / size);
  const within = block % size;
  if (!Number.isSafeInteger(block) || group >= groups || within + count > groupBlocks) return null;
  const linear = group * groupBlocks + within;
  return linear + count > blocks ? null : linear * blockSize;
}

/** Where an inode lies. */
export interface InodePlace {
  /** Bytes from the start of the file system. */
  readonly at: number;
  /** The byte its allocation group starts at. */
  readonly groupAt: number;
}

/** The place of an inode from its number; null where no such inode can be. */
export function placeOfInode(superblock: Superblock, inode: number): InodePlace | null {
  const { inodesPerBlockLog, groupBlocksLog, blockSize, inodeSize, groupBlocks } = superblock;
  if (!Number.isSafeInteger(inode) || inode <= 0) return null;
  const perBlock = 2 ** inodesPerBlockLog;
  const block = Math.floor(inode / perBlock);
  const at = byteOfBlocks(superblock, block, 1);
  if (at === null) return null;
  const group = Math.floor(block / 2 ** groupBlocksLog);
  return { at: at + (inode % perBlock) * inodeSize, groupAt: group * groupBlocks * blockSize };
}

/** The size of a directory block in bytes. */
export function directoryBlockSize(superblock: Superblock): number {
  return superblock.blockSize << superblock.directoryBlockLog;
}
