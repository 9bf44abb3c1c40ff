import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { byteOfBlocks } from '../../../../../src/evidence/disk/filesystems/xfs/geometry.ts';
import { LogDevice } from '../../../../../src/evidence/disk/filesystems/xfs/log/device.ts';
import { findRange } from '../../../../../src/evidence/disk/filesystems/xfs/log/head.ts';
import { readSuperblock } from '../../../../../src/evidence/disk/filesystems/xfs/primary.ts';
import { fileBlocks } from '../../../../support/blocks.ts';
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
  {
    name: 'large records, a stripe unit',
    mkfs: '-l su=256k,size=20m',
    mount: 'logbsize=256k',
    stop: 'shutdown -f',
  },
  {
    name: 'small blocks, large directory blocks',
    mkfs: '-b size=1024 -n size=16k -l size=14m',
    stop: 'shutdown',
  },
  {
    name: 'inodes of 1 KiB, wide counters, reverse map',
    mkfs: '-i size=1024,nrext64=1 -m rmapbt=1',
    stop: 'shutdown',
  },
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

  test('a record that was not written as a whole is where the log ends', async () => {
    const crash = { name: '', mkfs: '-l size=16m', stop: 'shutdown -f' } as const;
    const image = await crashed(join(folder, 'torn'), crash, 11);
    assert.deepEqual((await openImage(image)).fs.problems, []);
    tearLastRecord(image, await findLog(image));
    const { fs } = await openImage(image);
    const found = await snapshotTree(fs);
    const kernel = mountImage(image, { type: 'xfs', options: 'nouuid' });
    const expected = snapshotFolder(kernel.path);
    kernel.unmount();
    assert.equal(fs.journal, 'replayed');
    assert.match(fs.problems.join(), /last records of the log.* are incomplete/);
    assert.deepEqual(found, expected);
    run('rm', [image]);
  });

  test('a file system that was grown just now', { skip: lacking('xfs_growfs') }, async () => {
    const image = makeImage(join(folder, 'grown'), ['-d', 'size=80m', '-l', 'size=6m'], SMALL);
    const mounted = mountImage(image, { type: 'xfs', options: 'nouuid' });
    populate(mounted.path, 50);
    run('xfs_growfs', [mounted.path]);
    for (let n = 0; n < 40; n++) {
      mkdirSync(join(mounted.path, `folder${n}`));
      writeFileSync(join(mounted.path, `folder${n}`, 'file'), Buffer.alloc(200_000, `${n} `));
    }
    run('sync', ['-f', mounted.path]);
    run('xfs_io', ['-x', '-c', 'shutdown', mounted.path]);
    mounted.unmount();
    const { fs } = await openImage(image);
    const found = await snapshotTree(fs);
    const kernel = mountImage(image, { type: 'xfs', options: 'nouuid' });
    const expected = snapshotFolder(kernel.path);
    kernel.unmount();
    assert.equal(fs.journal, 'replayed');
    assert.deepEqual(found, expected);
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

/** Where the log of an image lies, and its blocks. */
async function findLog(
  image: string,
): Promise<{ readonly start: number; readonly blocks: number; readonly head: number }> {
  const source = fileBlocks(image);
  const { superblock } = await readSuperblock(source);
  const start = byteOfBlocks(superblock, superblock.logStart, superblock.logBlocks);
  assert.ok(start !== null);
  const blocks = (superblock.logBlocks * superblock.blockSize) / 512;
  const { head } = await findRange(
    new LogDevice(source, { start, blocks, checksums: true }),
    superblock.uuid,
  );
  return { start, blocks, head };
}

/** Changes a byte near the end of what was written last. */
function tearLastRecord(image: string, log: Awaited<ReturnType<typeof findLog>>): void {
  const at = log.start + ((log.head - 1 + log.blocks) % log.blocks) * 512 + 100;
  const fd = openSync(image, 'r+');
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, at);
  writeSync(fd, Buffer.from([(byte[0] ?? 0) ^ 0xff]), 0, 1, at);
  closeSync(fd);
}

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
    await wait(700);
    run('xfs_io', ['-x', '-c', stop, mounted.path]);
  } finally {
    load.kill('SIGKILL');
    await ended;
    mounted.unmount();
  }
  run('mv', [image, path]);
  return path;
}
