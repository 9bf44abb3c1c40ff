import type { BlockSource } from '../../sources/types.ts';
import type { Superblock } from './superblock.ts';

/** What the log changes about the content of the disk, in memory. */
export interface Overlay {
  /** True where any of these bytes come from the log. */
  covers(offset: number, length: number): boolean;
  /** These bytes with the log replayed over them. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Inodes whose mappings the machine had not finished changing: their content cannot be told. */
  readonly unfinished: ReadonlySet<number>;
  /** Inodes whose B-tree blocks may still name another owner. */
  readonly moved: ReadonlySet<number>;
}

/** The disk as it is after log recovery. */
export class Volume {
  readonly source: BlockSource;
  readonly superblock: Superblock;
  readonly overlay: Overlay | null;

  constructor(source: BlockSource, superblock: Superblock, overlay: Overlay | null) {
    this.source = source;
    this.superblock = superblock;
    this.overlay = overlay;
  }

  /** Exactly these bytes. @throws as the block source; disk-damaged where the log does not fit the disk */
  read(offset: number, length: number): Promise<Uint8Array> {
    if (this.overlay?.covers(offset, length)) return this.overlay.read(offset, length);
    return this.source.read(offset, length);
  }

  prefetch(offset: number, length: number): void {
    this.source.prefetch(offset, length);
  }

  /** True where any of these bytes come from the log. */
  replayed(offset: number, length: number): boolean {
    return this.overlay?.covers(offset, length) ?? false;
  }
}
