import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { lacking, noMounts, run, workFolder } from '../../../../support/tools.ts';
import { directoriesOf, mountImage, snapshotFolder, snapshotTree } from '../../../../support/trees.ts';
import { makeImage, nameOf, openImage, populate } from './support.ts';

/** What mkfs.xfs is told, and names in the largest directory. */
const VARIANTS: readonly (readonly [name: string, options: string, many?: number])[] = [
  ['as mkfs makes it', '', 8000],
  ['wide extent counters', '-i nrext64=1'],
  ['no sparse inodes, no big times, no reflinks', '-i sparse=0 -m bigtime=0,reflink=0,inobtcount=0,finobt=0'],
  ['blocks of 1 KiB', '-b size=1024'],
  ['blocks of 2 KiB, inodes of 1 KiB', '-b size=2048 -i size=1024'],
  ['blocks of 1 KiB, directory blocks of 8 KiB', '-b size=1024 -n size=8192'],
  ['directory blocks of 16 KiB', '-n size=16k'],
  ['directory blocks of 64 KiB, inodes of 2 KiB', '-n size=64k -i size=2048'],
  ['16 groups, reverse map', '-d agcount=16 -m rmapbt=1'],
  ['a log with a stripe unit', '-l su=64k,size=16m -d su=64k,sw=2'],
  ['a log with the largest stripe unit', '-l su=256k,size=32m'],
  ['sectors of 4 KiB', '-s size=4096'],
];

describe('XFS as the kernel reads it', { skip: lacking('mkfs.xfs', 'fallocate') || noMounts() }, () => {
  const folder = workFolder();
  for (const [name, options, many] of VARIANTS)
    test(name, async () => {
      const image = makeImage(
        join(folder, 'disk'),
        options.split(' ').filter((word) => word !== ''),
      );
      const filled = mountImage(image, { type: 'xfs', options: 'nouuid' });
      populate(filled.path, many);
      filled.unmount();
      const { fs, reads } = await openImage(image);
      assert.equal(fs.journal, 'clean');
      assert.deepEqual(fs.problems, []);
      assert.ok(reads.bytes < 1 << 20, `opening read ${reads.bytes} bytes`);
      const mounted = mountImage(image, { type: 'xfs', options: 'ro,norecovery,nouuid' });
      const expected = snapshotFolder(mounted.path);
      mounted.unmount();
      assert.deepEqual(await snapshotTree(fs), expected);
      run('rm', [image]);
    });

  test('names are found one by one, and absent ones are absent', async () => {
    const image = makeImage(join(folder, 'lookup'), ['-b', 'size=1024']);
    const filled = mountImage(image, { type: 'xfs', options: 'nouuid' });
    populate(filled.path);
    filled.unmount();
    const { fs } = await openImage(image);
    for (const directory of await directoriesOf(fs)) {
      for (const entry of await directory.list()) {
        if (entry.name.includes('\ufffd')) continue;
        const [found, opened] = await Promise.all([directory.lookup(entry.name), entry.open()]);
        assert.equal(found?.id, opened.id, entry.name);
      }
      for (let n = 0; n < 50; n++) assert.equal(await directory.lookup(nameOf(n, 60)), null);
    }
  });

  test('a disk of 6 TiB: inode numbers of more than 32 bits', async () => {
    const image = makeImage(join(folder, 'huge'), ['-l', 'size=64m'], 6 * 2 ** 40);
    const filled = mountImage(image, { type: 'xfs', options: 'nouuid' });
    for (let n = 0; n < 12; n++) {
      mkdirSync(join(filled.path, `folder${n}`, 'empty'), { recursive: true });
      for (let m = 0; m < n * 5; m++) writeFileSync(join(filled.path, `folder${n}`, `file${m}`), `${m}`);
    }
    const expected = snapshotFolder(filled.path);
    filled.unmount();
    const { fs } = await openImage(image);
    assert.deepEqual(await snapshotTree(fs), expected);
    const inodes = await Promise.all((await (await fs.root()).list()).map((entry) => entry.open()));
    assert.ok(inodes.some(({ id }) => Number(id) > 2 ** 32));
  });

  test('a name costs few reads in a large directory', async () => {
    const image = makeImage(join(folder, 'large'));
    const filled = mountImage(image, { type: 'xfs', options: 'nouuid' });
    populate(filled.path, 8000);
    filled.unmount();
    const { fs, reads } = await openImage(image);
    const node = await (await fs.root()).lookup('node');
    assert.ok(node?.kind === 'directory');
    const before = { ...reads };
    assert.equal((await node.lookup(nameOf(4000, 8)))?.kind, 'file');
    assert.ok(reads.count - before.count < 10 && reads.bytes - before.bytes < 100_000);
  });
});
