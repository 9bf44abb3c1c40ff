import type { Blocks } from './blocks.ts';
import { damaged } from './bytes.ts';
import { type DiskInode, inodePlace } from './inode.ts';
import type { Superblock } from './superblock.ts';

/** Consecutive blocks of a file that are consecutive on the disk too. */
export interface Run {
  /** The first block, counted in the file. */
  readonly logical: number;
  /** The first block on the disk; null where zeros are read: a hole, or blocks allocated but never written. */
  readonly start: number | null;
  readonly count: number;
}

/** Where the blocks of a file are. */
export interface BlockMap {
  /** Runs that cover exactly the blocks from `first` on, in order. @throws NodewardError disk-damaged */
  runs(first: number, count: number): Promise<readonly Run[]>;
}

/** What a map needs. */
export interface MapContext {
  readonly superblock: Superblock;
  readonly blocks: Blocks;
}

/** Checks that blocks an inode points to can be its content. @throws NodewardError disk-damaged */
export function checkBlocks(
  { superblock }: MapContext,
  inode: DiskInode,
  [start, count]: [number, number],
): void {
  if (start < superblock.firstUsableBlock || start + count > superblock.blockCount)
    throw damaged(
      inodePlace(inode.number),
      `points to ${count === 1 ? `block ${start}` : `blocks ${start} to ${start + count - 1}`}, where no content can be`,
    );
}

/** Collects runs in order and joins those that continue one another. */
export class RunList {
  readonly #runs: { logical: number; start: number | null; count: number }[] = [];

  add(logical: number, start: number | null, count: number): void {
    if (count <= 0) return;
    const last = this.#runs.at(-1);
    const follows =
      last !== undefined && (last.start === null ? start === null : start === last.start + last.count);
    if (follows) last.count += count;
    else this.#runs.push({ logical, start, count });
  }

  get runs(): readonly Run[] {
    return this.#runs;
  }
}
