/** What a scan of a root file system or disk looked at, and how well it could be read. */

/** What became of one kind of evidence: all of it, not there, a part of it, nothing. */
export type ReaderStatus = 'ok' | 'absent' | 'partial' | 'failed';

/** All states of a reader, best first. */
export const READER_STATUSES: readonly ReaderStatus[] = ['ok', 'absent', 'partial', 'failed'];

/** The result of one reader in short. */
export interface ReaderReport {
  /** `os-release`, `dpkg`, `rpm`, `apk`, `kernel`, `go-binary`. */
  readonly reader: string;
  readonly status: ReaderStatus;
  /** How many packages, programs or kernels it found; 1 for an operating system. */
  readonly items: number;
  /** The paths it looks at, from the root. */
  readonly looked: readonly string[];
  /** What could not be read, one sentence each. */
  readonly problems: readonly string[];
}

/**
 * What became of the journal of a file system that may have been in use when its disk was copied: `clean` (nothing to
 * replay), `replayed` (in memory; the disk is unchanged), `absent` (this file system has none), or `unreadable` (what
 * is read may be older than what the machine had written).
 */
export type JournalState = 'clean' | 'replayed' | 'absent' | 'unreadable';

/** All states of a journal. */
export const JOURNAL_STATES: readonly JournalState[] = ['clean', 'replayed', 'absent', 'unreadable'];

/** How a disk says where its partitions are. */
export type PartitionScheme = 'gpt' | 'mbr' | 'none';

/** All partition schemes. */
export const PARTITION_SCHEMES: readonly PartitionScheme[] = ['gpt', 'mbr', 'none'];

/** Which part of a disk was read. */
export interface DiskReport {
  /** The image format: `raw`, `vhd (fixed)`, `qcow2 (zstd)`. */
  readonly image: string;
  /** Size of the disk in bytes. */
  readonly size: number;
  readonly scheme: PartitionScheme;
  /** The number of the root's partition; 0 where the disk has no partitions, null where no root was found. */
  readonly partition: number | null;
}

/** Kernels on the disk, and the one that runs. */
export interface KernelReport {
  /** Releases as `uname -r` gives them, oldest first. */
  readonly installed: readonly string[];
  /** Null where the root is not that of the running machine. */
  readonly running: string | null;
  /** Whether a newer kernel is installed than runs; null where it is not known which one runs. */
  readonly needsReboot: boolean | null;
}

/** What reading the disk has cost. */
export interface ReadReport {
  /** Reads of the file, or requests to the server, retries included. */
  readonly requests: number;
  readonly bytes: number;
}

/** How a scan was made. */
export interface ScanReport {
  /** Null for a directory. */
  readonly disk: DiskReport | null;
  /** `ext4`, `xfs`, `directory`; null where no root was found. */
  readonly fileSystem: string | null;
  readonly journal: JournalState;
  readonly readers: readonly ReaderReport[];
  readonly kernels: KernelReport;
  /** Whether every file was looked at, not only where nodes keep what is looked for. */
  readonly allFiles: boolean;
  /** Null for a directory, whose files the system reads. */
  readonly reads: ReadReport | null;
  /** Whether everything that was looked for could be read. */
  readonly complete: boolean;
}
