import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import { NodewardError } from '../../base/errors.ts';
import type { DirectoryEntry, DirectoryInode, FileInode, FileSystem, Inode, InodeKind } from './types.ts';

/**
 * A local directory as a file system. Nothing is written and no link is followed by the system: every step is opened
 * by its own name, so that a tree cannot lead outside of itself. Calls are synchronous, for a thread of its own: the
 * thread pool costs more than most of these reads.
 */
export function openDirectory(path: string): FileSystem {
  const root = inodeOf(path, lstatAt(path, path));
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
  return plain ? `${path}/${text}` : Buffer.concat([Buffer.from(path), Buffer.from('/'), name]);
}

function inodeOf(path: Path, stat: Stats): Inode {
  const id = `${stat.dev}:${stat.ino}`;
  const mode = stat.mode & 0o7777;
  if (stat.isFile()) return file(path, { id, mode, size: stat.size });
  if (stat.isDirectory()) return directory(path, { id, mode });
  if (stat.isSymbolicLink())
    return { kind: 'symlink', id, mode, target: async () => attempt(path, () => readlinkSync(path)) };
  return { kind: 'special', id, mode };
}

function file(path: Path, facts: Pick<FileInode, 'id' | 'mode' | 'size'>): FileInode {
  return {
    kind: 'file',
    ...facts,
    prefetch() {},
    async read(offset, length) {
      return attempt(path, () => readAt(path, offset, Math.max(0, Math.min(length, facts.size - offset))));
    },
  };
}

function readAt(path: Path, offset: number, length: number): Uint8Array {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile())
      throw new NodewardError('file-unreadable', `${path} is no regular file any more`);
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const got = readSync(fd, bytes, done, length - done, offset + done);
      if (got === 0) throw new NodewardError('file-unreadable', `${path} became shorter while it was read`);
      done += got;
    }
    return bytes;
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
          open: async () => inodeOf(where, lstatAt(where, path)),
        };
      });
    },
    async lookup(name) {
      const where = below(path, Buffer.from(name));
      const stat = attempt(where, () => lstatSync(where, { throwIfNoEntry: false }));
      return stat === undefined ? null : inodeOf(where, stat);
    },
  };
}

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): InodeKind {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'symlink' : 'special';
}

function lstatAt(path: Path, named: Path): Stats {
  return attempt(named, () => lstatSync(path));
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
