import type { BlockSource } from '../sources/types.ts';

/** The disk image formats that are read. */
export type DiskFormatId = 'raw' | 'vhd' | 'vhdx' | 'vmdk' | 'qcow2';

/** A disk image opened: the content of the disk it holds. */
export interface DiskImage {
  /** The format, with its variant where it has some: `vhd (dynamic)`, `qcow2 (zstd)`. */
  readonly format: string;
  /** The disk's content: its size is the virtual disk's, holes read as zeros without a read of the file. */
  readonly disk: BlockSource;
}

/** One disk image format. */
export interface DiskFormat {
  readonly id: DiskFormatId;
  /** Whether the bytes are of this format, by its signature. */
  detect(file: BlockSource): Promise<boolean>;
  /**
   * @throws NodewardError disk-damaged where the metadata contradicts itself or fails its checksum; disk-unsupported
   *   for features that are not read, and for headers that name other files: those are never opened
   */
  open(file: BlockSource): Promise<DiskImage>;
}
