import { createHash } from 'node:crypto';
import {
  closeSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  rmdirSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { DirectoryInode, FileSystem, Inode } from '../../src/evidence/filesystem/types.ts';
import { run } from './tools.ts';

/** Whole files are hashed up to here; of larger ones (sparse, as a rule) windows spread over them. */
const MAX_WHOLE = 64 << 20;
const WINDOW = 64 << 10;
const WINDOWS = 67;

/** Where a snapshot tells what it could not read; it goes on with the rest. */
export type OnUnread = (path: string, thrown: unknown) => void;

/**
 * Every path of a file system as one line: `PATH KIND MODE`, files with ` SIZE SHA256`, links with ` -> TARGET`;
 * sorted. Names that are no UTF-8 have U+FFFD in them, here as in `snapshotFolder`. Without `onUnread` anything that
 * cannot be read is thrown.
 */
export async function snapshotTree(fs: FileSystem, onUnread?: OnUnread): Promise<string[]> {
  const lines: string[] = [];
  const told = (path: string, thrown: unknown): null => {
    if (onUnread === undefined) throw thrown;
    onUnread(path, thrown);
    return null;
  };
  const root = await fs.root().catch((thrown: unknown) => told('.', thrown));
  const pending: { path: string; inode: Inode }[] = root === null ? [] : [{ path: '.', inode: root }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { path, inode } = next;
    try {
      lines.push(`${shown(path)} ${inode.kind} ${inode.mode.toString(8)}${await contentOf(inode)}`);
    } catch (thrown) {
      told(path, thrown);
    }
    if (inode.kind !== 'directory') continue;
    const entries = await inode.list().catch((thrown: unknown) => told(path, thrown));
    for (const entry of entries ?? []) {
      const below = `${path}/${entry.name}`;
      const opened = await entry.open().catch((thrown: unknown) => told(below, thrown));
      if (opened === null) continue;
      if (entry.kind !== null && entry.kind !== opened.kind) throw new Error(`${below} is no ${entry.kind}`);
      pending.push({ path: below, inode: opened });
    }
  }
  return lines.sort();
}

/** The same lines for a mounted directory. */
export function snapshotFolder(path: string): string[] {
  const lines: string[] = [];
  const pending: { at: Buffer; path: string }[] = [{ at: Buffer.from(path), path: '.' }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { at, path: below } = next;
    const stat = lstatSync(at);
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isFile()) lines.push(`${shown(below)} file ${mode} ${stat.size} ${hashOf(at, stat.size)}`);
    else if (stat.isSymbolicLink())
      lines.push(`${shown(below)} symlink ${mode} -> ${shown(readlinkSync(at))}`);
    else if (stat.isDirectory()) {
      lines.push(`${shown(below)} directory ${mode}`);
      for (const name of readdirSync(at, { encoding: 'buffer' }))
        pending.push({
          at: Buffer.concat([at, Buffer.from('/'), name]),
          path: `${below}/${name.toString('utf8')}`,
        });
    } else lines.push(`${shown(below)} special ${mode}`);
  }
  return lines.sort();
}

/** Control characters and blanks made visible, so that a line is a line. */
function shown(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return name.replace(/[\u0000-\u0020\u007f\\]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`);
}

async function contentOf(inode: Inode): Promise<string> {
  if (inode.kind === 'symlink') return ` -> ${shown(await inode.target())}`;
  if (inode.kind !== 'file') return '';
  const hash = createHash('sha256');
  for (const [offset, length] of windowsOf(inode.size)) hash.update(await inode.read(offset, length));
  return ` ${inode.size} ${hash.digest('hex')}`;
}

const buffer = Buffer.alloc(1 << 20);

function hashOf(path: Buffer, size: number): string {
  const hash = createHash('sha256');
  const fd = openSync(path, 'r');
  for (const [offset, length] of windowsOf(size))
    for (let done = 0; done < length; ) {
      const got = readSync(fd, buffer, 0, Math.min(buffer.length, length - done), offset + done);
      if (got === 0) throw new Error(`${path} ends early`);
      hash.update(buffer.subarray(0, got));
      done += got;
    }
  closeSync(fd);
  return hash.digest('hex');
}

/** What of a file is hashed, as offsets and lengths. */
function* windowsOf(size: number): Generator<[number, number]> {
  if (size <= MAX_WHOLE) {
    for (let at = 0; at < size; at += 1 << 20) yield [at, Math.min(1 << 20, size - at)];
    return;
  }
  for (let n = 0; n <= WINDOWS; n++) yield [Math.floor(((size - WINDOW) / WINDOWS) * n), WINDOW];
}

/** A file system image mounted in a folder of its own. */
export interface Mounted {
  readonly path: string;
  /** Where the image is attached. */
  readonly device: string;
  /** Unmounts and detaches; does nothing the second time. Happens by itself when the tests of the file are done. */
  unmount(): void;
}

/** Mounts an image through a loop device. `options` as in mount(8), for example `ro,noload`. */
export function mountImage(
  image: string,
  how: { type: string; options?: string; offset?: number; size?: number },
): Mounted {
  const { type, options, offset, size } = how;
  const readOnly = (options ?? '').split(',').includes('ro');
  const range = [
    ...(offset === undefined ? [] : ['--offset', `${offset}`]),
    ...(size === undefined ? [] : ['--sizelimit', `${size}`]),
  ];
  const device = run('losetup', [
    '--find',
    '--show',
    ...(readOnly ? ['--read-only'] : []),
    ...range,
    image,
  ]).trim();
  const path = mkdtempSync(join(tmpdir(), 'nodeward-mount-'));
  const detach = (): void => {
    run('losetup', ['--detach', device]);
    rmdirSync(path);
  };
  try {
    run('mount', ['-t', type, ...(options === undefined ? [] : ['-o', options]), device, path]);
  } catch (thrown) {
    detach();
    throw thrown;
  }
  let mounted = true;
  const unmount = (): void => {
    if (!mounted) return;
    mounted = false;
    try {
      run('umount', [path]);
    } catch {
      // A test that failed may have left a file open: the kernel unmounts when that is closed.
      run('umount', ['--lazy', path]);
    }
    detach();
  };
  after(unmount);
  return { path, device, unmount };
}

/** Every directory of a file system, for tests of `lookup`. */
export async function directoriesOf(fs: FileSystem): Promise<DirectoryInode[]> {
  const found: DirectoryInode[] = [await fs.root()];
  for (let n = 0; n < found.length; n++)
    for (const entry of (await found[n]?.list()) ?? []) {
      if (entry.kind !== 'directory' && entry.kind !== null) continue;
      const inode = await entry.open();
      if (inode.kind === 'directory') found.push(inode);
    }
  return found;
}
