import type { Component, GoBinary, OsPackage, OsRelease } from '../../model/software.ts';
import type { FileTree } from '../filesystem/tree.ts';

/** The readers, in the order their results are shown. */
export const READER_IDS = ['os-release', 'dpkg', 'rpm', 'apk', 'kernel', 'go-binary'] as const;

/** The name of a reader. */
export type ReaderId = (typeof READER_IDS)[number];

/** One thing that could not be read: where, and what was wrong with it. */
export interface Problem {
  /** A path from the root, with the place inside where there is one: `var/lib/dpkg/status line 812`. */
  readonly place: string;
  /** One clause: `the version is missing`. */
  readonly why: string;
}

/** What a reader can find. Each reader fills what it is for. */
export interface Found {
  readonly os?: OsRelease;
  readonly packages?: InstalledPackages;
  readonly binaries?: readonly GoBinary[];
  readonly components?: readonly Component[];
  readonly kernels?: Kernels;
}

/** The packages of one package database. */
export interface InstalledPackages {
  readonly format: 'deb' | 'rpm' | 'apk';
  /** Sorted by name, then version, then architecture. */
  readonly list: readonly OsPackage[];
  /**
   * Which package owns each of these files (absolute paths without the leading slash, `usr/bin/runc`); files that
   * none owns are left out.
   */
  ownersOf(paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** The kernels of a root. */
export interface Kernels {
  /** Releases as `uname -r` gives them, oldest first by version. */
  readonly installed: readonly string[];
  /** The release that runs; null where the root is not the one of a running machine. */
  readonly running: string | null;
}

/**
 * What became of one reader: `ok` (all of it), `absent` (what it reads is not there, and that was seen), `partial`
 * (what was found, and what could not be read) or `failed` (nothing, and why).
 */
export type Outcome<F = Found> =
  | { readonly status: 'ok'; readonly found: F }
  | { readonly status: 'absent' }
  | { readonly status: 'partial'; readonly found: F; readonly problems: readonly Problem[] }
  | { readonly status: 'failed'; readonly problems: readonly Problem[] };

/** What a reader runs with. */
export interface ReaderContext {
  readonly tree: FileTree;
  /** Look at every file of the tree, not only where nodes keep what is looked for. */
  readonly allFiles: boolean;
  /** Aborted when the time is over or the user interrupts; what was found until then is given as `partial`. */
  readonly signal: AbortSignal;
  /** Says how far it is: a label such as `Go binaries`, and counts. */
  progress(label: string, done: number, total: number | null): void;
}

/**
 * One kind of evidence on a root file system. Readers are pure functions of the tree; they never throw for what the
 * tree holds, only for a limit that ends the whole scan (limit-reached) or an interruption.
 */
export interface Reader {
  readonly id: ReaderId;
  /** The paths it looks at, from the root, for people and for the coverage of a result. */
  readonly needs: readonly string[];
  read(context: ReaderContext): Promise<Outcome>;
}
