import {
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { xfs } from '../../../../../src/evidence/disk/filesystems/xfs/xfs.ts';
import type { BlockSource } from '../../../../../src/evidence/disk/sources/types.ts';
import type { FileSystem } from '../../../../../src/evidence/filesystem/types.ts';
import { fileBlocks } from '../../../../support/blocks.ts';
import { run } from '../../../../support/tools.ts';

/** mkfs.xfs makes small file systems and logs only for its own tests. */
Object.assign(process.env, { TEST_DIR: '1', TEST_DEV: '1', QA_CHECK_FS: '1' });
const SIZE = 300 << 20;

/** A sparse image with a new XFS, made with these options of mkfs.xfs. */
export function makeImage(path: string, options: readonly string[] = [], size = SIZE): string {
  run('truncate', ['-s', `${size}`, path]);
  run('mkfs.xfs', ['-q', '-f', ...options, path]);
  return path;
}

/** A sparse copy. */
export function copyImage(from: string, to: string): string {
  run('cp', ['--sparse=always', from, to]);
  return to;
}

/** A file system and what reading it has cost so far. */
export interface Opened {
  readonly fs: FileSystem;
  readonly reads: { count: number; bytes: number };
}

export async function openImage(path: string): Promise<Opened> {
  const source = fileBlocks(path);
  const reads = { count: 0, bytes: 0 };
  const counted: BlockSource = {
    ...source,
    read: (offset, length) => {
      reads.count++;
      reads.bytes += length;
      return source.read(offset, length);
    },
  };
  return { fs: await xfs.open(counted), reads };
}

/** A name of this many bytes at least, different for each number. */
export function nameOf(number: number, bytes = 8): string {
  return `${number}-`.padEnd(bytes, `name${number}`);
}

/** Every form of directory, file and link that XFS has, below `root`. `many`: names in the largest directory. */
export function populate(root: string, many = 1000): void {
  for (const [folder, count] of [
    ['few', 3],
    ['block', 60],
    ['leaf', 400],
    ['node', many],
  ] as const) {
    mkdirSync(join(root, folder));
    for (let n = 0; n < count; n++) writeFileSync(join(root, folder, nameOf(n, 8 + (n % 40))), `${n}`);
  }
  holes(root, many);
  files(root);
  links(root);
}

/** Removes every third name, so that directories have free space and stale entries. */
function holes(root: string, many: number): void {
  for (let n = 0; n < many; n += 3) unlinkSync(join(root, 'node', nameOf(n, 8 + (n % 40))));
  mkdirSync(join(root, 'node', 'below'));
  mkdirSync(join(root, 'emptied'));
  for (let n = 0; n < 300; n++) writeFileSync(join(root, 'emptied', nameOf(n, 30)), '');
  for (let n = 0; n < 299; n++) unlinkSync(join(root, 'emptied', nameOf(n, 30)));
}

function files(root: string): void {
  writeFileSync(join(root, 'empty'), '');
  writeFileSync(join(root, 'small'), 'small\n', { mode: 0o640 });
  writeFileSync(join(root, 'large'), Buffer.alloc(3_000_001, 'a large file of text '));
  const fragmented = openSync(join(root, 'fragmented'), 'w');
  for (let n = 0; n < 700; n++) writeSync(fragmented, Buffer.alloc(4096, `block ${n} `), 0, 4096, n * 16384);
  closeSync(fragmented);
  const sparse = openSync(join(root, 'sparse'), 'w');
  writeSync(sparse, 'in the middle', 1_000_003);
  ftruncateSync(sparse, 5_000_000_000);
  closeSync(sparse);
  run('fallocate', ['-l', '2M', join(root, 'unwritten')]);
  const partly = openSync(join(root, 'unwritten'), 'r+');
  writeSync(partly, 'written', 700_000);
  closeSync(partly);
}

function links(root: string): void {
  linkSync(join(root, 'small'), join(root, 'hard link'));
  symlinkSync('small', join(root, 'link'));
  for (const length of [60, 200, 500, 1000, 1023])
    symlinkSync('t'.repeat(length), join(root, `link${length}`));
  run('mknod', [join(root, 'device'), 'c', '1', '3']);
  run('mkfifo', [join(root, 'pipe')]);
  writeFileSync(Buffer.concat([Buffer.from(join(root, 'not utf8 ')), Buffer.from([0xff, 0xfe, 0xe9])]), 'x');
  writeFileSync(join(root, `${'é'.repeat(127)}`), 'long name');
  mkdirSync(join(root, 'a/b/c/d/e/f'), { recursive: true });
}
