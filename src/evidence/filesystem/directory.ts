import {
  type BigIntStats,
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
} from 'node:fs';
import { NodewardError } from '../../base/errors.ts';
import type { DirectoryEntry, DirectoryInode, FileInode, FileSystem, Inode, InodeKind } from './types.ts';

/**
 * A local directory as a file system. Nothing is written and no link below the root is followed by the system, so that
 * a tree cannot lead outside of itself; a file that was swapped for another one after it was found is refused
 * (disk-changed). Calls are synchronous, for a thread of its own: the thread pool costs more than most of these reads.
 * @throws NodewardError file-not-found, file-unreadable: the root itself
 */
export function openDirectory(path: string): FileSystem {
  // The root may be named by a link. Its real path stays the same when the working directory does not.
  const real = attempt(path, () => realpathSync(path));
  const root = inodeOf(real, lstatAt(real, path));
  return {
    type: 'directory',
    journal: 'absent',
    problems: [],
    async root() {
      if (root.kind !== 'directory') throw new NodewardError('file-unreadable', `${path} is not a folder`);
      return root;
    },
  };
}

/** Paths are kept as bytes: names on a disk need not be UTF-8. */
type Path = string | Buffer;

function below(path: Path, name: Buffer): Path {
  const text = name.toString('utf8');
  const plain = typeof path === 'string' && !text.includes('\ufffd');
  if (plain) return path === '/' ? `/${text}` : `${path}/${text}`;
  return Buffer.concat([Buffer.from(path), Buffer.from('/'), name]);
}

function inodeOf(path: Path, stat: BigIntStats): Inode {
  const id = idOf(stat);
  const mode = Number(stat.mode) & 0o7777;
  if (stat.isFile()) return file(path, { id, mode, size: Number(stat.size) });
  if (stat.isDirectory()) return directory(path, { id, mode });
  if (stat.isSymbolicLink())
    return { kind: 'symlink', id, mode, target: async () => attempt(path, () => readlinkSync(path)) };
  return { kind: 'special', id, mode };
}

/** Device and inode number, in full: numbers of 64 bits are common on network and union file systems. */
function idOf(stat: BigIntStats): string {
  return `${stat.dev}:${stat.ino}`;
}

/** Files of procfs and sysfs say a size of 0; such a file gives what it holds when it is read. */
function file(path: Path, facts: Pick<FileInode, 'id' | 'mode' | 'size'>): FileInode {
  return {
    kind: 'file',
    ...facts,
    prefetch() {},
    async read(offset, length) {
      const left = facts.size === 0 ? length : facts.size - offset;
      return attempt(path, () =>
        readAt(path, facts, { offset, length: Math.max(0, Math.min(length, left)) }),
      );
    },
  };
}

interface Range {
  readonly offset: number;
  readonly length: number;
}

function readAt(path: Path, { id, size }: Pick<FileInode, 'id' | 'size'>, range: Range): Uint8Array {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd, { bigint: true });
    if (!stat.isFile() || idOf(stat) !== id)
      throw new NodewardError('disk-changed', `${path} was replaced while it was read`);
    const bytes = Buffer.allocUnsafe(range.length);
    let done = 0;
    while (done < range.length) {
      const got = readSync(fd, bytes, done, range.length - done, range.offset + done);
      if (got === 0 && size > 0)
        throw new NodewardError('disk-changed', `${path} became shorter while it was read`);
      if (got === 0) break;
      done += got;
    }
    return bytes.subarray(0, done);
  } finally {
    closeSync(fd);
  }
}

function directory(path: Path, facts: Pick<DirectoryInode, 'id' | 'mode'>): DirectoryInode {
  return {
    kind: 'directory',
    ...facts,
    async list() {
      const found = attempt(path, () => readdirSync(path, { withFileTypes: true, encoding: 'buffer' }));
      return found.map((entry): DirectoryEntry => {
        const where = below(path, entry.name);
        return {
          name: entry.name.toString('utf8'),
          kind: kindOf(entry),
          open: async () => inodeOf(where, lstatAt(where, where)),
        };
      });
    },
    async lookup(name) {
      const where = below(path, Buffer.from(name));
      const stat = attempt(where, () => lstatSync(where, { throwIfNoEntry: false, bigint: true }));
      return stat === undefined ? null : inodeOf(where, stat);
    },
  };
}

function kindOf(entry: Dirent<Buffer>): InodeKind | null {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  if (entry.isSymbolicLink()) return 'symlink';
  const special = entry.isFIFO() || entry.isSocket() || entry.isBlockDevice() || entry.isCharacterDevice();
  return special ? 'special' : null;
}

function lstatAt(path: Path, named: Path): BigIntStats {
  return attempt(named, () => lstatSync(path, { bigint: true }));
}

/** System errors as ours. The name of a file never decides anything here, so it may be shown as it decodes. */
function attempt<T>(path: Path, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof NodewardError) throw thrown;
    const code = (thrown as { code?: string }).code ?? 'unknown error';
    const missing = code === 'ENOENT';
    throw new NodewardError(
      missing ? 'file-not-found' : 'file-unreadable',
      missing ? `${path} does not exist` : `${path} cannot be read (${code})`,
      { cause: thrown },
    );
  }
}
