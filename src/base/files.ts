import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { asNodewardError, NodewardError, reasonOf } from './errors.ts';
import { isAlive } from './process.ts';

const CHUNK_BYTES = 1 << 20;

/**
 * Reads a whole regular file of at most `maxBytes`.
 * @throws NodewardError file-not-found, file-unreadable, input-too-large
 */
export async function readBounded(path: string, maxBytes: number): Promise<Buffer> {
  const handle = await open(path, 'r').catch((thrown: unknown) => {
    throw fileError(thrown, path);
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new NodewardError('file-unreadable', `${path} is not a regular file`);
    if (stat.size > maxBytes) throw tooLarge(path, maxBytes);
    const chunks: Buffer[] = [];
    let total = 0;
    for (;;) {
      const { bytesRead, buffer } = await handle.read(
        Buffer.allocUnsafe(Math.min(CHUNK_BYTES, stat.size + 1)),
      );
      if (bytesRead === 0) break;
      total += bytesRead;
      if (total > maxBytes) throw tooLarge(path, maxBytes);
      chunks.push(buffer.subarray(0, bytesRead));
    }
    return Buffer.concat(chunks, total);
  } catch (thrown) {
    throw asNodewardError(thrown, 'file-unreadable', path);
  } finally {
    await handle.close();
  }
}

/** The error for a path that could not be opened. */
export function fileError(thrown: unknown, path: string): NodewardError {
  if (thrown instanceof NodewardError) return thrown;
  const code = (thrown as { code?: string }).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new NodewardError('file-not-found', `${path} does not exist`, { cause: thrown });
  }
  return new NodewardError('file-unreadable', `${path} cannot be read (${code ?? 'unknown error'})`, {
    cause: thrown,
  });
}

/** The error for an input beyond its bound. */
export function tooLarge(place: string, maxBytes: number): NodewardError {
  return new NodewardError(
    'input-too-large',
    `${place} is larger than the limit of ${formatBytes(maxBytes)}`,
  );
}

/** `15.0 MiB` for people. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(1)} ${units[unit]}`;
}

/** What every SQLite database begins with. */
const DATABASE = Buffer.from('SQLite format 3\0');

/**
 * Refuses a path that somebody named for an output where that would be the end of something else: a database, such as the
 * store, or a device.
 * @throws NodewardError usage, file-unreadable
 */
export function refuseToReplace(path: string): void {
  let what: string | null;
  try {
    what = irreplaceable(path);
  } catch (thrown) {
    throw fileError(thrown, path);
  }
  if (what !== null)
    throw new NodewardError('usage', `${path} is ${what}, which is not replaced`, {
      place: path,
      remedy: 'Name another file.',
    });
}

function irreplaceable(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  // A folder cannot be replaced by a file anyway.
  if (stat === undefined || stat.isDirectory()) return null;
  if (!stat.isFile()) return 'no regular file';
  const fd = openSync(path, 'r');
  try {
    const start = Buffer.alloc(DATABASE.length);
    readSync(fd, start);
    return start.equals(DATABASE) ? 'a database' : null;
  } finally {
    closeSync(fd);
  }
}

const ASIDE = /\.aside-(\d+)-[0-9a-f]+$/;

/**
 * Makes a file so that `path` holds either its old content or all of its new content, whenever the process dies:
 * `write` fills a file aside, which is synced and renamed over `path`.
 * @throws NodewardError file-unwritable, or what `write` throws
 */
export async function replaceFile<T>(path: string, write: (aside: string) => Promise<T>): Promise<T> {
  const aside = `${path}.aside-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    removeLeftAside(path);
  } catch (thrown) {
    throw new NodewardError('file-unwritable', `${dirname(path)} cannot be written`, { cause: thrown });
  }
  try {
    const result = await write(aside);
    syncFile(aside);
    renameSync(aside, path);
    syncFile(dirname(path));
    return result;
  } catch (thrown) {
    rmSync(aside, { force: true });
    if (thrown instanceof NodewardError) throw thrown;
    throw new NodewardError('file-unwritable', `${path} cannot be written: ${reasonOf(thrown)}`, {
      place: path,
      cause: thrown,
    });
  }
}

/** Removes what killed processes left beside `path`. Files of living processes stay. */
function removeLeftAside(path: string): void {
  const prefix = `${basename(path)}.aside-`;
  for (const name of readdirSync(dirname(path))) {
    const match = ASIDE.exec(name);
    if (!name.startsWith(prefix) || match === null || isAlive(Number(match[1]))) continue;
    rmSync(join(dirname(path), name), { force: true });
  }
}

function syncFile(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Whether the path is a folder. @throws NodewardError file-not-found, file-unreadable */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (thrown) {
    throw fileError(thrown, path);
  }
}
