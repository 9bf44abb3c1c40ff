import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after } from 'node:test';

const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'];

/** Where a program is; null where it is not installed. mkfs tools live outside the PATH of ordinary users. */
export function findTool(name: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** For `skip`: which of these programs are missing, as a reason; false where all are there. */
export function lacking(...names: readonly string[]): string | false {
  const missing = names.filter((name) => findTool(name) === null);
  return missing.length === 0 ? false : `needs ${missing.join(', ')}`;
}

/** Runs a program to its end and gives its output; throws with its messages where it fails. */
export function run(program: string, words: readonly string[], input?: string | Buffer): string {
  const path = findTool(program) ?? program;
  return execFileSync(path, words, {
    encoding: 'utf8',
    maxBuffer: 256 << 20,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(input === undefined ? {} : { input }),
  });
}

/** A folder for the tests of one file, removed when they are done. */
export function workFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

let mounts: string | false | null = null;

/** For `skip`: why file systems cannot be mounted here (no root, no loop devices); false where they can. */
export function noMounts(): string | false {
  mounts ??= tryMount();
  return mounts;
}

function tryMount(): string | false {
  const missing = lacking('losetup', 'mount', 'mke2fs');
  if (missing !== false) return missing;
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-mount-'));
  try {
    run('truncate', ['-s', '4M', join(folder, 'disk')]);
    run('mke2fs', ['-q', '-F', '-t', 'ext4', join(folder, 'disk')]);
    run('mkdir', [join(folder, 'at')]);
    run('mount', ['-o', 'loop', join(folder, 'disk'), join(folder, 'at')]);
    run('umount', [join(folder, 'at')]);
    return false;
  } catch (thrown) {
    return `loop mounts do not work here: ${(thrown as Error).message.split('\n')[0]}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
