import { be64, checksumHolds, checksumOf, putBe, putLe32 } from '../bytes.ts';
import { CORE_BYTES, INODE_CRC_AT, INODE_MAGIC } from '../inode.ts';
import type { Superblock } from '../superblock.ts';
import { headerOf } from './headers.ts';
import { applyInode } from './inode.ts';
import type { BufferChange, Change, CreateChange } from './items.ts';

/** A part of the disk in memory, which changes are applied to. */
export interface Region {
  /** Bytes from the start of the file system. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/**
 * Applies changes to a part of the disk in their order. A block or inode that is newer than a change is left as it is
 * (version 5: by its LSN). Checksums are written anew, but not where the one on disk was wrong: damage stays damage.
 */
export function applyChanges(region: Region, changes: readonly Change[], superblock: Superblock): void {
  for (const change of changes) {
    const from = change.at - region.at;
    const bytes = region.bytes.subarray(from, from + change.length);
    if (change.kind === 'buffer') applyBuffer(bytes, change, superblock);
    else if (change.kind === 'inode') applyInode(bytes, change, superblock);
    else applyCreate(bytes, change, superblock);
  }
}

function applyBuffer(bytes: Uint8Array, change: BufferChange, superblock: Superblock): void {
  const before = headerOf(bytes, change.at, superblock);
  if (before !== null) {
    const lsn = be64(bytes, before.lsn);
    // All ones is an LSN that was never set.
    if (lsn !== 0 && lsn < 2 ** 63 && lsn >= change.lsn) return;
  }
  const sound = before === null || checksumHolds(bytes, before.crc);
  for (const patch of change.patches) bytes.set(patch.bytes, patch.to);
  const after = headerOf(bytes, change.at, superblock);
  if (after === null) return;
  // A block that was made anew, over whatever lay there, is in the log as a whole. Its LSN was not yet set.
  const anew = after !== before || after.written === 'once' || be64(bytes, after.lsn) === 0;
  const sum = checksumOf(bytes, after.crc);
  // The checksum that was logged is that of another content, but nothing rules out that it fits this one.
  putLe32(bytes, after.crc, sound || anew ? sum : ~sum);
}

/** Inodes as they are made: free ones. */
function applyCreate(bytes: Uint8Array, change: CreateChange, superblock: Superblock): void {
  const { inodeSize, features, metaUuid } = superblock;
  bytes.fill(0);
  for (let at = 0, number = change.inode; at < bytes.length; at += inodeSize, number++) {
    const inode = bytes.subarray(at, at + inodeSize);
    putBe(inode, { at: 0, width: 2 }, INODE_MAGIC);
    inode[4] = features.crc ? 3 : 2;
    putBe(inode, { at: 92, width: 4 }, change.generation);
    inode.fill(0xff, 96, CORE_BYTES.v2);
    if (!features.crc) continue;
    putBe(inode, { at: 152, width: 8 }, number);
    inode.set(metaUuid, 160);
    putLe32(inode, INODE_CRC_AT, checksumOf(inode, INODE_CRC_AT));
  }
}
