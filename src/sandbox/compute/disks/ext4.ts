import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { NodewardError } from '../../../base/errors.ts';
import { replaceFile } from '../../../base/files.ts';
import { EMPTY_FOLDERS, rootFiles } from './root.ts';
import type { RootFile } from './root-file.ts';
import { RPM_DATABASE, writeRpmDatabase } from './rpm-database.ts';
import type { Installed } from './software.ts';

const BLOCK = 4096;
const INODE = 256;
const MIB = 2 ** 20;
/** The journal, and what else a file system needs beside its files. */
const OWN_BYTES = 10 * MIB;
/** Bytes that the largest database of a node stays below. */
const DATABASE_BYTES = 8 * MIB;
const MAX_MS = 120_000;

const run = promisify(execFile);

/** Where the tool is, which is mostly not on the path of ordinary users. */
function findTool(): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, 'mke2fs')).find((path) => existsSync(path)) ?? null;
}

/** Why there can be no disks of Linux nodes here, as one sentence; null where there can be. */
export function diskSupport(): string | null {
  return findTool() === null
    ? 'The disks of Linux nodes are left out, because mke2fs of e2fsprogs is not installed here.'
    : null;
}

/** What a file system is told of itself, so that it is the same whenever it is made. */
export interface Identity {
  /** A UUID. */
  readonly id: string;
  /** Seconds since 1970. */
  readonly made: number;
}

/** Begins the names of the folders that file systems are made of. */
const TREE = 'tree-';

/** Removes what a sandbox that was killed left of its making. No other one uses the folder. */
export async function removeLeftTrees(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(TREE)))
    await rm(join(folder, name), { recursive: true, force: true });
}

/**
 * Makes a file that holds an ext4 file system with the root of a node, of the size that fits.
 * @throws NodewardError file-unwritable where it cannot be made
 */
export async function makeExt4(path: string, installed: Installed, identity: Identity): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const tree = await mkdtemp(join(dirname(path), TREE));
  try {
    const files = rootFiles(installed);
    for (const folder of EMPTY_FOLDERS) await mkdir(join(tree, folder), { recursive: true });
    await writeTree(tree, files);
    const { software } = installed;
    if (software.format === 'rpm')
      writeRpmDatabase(join(tree, RPM_DATABASE), software.packages, identity.made);
    await replaceFile(path, (aside) => makeFileSystem({ aside, tree, ...needs(files) }, identity));
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

async function writeTree(tree: string, files: readonly RootFile[]): Promise<void> {
  for (const folder of new Set(files.map((file) => dirname(join(tree, file.path)))))
    await mkdir(folder, { recursive: true });
  for (const file of files) {
    const path = join(tree, file.path);
    await ('text' in file ? writeFile(path, file.text) : symlink(file.target, path));
  }
}

interface Needs {
  readonly inodes: number;
  readonly bytes: number;
}

function needs(files: readonly RootFile[]): Needs {
  const inodes = files.length + EMPTY_FOLDERS.length + 200;
  const blocks = files.reduce(
    (sum, file) => sum + ('text' in file ? Math.ceil(Buffer.byteLength(file.text) / BLOCK) : 0),
    0,
  );
  return { inodes, bytes: blocks * BLOCK + inodes * INODE + DATABASE_BYTES + OWN_BYTES };
}

async function makeFileSystem(
  { aside, tree, inodes, bytes }: Needs & { readonly aside: string; readonly tree: string },
  { id, made }: Identity,
): Promise<void> {
  const tool = findTool();
  if (tool === null) throw new NodewardError('file-unwritable', diskSupport() ?? '');
  const words = ['-q', '-F', '-t', 'ext4', '-b', String(BLOCK), '-I', String(INODE), '-N', String(inodes)];
  words.push('-m', '0', '-J', 'size=4', '-L', 'cloudimg-rootfs', '-U', id);
  words.push('-E', `root_owner=0:0,hash_seed=${id},lazy_itable_init=0`, '-d', tree);
  await run(tool, [...words, aside, `${Math.ceil(bytes / MIB)}M`], {
    timeout: MAX_MS,
    env: { ...process.env, E2FSPROGS_FAKE_TIME: String(made) },
  });
}
