import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { lacking, noMounts, run, workFolder } from '../../../../support/tools.ts';
import { mountImage, snapshotFolder, snapshotTree } from '../../../../support/trees.ts';
import { copyImage, makeImage, openImage, populate } from './support.ts';

const LOAD = fileURLToPath(new URL('load.ts', import.meta.url));
const SMALL = 160 << 20;

interface Crash {
  readonly name: string;
  readonly mkfs: string;
  readonly mount?: string;
  /** What is asked of xfs_io: to stop with what is on the disk, or to write the log first. */
  readonly stop: 'shutdown' | 'shutdown -f';
}

const CRASHES: readonly Crash[] = [
  { name: 'a log of the smallest size, gone round', mkfs: '-l size=6m', stop: 'shutdown' },
  { name: 'large records', mkfs: '-l size=16m', mount: 'logbsize=256k', stop: 'shutdown -f' },
  { name: 'blocks of 1 KiB', mkfs: '-b size=1024 -l size=5m', stop: 'shutdown' },
  { name: 'large directory blocks', mkfs: '-b size=1024 -n size=16k -l size=14m', stop: 'shutdown' },
  {
    name: 'inodes of 1 KiB, wide counters, reverse map',
    mkfs: '-i size=1024,nrext64=1 -m rmapbt=1',
    stop: 'shutdown',
  },
  { name: 'a log with a stripe unit', mkfs: '-l su=256k,size=20m', stop: 'shutdown' },
];

describe('XFS after a crash, as the kernel recovers it', {
  skip: lacking('mkfs.xfs', 'xfs_io') || noMounts(),
}, () => {
  const folder = workFolder();
  for (const [index, crash] of CRASHES.entries())
    test(`${crash.name}, ${crash.stop}`, async () => {
      const image = await crashed(join(folder, 'disk'), crash, index + 1);
      const { fs } = await openImage(image);
      const found = await snapshotTree(fs);
      const kernel = mountImage(image, { type: 'xfs', options: 'nouuid' });
      const expected = snapshotFolder(kernel.path);
      kernel.unmount();
      assert.equal(fs.journal, 'replayed');
      assert.deepEqual(found, expected);
      run('rm', [image]);
    });

  test('what was synced is there, though nothing but the log has it', async () => {
    const image = makeImage(join(folder, 'quiet'));
    const mounted = mountImage(image, { type: 'xfs', options: 'nouuid' });
    populate(mounted.path, 200);
    run('sync', ['-f', mounted.path]);
    writeFileSync(join(mounted.path, 'status'), 'synced');
    run('xfs_io', ['-c', 'fsync', join(mounted.path, 'status')]);
    const copy = copyImage(image, join(folder, 'copy'));
    mounted.unmount();
    const { fs, reads } = await openImage(copy);
    assert.equal(fs.journal, 'replayed');
    assert.deepEqual(fs.problems, []);
    assert.ok(reads.bytes < 4 << 20, `opening read ${reads.bytes} bytes`);
    const file = await (await fs.root()).lookup('status');
    assert.ok(file?.kind === 'file');
    assert.equal(Buffer.from(await file.read(0, file.size)).toString(), 'synced');
  });
});

/** The image of a file system that was stopped while it was changed. */
async function crashed(path: string, { mkfs, mount, stop }: Crash, seed: number): Promise<string> {
  const words = mkfs.split(' ');
  const image = makeImage(`${path}.live`, words, SMALL);
  const mounted = mountImage(image, {
    type: 'xfs',
    options: ['nouuid', ...(mount ? [mount] : [])].join(','),
  });
  const load = spawn(process.execPath, [LOAD, mounted.path, `${seed}`], { stdio: 'ignore' });
  const ended = once(load, 'exit');
  try {
    await wait(1200);
    run('xfs_io', ['-x', '-c', stop, mounted.path]);
  } finally {
    load.kill('SIGKILL');
    await ended;
    mounted.unmount();
  }
  run('mv', [image, path]);
  return path;
}
