import type { ErrorCode } from '../../base/errors.ts';
import type { Gap } from '../../model/gap.ts';
import type { PartitionScheme, ReadReport, ScanReport } from '../../model/scan.ts';
import type { SoftwareList } from '../../model/software.ts';
import type { Found, InstalledPackages, Outcome, Problem, ReaderId } from '../readers/types.ts';

/** What to scan: a directory that is a root, or a disk in a file, a block device or behind a URL. */
export type ScanTarget =
  | { readonly kind: 'rootfs'; readonly path: string }
  | {
      readonly kind: 'disk';
      /** A path or an http(s) URL. */
      readonly location: string;
      /** The partition with the root; null finds it by its content. */
      readonly partition: number | null;
    };

/** Bounds of one scan. Reaching one ends it with what was found until then, and a gap. */
export interface ScanLimits {
  readonly timeMs: number;
  /** JavaScript memory of the thread that reads, in MiB. */
  readonly heapMiB: number;
  /** Memory of the whole process, in bytes. */
  readonly memoryBytes: number;
  readonly maxRequests: number;
  readonly maxBytes: number;
  /** Pages of the disk that are kept, in bytes. */
  readonly cacheBytes: number;
}

/** What the thread is asked for. */
export interface ScanRequest {
  readonly target: ScanTarget;
  readonly task: 'scan' | 'list';
  readonly allFiles: boolean;
  readonly limits: ScanLimits;
}

/** What is known once the root is open. */
export type Opened = Pick<ScanReport, 'disk' | 'fileSystem' | 'journal'> & {
  /** What was found damaged or left out on the way to the root. */
  readonly gaps: readonly Gap[];
};

/** The packages of one database, as they cross threads: without functions. */
export type PackageList = Omit<InstalledPackages, 'ownersOf'>;

/** What a reader found, as it crosses threads. */
export type PlainFound = Omit<Found, 'packages'> & { readonly packages?: PackageList };

/** The outcome of a reader, as it crosses threads. */
export type PlainOutcome = Outcome<PlainFound>;

/** The outcome of a reader, and the paths it looked at. */
export interface ReaderResult {
  readonly outcome: PlainOutcome;
  readonly looked: readonly string[];
}

/** One partition in a listing of a disk. */
export interface ListedVolume {
  readonly number: number;
  readonly offset: number;
  readonly size: number;
  readonly type: string | null;
  readonly name: string;
  /** What it holds: `ext4`, `btrfs`, `LUKS`; null where that is not recognised. */
  readonly fileSystem: string | null;
  readonly label: string;
  readonly uuid: string;
  /** Whether Nodeward reads this file system. */
  readonly readable: boolean;
  /** Whether a root file system is on it. */
  readonly root: boolean;
  /** Why it could not be looked into; null where it could. */
  readonly problem: string | null;
}

/** What is on a disk. */
export interface DiskListing {
  readonly image: string;
  readonly size: number;
  readonly scheme: PartitionScheme;
  readonly volumes: readonly ListedVolume[];
  readonly problems: readonly string[];
  readonly reads: ReadReport;
}

/** What the thread tells, in this order; any number of `progress` and `outcome`, at most one of the others. */
export type ScanMessage =
  | { readonly kind: 'opened'; readonly opened: Opened }
  | {
      readonly kind: 'progress';
      readonly label: string;
      readonly done: number;
      readonly total: number | null;
    }
  | { readonly kind: 'outcome'; readonly reader: ReaderId; readonly result: ReaderResult }
  | {
      readonly kind: 'owners';
      /** The package of each program that one owns. */
      readonly owners: ReadonlyMap<string, string>;
      readonly problems: readonly Problem[];
    }
  | { readonly kind: 'listing'; readonly listing: DiskListing }
  | { readonly kind: 'end'; readonly reads: ReadReport | null }
  | { readonly kind: 'error'; readonly error: PlainError };

/** A `NodewardError` as it crosses threads. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly place: string | null;
  readonly remedy: string;
}

/** Everything a scan told until it ended. */
export interface Told {
  readonly opened: Opened;
  readonly results: ReadonlyMap<ReaderId, ReaderResult>;
  readonly owners: ReadonlyMap<string, string>;
  readonly ownerProblems: readonly Problem[];
  readonly reads: ReadReport | null;
  readonly allFiles: boolean;
  /** Why the scan ended before everything was read; null where it did not. */
  readonly ended: string | null;
}

/** What a scan gives. */
export interface Scanned {
  readonly software: SoftwareList;
  readonly gaps: readonly Gap[];
  readonly report: ScanReport;
}
