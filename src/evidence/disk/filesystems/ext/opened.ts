import type { Inode, InodeKind } from '../../../filesystem/types.ts';
import type { BlockSource } from '../../sources/types.ts';
import { Blocks, type Overlay } from './blocks.ts';
import { damaged } from './bytes.ts';
import { ExtDirectory } from './directory.ts';
import { ExtFile, ExtLink } from './file.ts';
import { Groups } from './groups.ts';
import { inodePlace } from './inode.ts';
import { InodeTable, ROOT_INODE } from './inodes.ts';
import type { Superblock } from './superblock.ts';
import type { Volume } from './volume.ts';

/** What a file system is read from. */
export interface Parts {
  readonly source: BlockSource;
  readonly superblock: Superblock;
  /** What the journal replaces. */
  readonly overlay: Overlay;
}

/** A file system whose superblock and journal have been read. */
export class OpenedVolume implements Volume {
  readonly superblock: Superblock;
  readonly blocks: Blocks;
  readonly inodes: InodeTable;

  constructor({ source, superblock, overlay }: Parts) {
    this.superblock = superblock;
    this.blocks = new Blocks(source, superblock, overlay);
    this.inodes = new InodeTable(superblock, this.blocks, new Groups(superblock, this.blocks));
  }

  async open(number: number, kind: InodeKind | null): Promise<Inode> {
    if (number < this.superblock.firstInode && number !== ROOT_INODE)
      throw damaged(inodePlace(number), 'is reserved, though a name leads to it');
    const inode = await this.inodes.read(number);
    if (kind !== null && inode.kind !== kind)
      throw damaged(inodePlace(number), `is a ${inode.kind}, though its directory says ${kind}`);
    if (inode.kind === 'file') return new ExtFile(this, inode);
    if (inode.kind === 'directory') return new ExtDirectory(this, inode);
    if (inode.kind === 'symlink') return new ExtLink(this, inode);
    return { kind: 'special', id: number, mode: inode.mode };
  }
}
