import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ext } from '../../../../../src/evidence/disk/filesystems/ext/ext.ts';
import { Log } from '../../../../../src/evidence/disk/filesystems/ext/journal/log.ts';
import { LogScan } from '../../../../../src/evidence/disk/filesystems/ext/journal/scan.ts';
import { parseJournalSuperblock } from '../../../../../src/evidence/disk/filesystems/ext/journal/superblock.ts';
import { mapOf } from '../../../../../src/evidence/disk/filesystems/ext/map.ts';
import { OpenedVolume } from '../../../../../src/evidence/disk/filesystems/ext/opened.ts';
import { parseSuperblock } from '../../../../../src/evidence/disk/filesystems/ext/superblock.ts';
import { memorySource } from '../../../../support/blocks.ts';
import { noMounts, run } from '../../../../support/tools.ts';
import { mountImage, snapshotTree } from '../../../../support/trees.ts';
import {
  clearBits,
  editSuperblock,
  imageFolder,
  kernelTree,
  makeImage,
  noise,
  openImage,
  type Recipe,
  sameTree,
} from './support.ts';

const folder = imageFolder();

/** No commit comes by itself: what a copy of the disk holds depends on the calls of fsync only. */
const QUIET = 'commit=300,noatime';

function writeSynced(path: string, bytes: Buffer | string): void {
  const fd = openSync(path, 'w');
  writeSync(fd, Buffer.from(bytes));
  fsyncSync(fd);
  closeSync(fd);
}

/** What package managers do, so that every kind of block passes through the journal, some more than once. */
function work(root: string, round: number): void {
  const at = (...parts: string[]): string => join(root, ...parts);
  mkdirSync(at(`round-${round}`));
  for (let n = 0; n < 12; n++) {
    writeSynced(at('status-new'), noise(3000 + 400 * n, round * 100 + n));
    renameSync(at('status-new'), at('status'));
    writeFileSync(at(`round-${round}`, `unsynced-${n}`), noise(5000, n));
    mkdirSync(at(`round-${round}`, `folder-${n}`));
    writeFileSync(at(`round-${round}`, `folder-${n}`, 'x'.repeat(100 + n)), 'x');
  }
  for (let n = 0; n < 12; n += 2) {
    rmSync(at(`round-${round}`, `folder-${n}`, 'x'.repeat(100 + n)));
    rmdirSync(at(`round-${round}`, `folder-${n}`));
  }
  // Blocks of the folders removed above, used for content now: the journal must revoke their older copies.
  for (let n = 0; n < 6; n++) writeSynced(at(`reuse-${round}-${n}`), noise(9000, n));
  if (round > 0) rmSync(at(`round-${round - 1}`), { recursive: true });
  const magic = Buffer.from('c03b3998000000010000000200000000', 'hex');
  writeSynced(at('magic'), Buffer.concat([magic, noise(9000, round), magic]));
  if (round % 3 === 1) truncateSync(at('status'), 1234);
  writeSynced(at('done'), `${round}`);
}

interface Case extends Recipe {
  readonly name: string;
  readonly options?: string;
  readonly rounds?: number;
}

const CASES: readonly Case[] = [
  { name: 'ext4, 4 KiB', type: 'ext4', size: '48M', words: ['-b', '4096'] },
  {
    name: 'ext4, 1 KiB, small journal',
    type: 'ext4',
    size: '24M',
    words: ['-b', '1024', '-J', 'size=1'],
    rounds: 14,
  },
  {
    name: 'ext4, 4 KiB, small journal',
    type: 'ext4',
    size: '24M',
    words: ['-b', '4096', '-J', 'size=4'],
    rounds: 14,
  },
  {
    name: 'ext4, no checksums',
    type: 'ext4',
    size: '24M',
    words: ['-b', '4096', '-O', '^metadata_csum,^64bit'],
  },
  { name: 'ext4, no checksums, 64bit', type: 'ext4', size: '24M', words: ['-O', '^metadata_csum'] },
  {
    name: 'ext4, checksums of version 1',
    type: 'ext4',
    size: '24M',
    words: ['-b', '4096', '-O', '^metadata_csum'],
    options: 'journal_checksum',
  },
  {
    name: 'ext4, async commit',
    type: 'ext4',
    size: '24M',
    words: ['-b', '4096'],
    options: 'data=writeback,journal_checksum,journal_async_commit',
  },
  {
    name: 'ext4, async commit, version 1',
    type: 'ext4',
    size: '24M',
    words: ['-O', '^metadata_csum'],
    options: 'data=writeback,journal_async_commit',
  },
  { name: 'ext4, ^64bit', type: 'ext4', size: '24M', words: ['-O', '^64bit'] },
  { name: 'ext4, data=journal', type: 'ext4', size: '48M', words: ['-b', '4096'], options: 'data=journal' },
  {
    name: 'ext4, data=journal, no checksums',
    type: 'ext4',
    size: '48M',
    words: ['-O', '^metadata_csum'],
    options: 'data=journal',
  },
  { name: 'ext3', type: 'ext3', size: '24M', words: ['-b', '4096'] },
  {
    name: 'ext3, 1 KiB, small journal',
    type: 'ext3',
    size: '24M',
    words: ['-b', '1024', '-J', 'size=1'],
    rounds: 14,
  },
  {
    name: 'ext4, inline_data, orphan_file',
    type: 'ext4',
    size: '24M',
    words: ['-O', 'inline_data,orphan_file'],
  },
  {
    name: 'ext4, meta_bg, 1 KiB',
    type: 'ext4',
    size: '24M',
    words: ['-b', '1024', '-O', 'meta_bg,^resize_inode'],
  },
];

for (const { name, options, rounds = 3, ...recipe } of CASES)
  test(`in use when copied: ${name}`, { skip: noMounts() }, async () => {
    const image = makeImage(join(folder, 'disk'), recipe);
    const copy = join(folder, 'copy');
    const mounted = mountImage(image, {
      type: recipe.type,
      options: options ? `${QUIET},${options}` : QUIET,
    });
    for (let round = 0; round < rounds; round++) {
      work(mounted.path, round);
      if (round === 0) run('sync', ['-f', mounted.path]);
      // In the middle, and after the last: with a small journal at different places of the log.
      if (round % 20 !== 3 && round !== rounds - 1) continue;
      copyFileSync(image, copy);
      await checkCopy(copy, recipe.type);
    }
    mounted.unmount();
  });

/** What is on the disk itself, taken as a file system without a journal. */
async function treeWithoutJournal(copy: string): Promise<string[]> {
  const image = editSuperblock(readFileSync(copy), (superblock) => {
    clearBits(superblock, 0x5c, 0x4);
    clearBits(superblock, 0x60, 0x4);
  });
  const fs = await ext.open(memorySource(image));
  return snapshotTree(fs, () => {});
}

/** What the journals of all copies had in them, so that no way of replaying goes untested. */
const met = { revoked: 0, wrapped: 0, escaped: 0, superseded: 0, transactions: 0 };

async function lookIntoJournal(copy: string): Promise<void> {
  const bytes = readFileSync(copy);
  const superblock = parseSuperblock(bytes.subarray(1024, 2048), bytes.length);
  const { blockSize } = superblock;
  const volume = new OpenedVolume({ source: memorySource(bytes), superblock, overlay: new Map() });
  const inode = await volume.inodes.read(superblock.journalInode);
  const blockCount = inode.size / blockSize;
  const log = new Log(volume.blocks, await mapOf(volume, inode).runs(0, blockCount), blockCount);
  const journal = parseJournalSuperblock(await log.read(0), { blockSize, blockCount });
  const { transactions } = await new LogScan(journal, log).run();
  const logged = transactions.flatMap((transaction) => transaction.logged);
  met.transactions += transactions.length;
  met.revoked += transactions.flatMap(({ revoked }) => revoked).length;
  met.escaped += logged.filter(({ escaped }) => escaped).length;
  met.superseded += logged.length - new Set(logged.map(({ block }) => block)).size;
  met.wrapped += logged.some(({ index }) => index < journal.start) ? 1 : 0;
}

/** Replays a copy in memory, lets the kernel recover a copy of the copy, and compares. */
async function checkCopy(copy: string, type: string): Promise<void> {
  const fs = await openImage(copy);
  assert.deepEqual({ journal: fs.journal, problems: fs.problems }, { journal: 'replayed', problems: [] });
  const ours = await snapshotTree(fs);
  const recovered = `${copy}-recovered`;
  copyFileSync(copy, recovered);
  sameTree(ours, kernelTree(recovered, type, 'rw'));
  // The test would mean nothing if what is on the disk without the journal were the same.
  assert.notDeepEqual(ours, await treeWithoutJournal(copy));
  await lookIntoJournal(copy);
}

test('a block that was a directory and is content now keeps its content', { skip: noMounts() }, async () => {
  const image = makeImage(join(folder, 'revoked'), { type: 'ext4', size: '24M', words: ['-b', '4096'] });
  const mounted = mountImage(image, { type: 'ext4', options: QUIET });
  const at = (...parts: string[]): string => join(mounted.path, ...parts);
  // Few blocks stay free, so that those of the directories are taken again.
  const { bavail } = statfsSync(mounted.path);
  run('fallocate', ['-l', `${(bavail - 90) * 4096}`, at('ballast')]);
  for (let n = 0; n < 60; n++) mkdirSync(at(`folder-${n}`));
  writeSynced(at('first'), 'made');
  for (let n = 0; n < 60; n++) rmdirSync(at(`folder-${n}`));
  writeSynced(at('second'), 'removed');
  writeSynced(at('content'), noise(70 * 4096, 5));
  const copy = join(folder, 'revoked-copy');
  copyFileSync(image, copy);
  mounted.unmount();
  await checkCopy(copy, 'ext4');
  const found = await (await (await openImage(copy)).root()).lookup('content');
  assert.ok(found?.kind === 'file');
  assert.ok(noise(70 * 4096, 5).equals(await found.read(0, found.size)));
});

const LOAD = `
  const fs = require('node:fs');
  const root = process.argv[1];
  for (let n = 0; ; n++) {
    const folder = root + '/folder-' + (n % 40);
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder);
    for (let m = 0; m < 20; m++) fs.writeFileSync(folder + '/' + 'name'.repeat(9) + m, 'x'.repeat((n * 37 + m * 911) % 9000));
    fs.writeFileSync(root + '/new', 'version ' + n);
    if (n % 3 === 0) fs.closeSync([fs.openSync(root + '/new', 'r+')].map((fd) => (fs.fsyncSync(fd), fd))[0]);
    fs.renameSync(root + '/new', root + '/status');
  }`;

for (const words of [
  ['-b', '4096'],
  ['-b', '1024', '-J', 'size=2', '-O', '^metadata_csum'],
])
  test(`copied under load: ${words.join(' ')}`, { skip: noMounts() }, async () => {
    const image = makeImage(join(folder, 'load'), { type: 'ext4', size: '48M', words });
    const mounted = mountImage(image, { type: 'ext4', options: 'commit=1' });
    const child = spawn(process.execPath, ['-e', LOAD, mounted.path], { stdio: 'inherit' });
    const ended = once(child, 'exit');
    try {
      for (let n = 0; n < 2; n++) {
        await pause(250);
        // The image has to be copied as of one moment.
        child.kill('SIGSTOP');
        await pause(20);
        const copy = join(folder, 'load-copy');
        copyFileSync(image, copy);
        child.kill('SIGCONT');
        await checkCopy(copy, 'ext4');
      }
    } finally {
      child.kill('SIGKILL');
      await ended;
      mounted.unmount();
    }
  });

test('the copies had every kind of log in them', { skip: noMounts() }, () => {
  for (const [what, count] of Object.entries(met)) assert.ok(count > 0, `no copy was ${what}`);
});
