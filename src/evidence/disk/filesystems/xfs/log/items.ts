import { be32, equalAt, le16, le32, le64 } from '../bytes.ts';
import { BASIC_BLOCK, byteOfBlocks, placeOfInode } from '../geometry.ts';
import type { Superblock } from '../superblock.ts';
import { LogError } from './error.ts';
import type { LogItem } from './transactions.ts';

/** Kinds of log items that say something about blocks (xfs_log_format.h). */
export const ITEM = { inode: 0x123b, buffer: 0x123c, create: 0x123f } as const;
/** Quota (not read) and intents, which lead to other items when they are carried out. */
const SKIPPED = new Set([
  0x1236, 0x1237, 0x1238, 0x123d, 0x123e, 0x1240, 0x1241, 0x1242, 0x1243, 0x1246, 0x1247, 0x124a, 0x124b,
  0x124c, 0x124d, 0x124e, 0x124f,
]);
/** Intents to change which blocks a file has, and their completion. */
export const MAPPING = { map: 0x1244, mapped: 0x1245, exchange: 0x1248, exchanged: 0x1249 } as const;

/** Bytes of a buffer that were changed, and where they go. */
export interface Patch {
  readonly to: number;
  readonly bytes: Uint8Array;
}

/** Parts of a block that were changed. */
export interface BufferChange {
  readonly kind: 'buffer';
  readonly lsn: number;
  /** Bytes from the start of the file system, and how many. */
  readonly at: number;
  readonly length: number;
  readonly patches: readonly Patch[];
}

/** An inode that was changed. */
export interface InodeChange {
  readonly kind: 'inode';
  readonly lsn: number;
  readonly at: number;
  readonly length: number;
  readonly inode: number;
  /** XFS_ILOG_*: which parts follow. */
  readonly fields: number;
  readonly device: number;
  readonly core: Uint8Array;
  readonly forks: readonly Uint8Array[];
}

/** Inodes that were made, all free. */
export interface CreateChange {
  readonly kind: 'create';
  readonly lsn: number;
  readonly at: number;
  readonly length: number;
  /** The number of the first one. */
  readonly inode: number;
  readonly generation: number;
}

export type Change = BufferChange | InodeChange | CreateChange;

/** What a buffer item says before its bytes. */
export interface BufferFormat {
  readonly flags: number;
  /** Blocks of 512 bytes. */
  readonly block: number;
  readonly blocks: number;
}

export const BUFFER_FLAG = { inodes: 0x01, cancel: 0x02, quota: 0x1c } as const;
const PATCH_BYTES = 128;
const MAX_BUFFER_BLOCKS = 256;
const INODE_FORK_FIELDS = { data: 0x00e, attributes: 0x1c0 };

/** @throws LogError for a kind of item that is not known */
export function checkType({ type }: LogItem): void {
  const known = [...Object.values(ITEM), ...Object.values(MAPPING)] as readonly number[];
  if (!known.includes(type) && !SKIPPED.has(type))
    throw new LogError(`an item of kind 0x${type.toString(16)}`);
}

/** @throws LogError where the item is no buffer of the file system */
export function bufferFormat(item: LogItem): BufferFormat {
  const format = item.regions[0] ?? new Uint8Array(0);
  const words = le32(format, 16);
  const block = le64(format, 8);
  const blocks = le16(format, 6);
  const wrong = format.length < 20 + words * 4 || blocks > MAX_BUFFER_BLOCKS || !Number.isSafeInteger(block);
  if (wrong) throw new LogError('a buffer item that contradicts itself');
  return { flags: le16(format, 4), block, blocks };
}

/** The change a buffer item stands for. @throws LogError */
export function bufferChange(item: LogItem, superblock: Superblock, lsn: number): BufferChange {
  const { block, blocks } = bufferFormat(item);
  const at = block * BASIC_BLOCK;
  const length = blocks * BASIC_BLOCK;
  checkRange(superblock, at, length);
  const [format = new Uint8Array(0), ...regions] = item.regions;
  const bits = Math.min(le32(format, 16) * 32, length / PATCH_BYTES);
  const dirty = (bit: number): boolean =>
    bit < bits && ((le32(format, 20 + (bit >>> 5) * 4) >>> (bit & 31)) & 1) === 1;
  const patches: Patch[] = [];
  let bit = 0;
  for (const bytes of regions) {
    while (bit < bits && !dirty(bit)) bit++;
    let count = 0;
    while (count * PATCH_BYTES < bytes.length && dirty(bit + count)) count++;
    // A run of changes may be logged in several regions, but a region is never longer than the run.
    if (count === 0 || count * PATCH_BYTES < bytes.length)
      throw new LogError(`a buffer at block ${block} has other bytes than its map says`);
    patches.push({ to: bit * PATCH_BYTES, bytes });
    bit += count;
  }
  while (bit < bits && !dirty(bit)) bit++;
  if (bit < bits) throw new LogError(`a buffer at block ${block} has fewer bytes than its map says`);
  return { kind: 'buffer', lsn, at, length, patches };
}

/** The change an inode item stands for, and the buffer its inode is in. @throws LogError */
export function inodeChange(
  item: LogItem,
  superblock: Superblock,
  lsn: number,
): { readonly change: InodeChange; readonly buffer: BufferFormat } {
  const [format = new Uint8Array(0), core, ...forks] = item.regions;
  // 32-bit machines wrote no padding before the inode number.
  const pad = format.length === 56 ? 4 : 0;
  if ((format.length !== 56 && format.length !== 52) || core === undefined)
    throw new LogError('an inode item that contradicts itself');
  const inode = le64(format, 12 + pad);
  const block = le64(format, 36 + pad);
  const blocks = le32(format, 44 + pad);
  const within = le32(format, 48 + pad);
  const at = block * BASIC_BLOCK + within;
  const length = superblock.inodeSize;
  if (blocks > MAX_BUFFER_BLOCKS || within + length > blocks * BASIC_BLOCK)
    throw new LogError(`inode ${inode} does not lie in its buffer`);
  checkRange(superblock, at, length);
  if (superblock.features.crc ? core.length < 176 : core.length < 96)
    throw new LogError(`inode ${inode} has a core of ${core.length} bytes`);
  const fields = le32(format, 4);
  const wanted =
    ((fields & INODE_FORK_FIELDS.data) === 0 ? 0 : 1) +
    ((fields & INODE_FORK_FIELDS.attributes) === 0 ? 0 : 1);
  if (wanted !== forks.length) throw new LogError(`inode ${inode} has ${forks.length} forks, not ${wanted}`);
  const device = le32(format, 20 + pad);
  return {
    change: { kind: 'inode', lsn, at, length, inode, fields, device, core, forks },
    buffer: { flags: 0, block, blocks },
  };
}

/** The change an item for new inodes stands for; its fields are big-endian. @throws LogError */
export function createChange(item: LogItem, superblock: Superblock, lsn: number): CreateChange {
  const [format = new Uint8Array(0)] = item.regions;
  const { groupBlocksLog, inodesPerBlockLog, inodeSize, blockSize } = superblock;
  const [group, block, count] = [be32(format, 4), be32(format, 8), be32(format, 12)];
  const blocks = be32(format, 20);
  const first = group * 2 ** groupBlocksLog + block;
  const at = byteOfBlocks(superblock, first, blocks);
  const length = blocks * blockSize;
  if (format.length < 28 || at === null || be32(format, 16) !== inodeSize || count !== length / inodeSize)
    throw new LogError('an item for new inodes that contradicts itself');
  if (count < 1 || count > 256) throw new LogError(`an item for ${count} new inodes`);
  const inode = first * 2 ** inodesPerBlockLog;
  if (placeOfInode(superblock, inode) === null) throw new LogError(`new inodes from number ${inode} on`);
  return { kind: 'create', lsn, at, length, inode, generation: be32(format, 24) };
}

function checkRange(superblock: Superblock, at: number, length: number): void {
  const size = superblock.blocks * superblock.blockSize;
  if (!Number.isSafeInteger(at) || length < BASIC_BLOCK / 2 || at % 256 !== 0)
    throw new LogError(`a change of ${length} bytes at byte ${at}`);
  // A file system that was grown has changes behind the end its superblock still names: bounded by what is read.
  if (at + length > size * 1024)
    throw new LogError(`a change at byte ${at}, behind the end of the file system`);
}

/** The inodes an intent to change mappings is about, and the number that its completion names. */
export function mappingIntent(item: LogItem): { readonly id: string; readonly inodes: readonly number[] } {
  const [format = new Uint8Array(0)] = item.regions;
  const id = Buffer.from(format.subarray(8, 16)).toString('hex');
  if (format.length < 16 || equalAt(format, 8, new Uint8Array(8)))
    throw new LogError('an intent without a number');
  if (item.type === MAPPING.exchange) return { id, inodes: [le64(format, 16), le64(format, 24)] };
  const inodes: number[] = [];
  // The highest flag: an attribute fork, which is not read.
  for (let at = 16; at + 32 <= format.length; at += 32)
    if (le32(format, at + 28) >>> 31 === 0) inodes.push(le64(format, at));
  return { id, inodes };
}
