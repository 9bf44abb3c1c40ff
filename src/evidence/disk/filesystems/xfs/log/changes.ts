import { BASIC_BLOCK } from '../geometry.ts';
import type { Superblock } from '../superblock.ts';
import { LogError } from './error.ts';
import {
  BUFFER_FLAG,
  type BufferFormat,
  bufferChange,
  bufferFormat,
  type Change,
  checkType,
  createChange,
  ITEM,
  inodeChange,
  MAPPING,
  mappingIntent,
} from './items.ts';
import type { LogItem, Transaction } from './transactions.ts';

/** XFS_ILOG_DOWNER: the blocks of the inode's map were another inode's. */
const OWNER_FIELD = 0x200;
/** The types of buffers that are never read: free space, unused inodes, quota, attributes, realtime. */
const UNREAD_TYPES = new Set([1, 2, 3, 5, 6, 7, 16, 17, 19, 20]);
const MIN_CLUSTER = 8192;

/** What committed transactions change, in the order it has to be applied. */
export interface Changes {
  readonly changes: readonly Change[];
  /** Inodes named by intents that were not carried out. */
  readonly unfinished: ReadonlySet<number>;
  readonly moved: ReadonlySet<number>;
}

/**
 * The changes of transactions, without those of blocks that were freed later on: what was logged for such a block
 * before it was freed must not be replayed over what it was used for then.
 * @throws LogError where an item contradicts itself
 */
export function changesOf(transactions: readonly Transaction[], superblock: Superblock): Changes {
  const collector = new Collector(superblock);
  for (const { items } of transactions) for (const item of items) collector.cancel(item);
  for (const { items, lsn } of transactions) for (const item of inOrder(items)) collector.add(item, lsn);
  return { changes: collector.changes, unfinished: collector.unfinished(), moved: collector.moved };
}

/** Blocks come before the inodes in them, cancellations last. */
function inOrder(items: readonly LogItem[]): LogItem[] {
  const buffers: LogItem[] = [];
  const others: LogItem[] = [];
  const cancelled: LogItem[] = [];
  for (const item of items) {
    if (item.type === ITEM.create) buffers.push(item);
    else if (item.type !== ITEM.buffer) others.push(item);
    else if ((bufferFormat(item).flags & BUFFER_FLAG.cancel) !== 0) cancelled.push(item);
    else buffers.push(item);
  }
  return [...buffers, ...others, ...cancelled];
}

class Collector {
  readonly changes: Change[] = [];
  readonly moved = new Set<number>();
  readonly #superblock: Superblock;
  /** How often a buffer will yet be freed. */
  readonly #cancelled = new Map<string, number>();
  readonly #intents = new Map<string, readonly number[]>();

  constructor(superblock: Superblock) {
    this.#superblock = superblock;
  }

  /** First pass. */
  cancel(item: LogItem): void {
    checkType(item);
    if (item.type !== ITEM.buffer) return;
    const format = bufferFormat(item);
    if ((format.flags & BUFFER_FLAG.cancel) === 0) return;
    const key = keyOf(format);
    this.#cancelled.set(key, (this.#cancelled.get(key) ?? 0) + 1);
  }

  /** Second pass. */
  add(item: LogItem, lsn: number): void {
    if (item.type === ITEM.buffer) this.#buffer(item, lsn);
    else if (item.type === ITEM.inode) this.#inode(item, lsn);
    else if (item.type === ITEM.create) this.#create(item, lsn);
    else this.#intent(item);
  }

  unfinished(): Set<number> {
    return new Set([...this.#intents.values()].flat());
  }

  #buffer(item: LogItem, lsn: number): void {
    const format = bufferFormat(item);
    const key = keyOf(format);
    const left = this.#cancelled.get(key) ?? 0;
    if ((format.flags & BUFFER_FLAG.cancel) !== 0) {
      if (left > 1) this.#cancelled.set(key, left - 1);
      else this.#cancelled.delete(key);
      return;
    }
    // Buffers of inodes hold changed links between unlinked inodes only, which lead to nothing with a name.
    const unread = (format.flags & (BUFFER_FLAG.inodes | BUFFER_FLAG.quota)) !== 0;
    if (left > 0 || unread || UNREAD_TYPES.has(format.flags >>> 11)) return;
    this.changes.push(bufferChange(item, this.#superblock, lsn));
  }

  #inode(item: LogItem, lsn: number): void {
    const { change, buffer } = inodeChange(item, this.#superblock, lsn);
    if (this.#cancelled.has(keyOf(buffer))) return;
    this.changes.push(change);
    if ((change.fields & OWNER_FIELD) !== 0) this.moved.add(change.inode);
  }

  #create(item: LogItem, lsn: number): void {
    const change = createChange(item, this.#superblock, lsn);
    const blocks = clusterBytes(this.#superblock) / BASIC_BLOCK;
    for (let at = 0; at < change.length; at += blocks * BASIC_BLOCK)
      if (this.#cancelled.has(keyOf({ flags: 0, block: (change.at + at) / BASIC_BLOCK, blocks }))) return;
    this.changes.push(change);
  }

  #intent(item: LogItem): void {
    if (item.type === MAPPING.map || item.type === MAPPING.exchange) {
      const { id, inodes } = mappingIntent(item);
      if (inodes.length > 4096) throw new LogError('an intent for too many files');
      this.#intents.set(id, inodes);
    }
    if (item.type === MAPPING.mapped || item.type === MAPPING.exchanged)
      this.#intents.delete(mappingIntent(item).id);
  }
}

function keyOf({ block, blocks }: BufferFormat): string {
  return `${block}+${blocks}`;
}

/** The size of the buffers that inodes are read in (m_inode_cluster_size). */
function clusterBytes({ inodeSize, inodeAlignment, blockSize, features }: Superblock): number {
  const scaled = (MIN_CLUSTER * inodeSize) / 256;
  const fits = features.crc && inodeAlignment >= Math.floor(scaled / blockSize);
  return Math.max(blockSize, fits ? scaled : MIN_CLUSTER);
}
