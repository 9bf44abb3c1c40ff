import assert from 'node:assert/strict';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { NodewardError } from '../../../src/base/errors.ts';
import { openDirectory } from '../../../src/evidence/filesystem/directory.ts';
import { FileTree, type WalkLimits } from '../../../src/evidence/filesystem/tree.ts';
import type { DirectoryInode, FileSystem, Inode } from '../../../src/evidence/filesystem/types.ts';
import { lacking, noMounts, run, workFolder } from '../../support/tools.ts';

const work = workFolder();
const outside = join(work, 'outside');
mkdirSync(outside);
writeFileSync(join(outside, 'secret'), 'outside');

const root = join(work, 'root');
for (const folder of ['etc', 'usr/lib/deep', 'secret-folder'])
  mkdirSync(join(root, folder), { recursive: true });
const put = (path: string, text: string): void => writeFileSync(join(root, path), text);
put('etc/plain', 'plain');
put('etc/empty', '');
put('usr/lib/os-release', 'ID=inside');
const link = (target: string | Buffer, path: string): void => symlinkSync(target, join(root, path));
link('usr/lib', 'lib');
link('/usr/lib/os-release', 'etc/absolute');
link('../lib/os-release', 'etc/through-link');
link('../../../../../../usr/lib/os-release', 'etc/above');
link(join(outside, 'secret'), 'etc/outside');
link(`../../outside/secret`, 'etc/relative-outside');
link(work, 'etc/work');
link('loop-b', 'etc/loop-a');
link('loop-a', 'etc/loop-b');
link('self/self', 'etc/self');
link('plain/../plain', 'etc/through-file');
link('/', 'etc/root');
link('nowhere', 'etc/dangling');
link(Buffer.from([0x63, 0xe9]), 'etc/not-utf8');

const tree = new FileTree(openDirectory(root));
const text = async (path: string): Promise<string | null> =>
  (await tree.read(path, 1 << 20))?.toString() ?? null;
const rejectsWith = (code: string, message: RegExp) => (thrown: unknown) =>
  thrown instanceof NodewardError && thrown.code === code && message.test(thrown.message);

async function walked(
  of: FileTree,
  path = '',
  limits?: WalkLimits,
): Promise<{ paths: string[]; problems: string[] }> {
  const paths: string[] = [];
  const problems: string[] = [];
  const onProblem = (place: string, thrown: unknown): void => {
    problems.push(`${place}: ${(thrown as Error).message}`);
  };
  for await (const visited of of.walk(path, onProblem, limits)) paths.push(visited.path);
  return { paths: paths.sort(), problems };
}

describe('paths', () => {
  test('plain ones, with spare slashes and dots', async () => {
    for (const path of ['etc/plain', '/etc/plain', 'etc//./plain', 'etc/../etc/plain', '../../etc/plain'])
      assert.equal(await text(path), 'plain');
    assert.equal(await text('etc/empty'), '');
  });

  test('what is not there is null', async () => {
    for (const path of [
      'etc/none',
      'none/none',
      'etc/plain/below',
      'etc/plain/..',
      'etc/dangling',
      'etc/through-file',
    ])
      assert.equal(await tree.find(path), null, path);
    assert.equal(await tree.list('none'), null);
  });

  test('links, also in the middle of a path, and the path without them', async () => {
    assert.deepEqual((await tree.find('lib/os-release'))?.path, 'usr/lib/os-release');
    for (const path of [
      'etc/absolute',
      'etc/through-link',
      'etc/above',
      'etc/root/lib/os-release',
      'etc/root/etc/../lib/os-release',
    ])
      assert.equal(await text(path), 'ID=inside', path);
    assert.equal((await tree.find('lib/deep/..'))?.path, 'usr/lib');
  });

  test('no link leads out of the tree', async () => {
    for (const path of [
      'etc/outside',
      'etc/relative-outside',
      'etc/work',
      'etc/work/outside/secret',
      '../outside/secret',
    ])
      assert.equal(await tree.find(path), null, path);
    // What a link means inside of the tree, it finds there.
    mkdirSync(join(root, 'outside'));
    put('outside/secret', 'inside');
    assert.equal(
      await new FileTree(openDirectory(root)).read('etc/relative-outside', 99).then(String),
      'inside',
    );
    rmSync(join(root, 'outside'), { recursive: true });
  });

  test('loops of links are an error, not an absence', async () => {
    for (const path of ['etc/loop-a', 'etc/self', 'etc/self/below'])
      await assert.rejects(tree.find(path), rejectsWith('file-unreadable', /loop of links/));
  });

  test('a link that does not decode is an error, not an absence', async () => {
    await assert.rejects(tree.find('etc/not-utf8'), rejectsWith('file-unreadable', /not UTF-8/));
  });

  test('long chains of links cost no time', async () => {
    const long = join(work, 'long');
    mkdirSync(join(long, Array.from({ length: 60 }, () => 'd').join('/')), { recursive: true });
    const target = `${'d/'.repeat(50)}${'../'.repeat(50)}`.repeat(12);
    for (let i = 0; i < 39; i++) symlinkSync(`${target}l${i + 1}`, join(long, `l${i}`));
    writeFileSync(join(long, 'l39'), 'end');
    const start = performance.now();
    assert.equal((await new FileTree(openDirectory(long)).find('l0'))?.path, 'l39');
    assert.ok(performance.now() - start < 5000);
  });

  test('kinds that do not fit, and sizes beyond the bound', async () => {
    await assert.rejects(tree.read('etc', 99), rejectsWith('file-unreadable', /is a directory/));
    await assert.rejects(tree.list('etc/plain'), rejectsWith('file-unreadable', /is a file/));
    await assert.rejects(
      tree.read('etc/plain', 4),
      rejectsWith('input-too-large', /larger than the limit of 4 B/),
    );
  });
});

describe('a local directory', () => {
  test('may be named by a link, and must be a folder', async () => {
    symlinkSync(root, join(work, 'named'));
    assert.equal(
      await new FileTree(openDirectory(join(work, 'named'))).read('etc/plain', 9).then(String),
      'plain',
    );
    await assert.rejects(
      new FileTree(openDirectory(join(root, 'etc/plain'))).find('x'),
      rejectsWith('file-unreadable', /not a folder/),
    );
    assert.throws(() => openDirectory(join(work, 'none')), rejectsWith('file-not-found', /does not exist/));
  });

  test('ranges of a file', async () => {
    const file = (await tree.file('etc/plain'))?.inode;
    const read = async (offset: number, length: number) =>
      Buffer.from((await file?.read(offset, length)) ?? []).toString();
    assert.deepEqual(
      [await read(0, 5), await read(1, 2), await read(3, 99), await read(9, 9)],
      ['plain', 'la', 'in', ''],
    );
  });

  test('names that are not UTF-8 are listed and opened', async () => {
    const folder = join(work, 'bytes');
    mkdirSync(folder);
    const name = Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9])]);
    mkdirSync(name);
    writeFileSync(Buffer.concat([name, Buffer.from('/inner')]), 'found');
    const entries = (await new FileTree(openDirectory(folder)).list('')) ?? [];
    assert.deepEqual(
      entries.map((entry) => entry.name),
      ['caf\ufffd'],
    );
    const opened = await entries[0]?.open();
    const inner = opened?.kind === 'directory' ? await opened.lookup('inner') : null;
    assert.equal(inner?.kind === 'file' && Buffer.from(await inner.read(0, 9)).toString(), 'found');
    assert.deepEqual((await walked(new FileTree(openDirectory(folder)))).paths, [
      'caf\ufffd',
      'caf\ufffd/inner',
    ]);
  });

  test('pipes, sockets and devices are never opened', { skip: lacking('mkfifo') }, async () => {
    run('mkfifo', [join(root, 'etc/pipe')]);
    try {
      assert.equal((await new FileTree(openDirectory(root)).find('etc/pipe'))?.inode.kind, 'special');
      await assert.rejects(
        new FileTree(openDirectory(root)).read('etc/pipe', 9),
        rejectsWith('file-unreadable', /is a special/),
      );
      const entries = (await tree.list('etc')) ?? [];
      assert.equal(entries.find(({ name }) => name === 'pipe')?.kind, 'special');
    } finally {
      rmSync(join(root, 'etc/pipe'));
    }
  });

  test('a file that is swapped or cut off while it is read is no other file', async () => {
    const folder = join(work, 'live');
    mkdirSync(folder);
    for (const name of ['swapped', 'linked', 'cut', 'piped'])
      writeFileSync(join(folder, name), 'the first text');
    const live = new FileTree(openDirectory(folder));
    const open = async (name: string) => (await live.file(name))?.inode;
    const [swapped, linked, cut] = [await open('swapped'), await open('linked'), await open('cut')];
    writeFileSync(join(folder, 'other'), 'another text!!');
    renameSync(join(folder, 'other'), join(folder, 'swapped'));
    rmSync(join(folder, 'linked'));
    symlinkSync(join(outside, 'secret'), join(folder, 'linked'));
    truncateSync(join(folder, 'cut'), 3);
    await assert.rejects(async () => swapped?.read(0, 9), rejectsWith('disk-changed', /replaced/));
    await assert.rejects(async () => linked?.read(0, 9), rejectsWith('file-unreadable', /ELOOP/));
    await assert.rejects(async () => cut?.read(0, 9), rejectsWith('disk-changed', /shorter/));
  });

  test('a folder that may not be read is an error, not empty', {
    skip: process.platform === 'win32',
  }, async () => {
    put('secret-folder/file', 'x');
    chmodSync(join(root, 'secret-folder'), 0);
    chmodSync(work, 0o755);
    const user = process.geteuid?.();
    if (user === 0) process.seteuid?.(65_534);
    try {
      const seen = new FileTree(openDirectory(root));
      await assert.rejects(seen.list('secret-folder'), rejectsWith('file-unreadable', /EACCES/));
      await assert.rejects(seen.find('secret-folder/file'), rejectsWith('file-unreadable', /EACCES/));
      const { paths, problems } = await walked(seen);
      assert.ok(paths.includes('usr/lib/os-release'));
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', /^secret-folder: .*EACCES/);
    } finally {
      if (user === 0) process.seteuid?.(0);
      chmodSync(join(root, 'secret-folder'), 0o755);
    }
  });

  test('the files of procfs, which say that they are empty', {
    skip: process.platform === 'linux' ? false : 'needs procfs',
  }, async () => {
    const file = await new FileTree(openDirectory('/proc')).file('sys/kernel/osrelease');
    assert.equal(file?.inode.size, 0);
    assert.match(Buffer.from((await file?.inode.read(0, 200)) ?? []).toString(), /^\d+\.\d+.*\n$/);
  });
});

describe('walks', () => {
  test('everything, links not followed', async () => {
    const { paths, problems } = await walked(tree, 'usr');
    assert.deepEqual(paths, ['usr/lib', 'usr/lib/deep', 'usr/lib/os-release']);
    assert.deepEqual(problems, []);
    assert.deepEqual((await walked(tree, 'lib')).paths, ['usr/lib/deep', 'usr/lib/os-release']);
    assert.deepEqual((await walked(tree, 'none')).paths, []);
    assert.ok((await walked(tree)).paths.includes('etc/root'));
  });

  test('limits are told', async () => {
    const few = await walked(tree, '', { maxEntries: 3, maxDepth: 9 });
    assert.equal(few.paths.length, 3);
    assert.match(few.problems[0] ?? '', /more than 3 files/);
    const shallow = await walked(tree, 'usr', { maxEntries: 99, maxDepth: 1 });
    assert.deepEqual(shallow.paths, ['usr/lib', 'usr/lib/deep', 'usr/lib/os-release']);
    assert.match(shallow.problems[0] ?? '', /^usr\/lib\/deep: it lies deeper than 1 folders/);
  });

  test('two names of one file are two files', async () => {
    linkSync(join(root, 'etc/plain'), join(root, 'usr/lib/hard'));
    assert.ok((await walked(tree, 'usr')).paths.includes('usr/lib/hard'));
    rmSync(join(root, 'usr/lib/hard'));
  });

  test('a disk whose folders contain themselves, or fail, comes to an end', async () => {
    const failing = new NodewardError('disk-damaged', 'inode 9: wrong checksum');
    const top: DirectoryInode = {
      kind: 'directory',
      id: 2,
      mode: 0o755,
      async lookup(name) {
        return name === 'self' ? top : null;
      },
      async list() {
        const entry = (name: string, kind: Inode['kind'] | null, open: () => Promise<Inode>) => ({
          name,
          kind,
          open,
        });
        return [
          entry('self', null, async () => top),
          entry('bad', 'directory', () => Promise.reject(failing)),
          entry('unlisted', 'directory', async () => ({
            ...top,
            id: 3,
            list: () => Promise.reject(failing),
          })),
        ];
      },
    };
    const disk: FileSystem = { type: 'ext4', journal: 'clean', problems: [], root: async () => top };
    const { paths, problems } = await walked(new FileTree(disk));
    assert.deepEqual(paths, ['bad', 'self', 'unlisted']);
    assert.deepEqual(problems, [
      'self: the directory has a second name',
      'bad: inode 9: wrong checksum',
      'unlisted: inode 9: wrong checksum',
    ]);
    assert.equal((await new FileTree(disk).find('self/self/self'))?.path, 'self/self/self');
  });

  test('what the kernel shows is left out, other mounts are not', {
    skip: lacking('mount') || noMounts(),
  }, async () => {
    const live = join(work, 'machine');
    for (const folder of ['proc', 'var', 'etc']) mkdirSync(join(live, folder), { recursive: true });
    run('mount', ['-t', 'proc', 'proc', join(live, 'proc')]);
    run('mount', ['-t', 'tmpfs', 'tmpfs', join(live, 'var')]);
    try {
      writeFileSync(join(live, 'var/file'), '');
      const seen = new FileTree(openDirectory(live));
      assert.deepEqual(await walked(seen), { paths: ['etc', 'proc', 'var', 'var/file'], problems: [] });
      assert.equal((await seen.find('proc/sys/kernel/osrelease'))?.inode.kind, 'file');
    } finally {
      for (const folder of ['proc', 'var']) run('umount', [join(live, folder)]);
    }
  });
});
