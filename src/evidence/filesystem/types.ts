import type { JournalState } from '../../model/scan.ts';

export type { JournalState };

/** What kind of thing an inode is. `special`: devices, sockets, pipes. */
export type InodeKind = 'file' | 'directory' | 'symlink' | 'special';

/**
 * A file. All methods of inodes throw NodewardError: disk-damaged where the bytes contradict themselves or fail a
 * checksum, file-unreadable where the system refuses, limit-reached, and the errors of the block source. They never
 * answer "absent" or give less where they could not read.
 */
export interface FileInode {
  readonly kind: 'file';
  /** The same for all names of one file, unique within its file system. */
  readonly id: number | string;
  /** Bytes. */
  readonly size: number;
  /** Permission bits, as in stat(2). */
  readonly mode: number;
  /** The bytes from `offset` on: `length` of them, fewer only at the end of the file. Holes read as zeros. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Says that this range is about to be read. Never fails, never waits. */
  prefetch(offset: number, length: number): void;
}

/** A directory. Errors as of `FileInode`. */
export interface DirectoryInode {
  readonly kind: 'directory';
  readonly id: number | string;
  readonly mode: number;
  /** All entries but `.` and `..`, in the order of the disk. All of them or an error. */
  list(): Promise<readonly DirectoryEntry[]>;
  /** The entry of this name; null where there is none, which the directory was read for. */
  lookup(name: string): Promise<Inode | null>;
}

/** A symbolic link. Errors as of `FileInode`. */
export interface LinkInode {
  readonly kind: 'symlink';
  readonly id: number | string;
  readonly mode: number;
  /** Where it points to, as written. */
  target(): Promise<string>;
}

/** A device, socket or pipe: never opened. */
export interface SpecialInode {
  readonly kind: 'special';
  readonly id: number | string;
  readonly mode: number;
}

/** Anything a file system holds. */
export type Inode = FileInode | DirectoryInode | LinkInode | SpecialInode;

/** One name in a directory. */
export interface DirectoryEntry {
  /** Decoded as UTF-8; bytes that are none become U+FFFD. `open` works all the same. */
  readonly name: string;
  /** Null where the directory does not say; `open` tells. */
  readonly kind: InodeKind | null;
  open(): Promise<Inode>;
}

/** A file system, opened read-only. */
export interface FileSystem {
  /** `ext4`, `xfs`, `directory`. */
  readonly type: string;
  readonly journal: JournalState;
  /** What a reader of the result must know, one sentence each: why the journal is unreadable, what was worked around. */
  readonly problems: readonly string[];
  root(): Promise<DirectoryInode>;
}
