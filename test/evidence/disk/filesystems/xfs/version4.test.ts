import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { lacking, run, workFolder } from '../../../../support/tools.ts';
import { directoriesOf, snapshotFolder, snapshotTree } from '../../../../support/trees.ts';
import { protoOf } from './proto.ts';
import { makeImage, nameOf, openImage } from './support.ts';

/** File systems that this kernel may be built without, filled by mkfs.xfs itself. */
const VARIANTS: readonly (readonly [name: string, options: string])[] = [
  ['version 4', '-m crc=0'],
  ['version 4 without kinds in directories', '-m crc=0 -n ftype=0'],
  ['version 4, blocks of 512 bytes', '-m crc=0 -b size=512 -n ftype=1'],
  ['version 4, an old log, no lazy counters', '-m crc=0 -l version=1,lazy-count=0 -i attr=1'],
  ['version 4, directory blocks of 8 KiB', '-m crc=0 -n size=8192 -i size=1024'],
  ['version 5, made without a mount', ''],
  ['names without case, version 4', '-m crc=0 -n version=ci'],
  ['names without case, version 5', '-n version=ci'],
];

describe('XFS filled by mkfs.xfs', { skip: lacking('mkfs.xfs') }, () => {
  const folder = workFolder();
  const short = join(folder, 'short');
  const long = join(folder, 'long');
  fill(short);
  fill(long);
  // mkfs.xfs writes links outside of their inode as version 4 has them, whatever the version.
  for (const length of [500, 1023]) symlinkSync('t'.repeat(length), join(long, `link${length}`));
  for (const [name, options] of VARIANTS)
    test(name, async () => {
      const words = options.split(' ').filter((word) => word !== '');
      const source = options.includes('crc=0') ? long : short;
      writeFileSync(join(folder, 'proto'), protoOf(source));
      const image = makeImage(join(folder, 'disk'), ['-p', join(folder, 'proto'), ...words]);
      const { fs } = await openImage(image);
      assert.equal(fs.journal, 'clean');
      assert.deepEqual(fs.problems, []);
      assert.deepEqual(await snapshotTree(fs), snapshotFolder(source));
      await checkLookups(fs, options.includes('version=ci'));
      run('rm', [image]);
    });
});

function fill(root: string): void {
  mkdirSync(root);
  for (const [folder, count] of [
    ['few', 3],
    ['block', 50],
    ['leaf', 300],
    ['node', 800],
  ] as const) {
    mkdirSync(join(root, folder));
    for (let n = 0; n < count; n++) writeFileSync(join(root, folder, nameOf(n, 8 + (n % 60))), `${n}`);
  }
  mkdirSync(join(root, 'empty'));
  mkdirSync(join(root, 'MixedCase'));
  writeFileSync(join(root, 'large'), Buffer.alloc(1_000_001, 'text '), { mode: 0o600 });
  for (const length of [1, 60, 200]) symlinkSync('t'.repeat(length), join(root, `link${length}`));
}

type Opened = Awaited<ReturnType<typeof openImage>>;

async function checkLookups(fs: Opened['fs'], folded: boolean): Promise<void> {
  for (const directory of await directoriesOf(fs)) {
    for (const [index, entry] of (await directory.list()).entries()) {
      const { id } = await entry.open();
      assert.equal((await directory.lookup(entry.name))?.id, id, entry.name);
      if (index % 50 !== 0) continue;
      const upper = await directory.lookup(entry.name.toUpperCase());
      if (entry.name.toUpperCase() !== entry.name)
        assert.equal(upper?.id, folded ? id : undefined, entry.name);
    }
    assert.equal(await directory.lookup('absent'), null);
  }
}
