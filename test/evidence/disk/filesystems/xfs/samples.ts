import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { NodewardError } from '../../../../../src/base/errors.ts';
import { xfs } from '../../../../../src/evidence/disk/filesystems/xfs/xfs.ts';
import type { DirectoryInode } from '../../../../../src/evidence/filesystem/types.ts';
import { memorySource } from '../../../../support/blocks.ts';
import { run } from '../../../../support/tools.ts';
import { mountImage } from '../../../../support/trees.ts';
import { makeImage, populate } from './support.ts';

const LOAD = fileURLToPath(new URL('load.ts', import.meta.url));
const SIZE = 40 << 20;

/** A small disk in memory: with every form of directory and file, its log clean or not. */
export async function sampleDisk(folder: string, log: 'clean' | 'dirty'): Promise<Buffer> {
  const image = makeImage(join(folder, 'sample'), ['-l', 'size=6m', '-b', 'size=1024'], SIZE);
  const mounted = mountImage(image, { type: 'xfs', options: 'nouuid' });
  populate(mounted.path, 250);
  if (log === 'dirty') {
    run('sync', ['-f', mounted.path]);
    const load = spawn(process.execPath, [LOAD, mounted.path, '7'], { stdio: 'ignore' });
    await wait(80);
    run('xfs_io', ['-x', '-c', 'shutdown -f', mounted.path]);
    load.kill('SIGKILL');
    await wait(50);
  }
  mounted.unmount();
  const bytes = readFileSync(image);
  rmSync(image);
  return bytes;
}

/** What was read of a disk, and what was said to be wrong with it. */
export interface Reading {
  readonly lines: string[];
  readonly complaints: string[];
}

/** Everything about a tree but the content of files; `note` is told what else is read. Throws where anything but a NodewardError is thrown. */
export async function readSkeleton(
  disk: Uint8Array,
  note?: (offset: number, length: number) => void,
): Promise<Reading> {
  const lines: string[] = [];
  const complaints: string[] = [];
  const complain = (thrown: unknown): null => {
    if (!(thrown instanceof NodewardError)) throw thrown;
    complaints.push(`${thrown.code}: ${thrown.message}`);
    return null;
  };
  const memory = memorySource(disk);
  let quiet = false;
  const source = {
    ...memory,
    read: (offset: number, length: number) => {
      if (!quiet) note?.(offset, length);
      return memory.read(offset, length);
    },
  };
  const fs = await xfs.open(source).catch(complain);
  const root = await fs?.root().catch(complain);
  const pending: { path: string; inode: DirectoryInode }[] = root ? [{ path: '.', inode: root }] : [];
  const seen = new Set<number | string>();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const entry of (await next.inode.list().catch(complain)) ?? []) {
      const path = `${next.path}/${entry.name}`;
      const inode = await entry.open().catch(complain);
      if (inode === null) continue;
      const target = inode.kind === 'symlink' ? await inode.target().catch(complain) : '';
      lines.push(
        `${path} ${inode.kind} ${inode.id} ${inode.mode} ${inode.kind === 'file' ? inode.size : target}`,
      );
      quiet = true;
      if (inode.kind === 'file' && inode.size > 0) await inode.read(inode.size >>> 1, 4096).catch(complain);
      quiet = false;
      // Damage may make a directory its own parent.
      if (inode.kind !== 'directory' || seen.has(inode.id)) continue;
      seen.add(inode.id);
      pending.push({ path, inode });
    }
    await next.inode.lookup('absent').catch(complain);
  }
  complaints.push(...(fs?.problems ?? []));
  return { lines, complaints };
}
