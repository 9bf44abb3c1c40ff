/** What holds for every registered reader. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NodewardError } from '../../../src/base/errors.ts';
import { FileTree } from '../../../src/evidence/filesystem/tree.ts';
import type { DirectoryInode, FileSystem, Inode } from '../../../src/evidence/filesystem/types.ts';
import { READERS } from '../../../src/evidence/readers/registry.ts';
import type { Reader } from '../../../src/evidence/readers/types.ts';
import { tableOf } from '../../docs/pages.ts';

function treeOf(root: DirectoryInode): FileTree {
  const fileSystem: FileSystem = { type: 'memory', journal: 'absent', problems: [], root: async () => root };
  return new FileTree(fileSystem);
}

function directory(inside: Pick<DirectoryInode, 'list' | 'lookup'>): DirectoryInode {
  return { kind: 'directory', id: 1, mode: 0o755, ...inside };
}

const damage = (): Promise<never> => Promise.reject(new NodewardError('disk-damaged', 'block 7 is damaged'));
const EMPTY = directory({ list: async () => [], lookup: async () => null });
const DAMAGED = directory({ list: damage, lookup: damage });

/** A tree in which every name leads to a file whose content cannot be read. */
function unreadable(): FileTree {
  const file: Inode = { kind: 'file', id: 3, size: 4096, mode: 0o755, prefetch() {}, read: damage };
  const inside: DirectoryInode = directory({
    list: async () => [{ name: 'vmlinuz-1', kind: 'file', open: async () => file }],
    lookup: async (name) => (FOLDERS.has(name) ? inside : file),
  });
  return treeOf(inside);
}

/** The folders on the way to what is looked at. */
const FOLDERS = new Set(
  READERS.flatMap(({ needs }) => needs.flatMap((path) => path.split('/').slice(0, -1))),
);

function read(reader: Reader, tree: FileTree): ReturnType<Reader['read']> {
  const { signal } = new AbortController();
  return reader.read({ tree, allFiles: false, signal, progress() {} });
}

describe('readers', () => {
  it('have names of their own, and a row each in docs/scanning.md', () => {
    const ids = READERS.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(
      tableOf('docs/scanning.md', 'evidence').map(([id]) => id),
      ids,
    );
  });

  for (const reader of READERS) {
    it(`${reader.id} says where it looks, by paths from the root`, () => {
      assert.ok(reader.needs.length > 0);
      for (const path of reader.needs) assert.match(path, /^[^/].*[^/]$/);
    });

    it(`${reader.id} is absent on an empty root`, async () => {
      assert.deepEqual(await read(reader, treeOf(EMPTY)), { status: 'absent' });
    });

    it(`${reader.id} is never absent where directories cannot be read`, async () => {
      const outcome = await read(reader, treeOf(DAMAGED));
      assert.equal(outcome.status, 'failed');
      assert.match(JSON.stringify(outcome), /block 7 is damaged/);
    });

    // Kernels are known by the names of files; none is read.
    if (reader.id === 'kernel') continue;
    it(`${reader.id} is neither absent nor whole where files cannot be read`, async () => {
      const outcome = await read(reader, unreadable());
      assert.ok(outcome.status === 'failed' || outcome.status === 'partial', outcome.status);
    });
  }
});
