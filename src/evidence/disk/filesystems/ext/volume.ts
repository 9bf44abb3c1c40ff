import type { Inode, InodeKind } from '../../../filesystem/types.ts';
import type { Blocks } from './blocks.ts';
import type { InodeTable } from './inodes.ts';
import type { Superblock } from './superblock.ts';

/** An opened file system, as its inodes see it. */
export interface Volume {
  readonly superblock: Superblock;
  readonly blocks: Blocks;
  readonly inodes: InodeTable;
  /** The inode of this number; `kind` is what a directory says it is, null where it does not say. */
  open(number: number, kind: InodeKind | null): Promise<Inode>;
}
