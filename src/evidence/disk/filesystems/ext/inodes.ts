import type { Blocks } from './blocks.ts';
import { damaged } from './bytes.ts';
import type { Groups } from './groups.ts';
import { type DiskInode, inodePlace, parseInode } from './inode.ts';
import type { Superblock } from './superblock.ts';

/** Inodes of one directory lie near one another: so much of the inode table is read at once. */
const CHUNK_BYTES = 16 << 10;
/** 16 MiB: the inodes of 65,536 files, which a directory lists in the order of hashes, that is in none. */
const MAX_CHUNKS = 1024;

/** Numbers of inodes that have a fixed meaning. */
export const ROOT_INODE = 2;

/** Where an inode is: a chunk of the inode table by its first block, its length in blocks, and the offset in it. */
interface Location {
  readonly block: number;
  readonly count: number;
  readonly offset: number;
}

/** The inode table, read in chunks of which the latest are kept. */
export class InodeTable {
  readonly #superblock: Superblock;
  readonly #blocks: Blocks;
  readonly #groups: Groups;
  readonly #chunks = new Map<number, Promise<Uint8Array>>();

  constructor(superblock: Superblock, blocks: Blocks, groups: Groups) {
    this.#superblock = superblock;
    this.#blocks = blocks;
    this.#groups = groups;
  }

  /** @throws NodewardError disk-damaged, errors of the source */
  async read(number: number): Promise<DiskInode> {
    const { inodeSize } = this.#superblock;
    const { block, count, offset } = await this.#locate(number);
    const chunk = await this.#chunk(block, count);
    return parseInode(this.#superblock, number, chunk.subarray(offset, offset + inodeSize));
  }

  /** Says that these inodes are about to be read. Never fails, never waits. */
  prefetch(numbers: readonly number[]): void {
    this.#prefetch(numbers).catch(() => {
      // The read that needs the inode meets the same error and throws it.
    });
  }

  async #prefetch(numbers: readonly number[]): Promise<void> {
    const asked = new Set<number>();
    for (const number of numbers) {
      if (number > this.#superblock.inodeCount) continue;
      const { block, count } = await this.#locate(number);
      if (asked.has(block) || this.#chunks.has(block)) continue;
      asked.add(block);
      this.#blocks.prefetch(block, count);
    }
  }

  async #locate(number: number): Promise<Location> {
    const { inodeCount, inodesPerGroup, inodeSize, blockSize } = this.#superblock;
    if (number < 1 || number > inodeCount) throw damaged(inodePlace(number), 'does not exist');
    const group = Math.floor((number - 1) / inodesPerGroup);
    const index = (number - 1) % inodesPerGroup;
    const { inodeTable, inodesUsed } = this.#groups.known(group) ?? (await this.#groups.read(group));
    if (index >= inodesUsed) throw damaged(inodePlace(number), 'was never in use, though a name leads to it');
    const chunkBlocks = Math.max(1, CHUNK_BYTES / blockSize);
    const at = Math.floor((index * inodeSize) / blockSize);
    const first = at - (at % chunkBlocks);
    const tableBlocks = Math.ceil((inodesPerGroup * inodeSize) / blockSize);
    return {
      block: inodeTable + first,
      count: Math.min(chunkBlocks, tableBlocks - first),
      offset: index * inodeSize - first * blockSize,
    };
  }

  #chunk(block: number, count: number): Promise<Uint8Array> {
    const known = this.#chunks.get(block);
    if (known !== undefined) return known;
    const chunk = this.#blocks.read(block, count);
    // An error is not remembered: a network may answer the next time.
    chunk.catch(() => this.#chunks.delete(block));
    if (this.#chunks.size >= MAX_CHUNKS) {
      const [oldest] = this.#chunks.keys();
      if (oldest !== undefined) this.#chunks.delete(oldest);
    }
    this.#chunks.set(block, chunk);
    return chunk;
  }
}
