import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { NodewardError } from '../../../../../src/base/errors.ts';
import { ext } from '../../../../../src/evidence/disk/filesystems/ext/ext.ts';
import type { FileSystem } from '../../../../../src/evidence/filesystem/types.ts';
import { memorySource } from '../../../../support/blocks.ts';
import { lacking, noMounts, run } from '../../../../support/tools.ts';
import { mountImage, snapshotFolder, snapshotTree } from '../../../../support/trees.ts';
import { editSuperblock, imageFolder, kernelTree, makeImage, noise, openImage, sameTree } from './support.ts';

const folder = imageFolder();
const skip = lacking('mke2fs', 'debugfs', 'tune2fs', 'blkid');

/** Runs commands of debugfs on an image, which it may change. */
function debug(image: string, ...commands: string[]): void {
  run('debugfs', ['-w', '-f', '-', image], `${commands.join('\n')}\n`);
}

/** A small ext4 with a file, a link and two directories, made without a mount. */
function smallImage(name: string, ...words: string[]): string {
  const source = join(folder, `${name}-source`);
  mkdirSync(join(source, 'dir', 'below'), { recursive: true });
  writeFileSync(join(source, 'dir', 'file'), noise(5000, 1));
  writeFileSync(join(source, 'other'), 'other');
  symlinkSync('dir/file', join(source, 'link'));
  return makeImage(join(folder, name), { type: 'ext4', size: '16M', words: ['-d', source, ...words] });
}

async function failure(work: Promise<unknown>): Promise<NodewardError> {
  const thrown = await work.then(
    () => assert.fail('nothing was thrown'),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof NodewardError, String(thrown));
  return thrown;
}

async function find(fs: FileSystem, name: string): Promise<unknown> {
  let inode = await fs.root();
  const parts = name.split('/');
  for (const part of parts.slice(0, -1)) {
    const next = await inode.lookup(part);
    assert.equal(next?.kind, 'directory');
    if (next?.kind === 'directory') inode = next;
  }
  return inode.lookup(parts.at(-1) ?? '');
}

test('what mke2fs -d writes is read as it was', { skip }, async () => {
  const image = smallImage('made');
  const tree = (await snapshotTree(await openImage(image))).filter(
    (line) => !line.startsWith('./lost+found'),
  );
  sameTree(tree.slice(1), snapshotFolder(join(folder, 'made-source')).slice(1));
});

test('types, labels and UUIDs are those blkid prints', { skip }, async () => {
  for (const [type, ...words] of [
    ['ext2', '-L', 'boot'],
    ['ext3', '-L', 'sixteen chars ok'],
    ['ext4'],
    ['ext4', '-O', '^has_journal', '-U', 'clear'],
    ['ext2', '-O', 'extents'],
    ['ext3', '-O', 'metadata_csum'],
    ['ext4', '-O', 'journal_dev'],
  ] as const) {
    const path = makeImage(join(folder, 'detect'), { type, size: '8M', words });
    const printed = run('blkid', ['-p', '-o', 'export', path]);
    const value = (key: string): string =>
      new RegExp(`^${key}=(.*)$`, 'm').exec(printed)?.[1]?.replaceAll('\\ ', ' ') ?? '';
    const found = await ext.detect(memorySource(readFileSync(path)));
    assert.deepEqual(found, { type: value('TYPE'), label: value('LABEL'), uuid: value('UUID') });
  }
  assert.equal(await ext.detect(memorySource(new Uint8Array(4096))), null);
  assert.equal(await ext.detect(memorySource(new Uint8Array(1500))), null);
});

test('features that cannot be read are refused by name', { skip }, async () => {
  const image = readFileSync(smallImage('features'));
  for (const [bit, name] of [
    [0x1, /compression/],
    [0x8, /journal_dev/],
    [0x1000, /dirdata/],
    [0x40000000, /0x40000000/],
  ] as const) {
    const changed = editSuperblock(Buffer.from(image), (superblock) => {
      superblock.writeUInt32LE((superblock.readUInt32LE(0x60) | bit) >>> 0, 0x60);
    });
    const thrown = await failure(ext.open(memorySource(changed)));
    assert.equal(thrown.code, 'disk-unsupported');
    assert.match(thrown.message, name);
  }
});

test('a damaged superblock is replaced by a backup, and that is said', { skip }, async () => {
  const path = smallImage('backup', '-b', '1024');
  const tree = await snapshotTree(await openImage(path));
  for (const damage of [(bytes: Buffer) => bytes.fill(0), (bytes: Buffer) => bytes.fill(0xff, 0x20, 0x24)]) {
    const image = readFileSync(path);
    damage(image.subarray(1024, 2048));
    const fs = await ext.open(memorySource(image));
    assert.match(fs.problems.join(), /^the superblock .*; the backup in block group 1 was used$/);
    sameTree(await snapshotTree(fs), tree);
    image.fill(0, 8193 * 1024, 8194 * 1024);
    assert.equal((await failure(ext.open(memorySource(image)))).code, 'disk-damaged');
  }
});

test('a disk that ends too early is damaged', { skip }, async () => {
  const image = readFileSync(smallImage('short'));
  for (const size of [1024, 2047, 2048, 100_000, image.length - 1]) {
    const thrown = await failure(ext.open(memorySource(image.subarray(0, size))));
    assert.equal(thrown.code, 'disk-damaged', `${size}`);
  }
});

test('a name that leads to no inode in use is damage, never a file or an absence', { skip }, async () => {
  for (const words of [[], ['-O', '^metadata_csum']])
    for (const [command, why] of [
      ['clri /other', /not in use/],
      ['sif /other links_count 0', /deleted/],
      ['sif /other mode 0040755', /is a directory, though its directory says file/],
      ['sif /other mode 0170644', /unknown type/],
    ] as const) {
      const path = smallImage('unused', ...words);
      debug(path, command);
      const fs = await openImage(path);
      const thrown = await failure(find(fs, 'other'));
      assert.equal(thrown.code, 'disk-damaged');
      assert.match(thrown.message, why);
      assert.match(thrown.place ?? '', /^inode \d+$/);
      run('rm', ['-r', join(folder, 'unused-source')]);
    }
});

test('encrypted things are unreadable, not garbage', { skip }, async () => {
  const path = smallImage('encrypted', '-O', 'encrypt');
  debug(path, 'sif /other flags 0x80800', 'sif /dir flags 0x80800', 'sif /link flags 0x800');
  const unread: string[] = [];
  await snapshotTree(await openImage(path), (name, thrown) => {
    assert.ok(thrown instanceof NodewardError && thrown.code === 'file-unreadable', String(thrown));
    unread.push(name);
  });
  assert.deepEqual(unread.sort(), ['./dir', './link', './other']);
  const dir = await find(await openImage(path), 'dir');
  assert.ok(dir !== null && typeof dir === 'object' && 'lookup' in dir && typeof dir.lookup === 'function');
  assert.equal((await failure(dir.lookup('file'))).code, 'file-unreadable');
});

test('a directory that ignores case finds names in any case', { skip }, async () => {
  const path = smallImage('casefold', '-O', 'casefold', '-E', 'encoding=utf8');
  debug(
    path,
    'sif /dir flags 0x40080000',
    'cd /dir',
    `write ${join(folder, 'casefold-source', 'other')} Straße`,
  );
  const fs = await openImage(path);
  const exact = (await find(fs, 'dir/Straße')) as { id: number } | null;
  for (const name of ['dir/STRASSE', 'dir/straße', 'dir/FILE'])
    assert.ok((await find(fs, name)) !== null, name);
  assert.equal(((await find(fs, 'dir/STRASSE')) as { id: number }).id, exact?.id);
  assert.equal(await find(fs, 'dir/strase'), null);
  assert.equal(await find(fs, 'OTHER'), null);
});

test('pointers to metadata and loops of pointers are damage', { skip }, async () => {
  const words = ['-O', '^metadata_csum,^extent,^64bit,^has_journal', '-b', '1024'];
  for (const command of [
    'sif /dir/file block[0] 1',
    'sif /dir/file block[0] 99999999',
    'sif /dir/file block[IND] 2',
  ]) {
    const path = smallImage('pointers', ...words);
    debug(path, command, command.replace('[IND]', '[12]'));
    run('rm', ['-r', join(folder, 'pointers-source')]);
    const file = (await find(await openImage(path), 'dir/file')) as {
      read(at: number, n: number): Promise<unknown>;
    };
    if (command.includes('IND')) await file.read(0, 100);
    else assert.equal((await failure(file.read(0, 5000))).code, 'disk-damaged');
  }
});

test('a journal of fast commits is not taken for a replayed one', { skip: noMounts() }, async () => {
  const image = makeImage(join(folder, 'fast'), {
    type: 'ext4',
    size: '128M',
    words: ['-b', '4096', '-O', 'fast_commit'],
  });
  const mounted = mountImage(image, { type: 'ext4', options: 'commit=300' });
  for (const name of ['first', 'second', 'third'])
    writeFileSync(join(mounted.path, name), name, { flush: true });
  const copy = join(folder, 'fast-copy');
  copyFileSync(image, copy);
  mounted.unmount();
  const fs = await openImage(copy);
  assert.equal(fs.journal, 'unreadable');
  assert.match(fs.problems.join(), /fast commits/);
  assert.equal((await openImage(image)).journal, 'clean');
});

test('a journal on another device, or in use by nobody, is told apart', { skip }, async () => {
  const path = smallImage('journal');
  const recover = (superblock: Buffer): void => {
    superblock.writeUInt32LE(superblock.readUInt32LE(0x60) | 0x4, 0x60);
  };
  const external = editSuperblock(readFileSync(path), (superblock) => {
    recover(superblock);
    superblock.writeUInt32LE(0, 0xe0);
  });
  const unread = await ext.open(memorySource(external));
  assert.equal(unread.journal, 'unreadable');
  assert.match(unread.problems.join(), /another device/);
  const nothing = await ext.open(memorySource(editSuperblock(readFileSync(path), recover)));
  assert.equal(nothing.journal, 'clean');
});

/** What debugfs logs: new content for one block of a file, which starts like a block of the journal's own. */
for (const [name, words, open] of [
  ['no checksums', ['-O', '^metadata_csum'], 'jo'],
  ['version 1', ['-O', '^metadata_csum'], 'jo -c'],
  ['version 2', [], 'jo -c -v 2'],
  ['version 3', [], 'jo -c -v 3'],
] as const)
  test(`a journal that debugfs wrote: ${name}`, { skip: skip || noMounts() }, async () => {
    const path = smallImage(`logged-${name.replace(' ', '-')}`, '-b', '1024', ...words);
    const blocks = run('debugfs', ['-R', 'blocks /dir/file', path]).trim().split(' ');
    const content = join(folder, 'content');
    writeFileSync(content, Buffer.concat([Buffer.from('c03b3998', 'hex'), noise(1020, 9)]));
    const [first, second] = blocks.map((block) => `jw -b ${block} ${content}`);
    // Its checksums of version 1 over revoke blocks are none that the kernel accepts.
    const revoke = name === 'version 1' ? [] : [`jw -r ${blocks[1]}`];
    debug(path, open, `${first}`, `${second}`, ...revoke, 'jc');
    const fs = await openImage(path);
    assert.deepEqual({ journal: fs.journal, problems: fs.problems }, { journal: 'replayed', problems: [] });
    const ours = await snapshotTree(fs);
    const image = readFileSync(path);
    // A change to the logged content must be seen where the journal has checksums for it.
    const at = image.indexOf(noise(1020, 9));
    image[at + 100] = (image[at + 100] ?? 0) ^ 1;
    const changed = await ext.open(memorySource(image));
    assert.equal(changed.journal, name === 'no checksums' ? 'replayed' : 'unreadable');
    sameTree(ours, kernelTree(path, 'ext4', 'rw'));
  });

test('a journal with a lost block in its middle is not taken for one that ends there', {
  skip: noMounts(),
}, async () => {
  for (const words of [
    ['-b', '1024'],
    ['-b', '1024', '-O', '^metadata_csum'],
  ]) {
    const image = makeImage(join(folder, 'lost'), { type: 'ext4', size: '16M', words });
    const mounted = mountImage(image, { type: 'ext4', options: 'commit=300' });
    for (let n = 0; n < 6; n++) writeFileSync(join(mounted.path, `file-${n}`), `${n}`, { flush: true });
    const copy = readFileSync(image);
    mounted.unmount();
    const signature = Buffer.from('c03b3998', 'hex');
    const places: number[] = [];
    for (let at = copy.indexOf(signature); at >= 0; at = copy.indexOf(signature, at + 1)) places.push(at);
    // The journal's superblock, then descriptor and commit blocks; the last commit ends the log.
    assert.ok(places.length > 10);
    // Without checksums the end of the log is where its last commit block is gone.
    for (const at of places.slice(1, words.length > 2 ? -2 : undefined)) {
      const changed = Buffer.from(copy);
      changed.fill(0, at, at + 4);
      const fs = await ext.open(memorySource(changed));
      assert.equal(fs.journal, 'unreadable', `at ${at}`);
      assert.match(fs.problems.join(), /the journal is damaged/);
    }
  }
});
