import type { FileSystem } from '../../filesystem/types.ts';
import type { BlockSource } from '../sources/types.ts';

/** What the first blocks of a partition say it holds. */
export interface DetectedFileSystem {
  /** `ext4`, `xfs`, `btrfs`, `LUKS`, `LVM`, `swap`, … */
  readonly type: string;
  /** Volume label; empty where there is none. */
  readonly label: string;
  /** As blkid(8) prints it; empty where there is none. */
  readonly uuid: string;
}

/** One file system that is read. */
export interface FileSystemDriver {
  readonly id: 'ext' | 'xfs';
  /** What the superblock says; null where it is not of this file system. Damage beyond the signature is for `open`. */
  detect(partition: BlockSource): Promise<DetectedFileSystem | null>;
  /** @throws NodewardError disk-damaged, disk-unsupported (which feature), and the errors of the block source */
  open(partition: BlockSource): Promise<FileSystem>;
}
