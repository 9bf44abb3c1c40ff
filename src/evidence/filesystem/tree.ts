import { NodewardError } from '../../base/errors.ts';
import { tooLarge } from '../../base/files.ts';
import { onOtherDevice } from './device.ts';
import type { DirectoryEntry, DirectoryInode, FileInode, FileSystem, Inode, LinkInode } from './types.ts';

/** As Linux: more links than this in one path are a loop. */
const MAX_LINKS = 40;
const MAX_PATH_BYTES = 4096;
/** Paths whose inodes are remembered, so that those below them are not looked up from the root each time. */
const MAX_KNOWN = 4096;
/** Directories of a walk that are listed at the same time. */
const LISTED_TOGETHER = 32;

/** Where a running machine mounts what its kernel makes up. */
const KERNEL_FOLDERS: ReadonlySet<string> = new Set(['proc', 'sys', 'dev']);

/** How much of a tree is walked; what goes beyond is a problem of the walk, not the end of the scan. */
export interface WalkLimits {
  readonly maxEntries: number;
  readonly maxDepth: number;
  /** Whether a directory is left out with all that is below it. */
  readonly skips?: (path: string) => boolean;
}

/** Bounds that no genuine root file system reaches. */
export const WALK_LIMITS: WalkLimits = { maxEntries: 5_000_000, maxDepth: 64 };

/** What a path leads to, and the path of it without links: `lib/x` may be `usr/lib/x`. */
export interface Located<T extends Inode = Inode> {
  readonly path: string;
  readonly inode: T;
}

/** One thing met on a walk. */
export interface Visited {
  readonly path: string;
  readonly entry: DirectoryEntry;
}

/** Where a walk tells of directories it could not read; it goes on with the others. */
export type OnProblem = (path: string, thrown: unknown) => void;

/**
 * A file system by paths, confined to its root: links are followed as the machine itself would follow them, absolute
 * ones from the root of the tree, and `..` never leads above it (openat2(2), RESOLVE_IN_ROOT). Paths are given
 * without a leading slash. Absent is null; whatever cannot be read is thrown.
 */
export class FileTree {
  readonly fileSystem: FileSystem;
  readonly #known = new Map<string, Promise<Inode | null>>();

  constructor(fileSystem: FileSystem) {
    this.fileSystem = fileSystem;
  }

  /** What the path leads to, links followed; null where it leads to nothing. @throws as inodes do */
  async find(path: string): Promise<Located | null> {
    // What is still to be walked, the next name last: links may put thousands of names in front of it.
    const rest = partsOf(path).reverse();
    const root = { path: '', inode: (await this.fileSystem.root()) as Inode };
    const above: Located[] = [];
    let at: Located = root;
    let links = 0;
    for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
      if (at.inode.kind !== 'directory') return null;
      if (name === '..') {
        at = above.pop() ?? root;
        continue;
      }
      const below = at.path === '' ? name : `${at.path}/${name}`;
      const next: Inode | null = await this.#lookup(at.inode, below, name);
      if (next === null) return null;
      if (next.kind !== 'symlink') {
        above.push(at);
        at = { path: below, inode: next };
        continue;
      }
      if (++links > MAX_LINKS)
        throw new NodewardError('file-unreadable', `${path} leads through a loop of links`);
      const target = await targetOf(next, below);
      rest.push(...partsOf(target).reverse());
      if (target.startsWith('/')) {
        above.length = 0;
        at = root;
      }
    }
    return at;
  }

  /** The file the path leads to; null where there is nothing. @throws as `find`; file-unreadable for no file */
  async file(path: string): Promise<Located<FileInode> | null> {
    const found = await this.find(path);
    if (found === null) return null;
    const { inode } = found;
    if (inode.kind !== 'file')
      throw new NodewardError('file-unreadable', `${path} is a ${inode.kind}, not a regular file`);
    return { path: found.path, inode };
  }

  /** The whole content of a file; null where there is none. @throws as `file`; input-too-large */
  async read(path: string, maxBytes: number): Promise<Buffer | null> {
    const found = await this.file(path);
    if (found === null) return null;
    const { inode } = found;
    if (inode.size > maxBytes) throw tooLarge(path, maxBytes);
    const bytes = await inode.read(0, inode.size);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The entries of a directory; null where there is nothing. @throws as `find`; file-unreadable for no directory */
  async list(path: string): Promise<readonly DirectoryEntry[] | null> {
    const found = await this.find(path);
    if (found === null) return null;
    if (found.inode.kind !== 'directory')
      throw new NodewardError('file-unreadable', `${path} is a ${found.inode.kind}, not a directory`);
    return found.inode.list();
  }

  /**
   * Everything below a directory, links not followed, parents before their content, each directory once. What cannot
   * be read is told to `onProblem`, and the walk goes on; reaching a limit ends it and is told too. Of a running
   * machine what the kernel shows under `proc`, `sys` and `dev` is left out: it is not on the disk and has no end.
   */
  async *walk(path: string, onProblem: OnProblem, limits: WalkLimits = WALK_LIMITS): AsyncGenerator<Visited> {
    const start = await this.find(path);
    if (start === null || start.inode.kind !== 'directory') return;
    const root = start.inode;
    const seen = new Set<number | string>([root.id]);
    const pending: Folder[] = [{ path: start.path, inode: root, depth: 0 }];
    let entries = 0;
    while (pending.length > 0) {
      // Side by side: on a distant disk each folder costs a round trip.
      const batch = pending.splice(-LISTED_TOGETHER).reverse();
      const lists = await Promise.all(batch.map(({ inode }) => settled(inode.list())));
      for (const [index, folder] of batch.entries()) {
        const listed = lists[index];
        if (listed === undefined || 'thrown' in listed) {
          onProblem(folder.path, listed?.thrown);
          continue;
        }
        const below = listed.value.map((entry) => ({ path: joined(folder.path, entry.name), entry }));
        for (const visited of below) {
          if (++entries > limits.maxEntries) {
            const detail = `there are more than ${limits.maxEntries} files`;
            onProblem(folder.path, new NodewardError('limit-reached', detail));
            return;
          }
          yield visited;
        }
        pending.push(...(await this.#folders(below, { folder, root, seen, limits, onProblem })));
      }
    }
  }

  /** The directories among the entries of one that are to be walked too. */
  async #folders(
    entries: readonly Visited[],
    { folder, root, seen, limits, onProblem }: Walking,
  ): Promise<Folder[]> {
    const wanted = entries.filter(
      ({ path, entry }) =>
        (entry.kind === 'directory' || entry.kind === null) && limits.skips?.(path) !== true,
    );
    const opened = await Promise.all(wanted.map(({ entry }) => settled(entry.open())));
    const folders: Folder[] = [];
    for (const [index, { path }] of wanted.entries()) {
      const result = opened[index];
      if (result === undefined || 'thrown' in result) {
        onProblem(path, result?.thrown);
        continue;
      }
      const inode = result.value;
      if (inode.kind !== 'directory') continue;
      if (KERNEL_FOLDERS.has(path) && onOtherDevice(inode, root)) continue;
      const depth = folder.depth + 1;
      if (depth > limits.maxDepth) {
        const detail = `it lies deeper than ${limits.maxDepth} folders`;
        onProblem(path, new NodewardError('limit-reached', detail));
      } else if (!seen.has(inode.id)) {
        seen.add(inode.id);
        folders.push({ path, inode, depth });
      } else if (this.fileSystem.type !== 'directory') {
        // Mounted twice on a running machine; on a disk no directory can have two names.
        onProblem(path, new NodewardError('disk-damaged', 'the directory has a second name'));
      }
    }
    return folders;
  }

  #lookup(directory: DirectoryInode, path: string, name: string): Promise<Inode | null> {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const looked = directory.lookup(name);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(path, looked);
    return looked;
  }
}

/** A directory that is still to be listed. */
interface Folder {
  readonly path: string;
  readonly inode: DirectoryInode;
  readonly depth: number;
}

/** What a walk carries along. */
interface Walking {
  readonly folder: Folder;
  readonly root: DirectoryInode;
  /** Directories that were met. */
  readonly seen: Set<number | string>;
  readonly limits: WalkLimits;
  readonly onProblem: OnProblem;
}

function joined(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** The outcome of what runs beside others: a failure is told when its turn comes. */
async function settled<T>(
  promise: Promise<T>,
): Promise<{ readonly value: T } | { readonly thrown: unknown }> {
  try {
    return { value: await promise };
  } catch (thrown) {
    return { thrown };
  }
}

/** Where a link points to. A target that does not decode would lead to another name, and be taken for absent. */
async function targetOf(link: LinkInode, path: string): Promise<string> {
  const target = await link.target();
  if (target === '' || Buffer.byteLength(target) > MAX_PATH_BYTES)
    throw new NodewardError('disk-damaged', `${path} is a link of ${target.length} characters`, {
      place: path,
    });
  if (target.includes('\ufffd') || target.includes('\0'))
    throw new NodewardError('file-unreadable', `${path} is a link to a name that is not UTF-8`);
  return target;
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
