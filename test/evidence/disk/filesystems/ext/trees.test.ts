import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { noMounts, run } from '../../../../support/tools.ts';
import { mountImage, snapshotTree } from '../../../../support/trees.ts';
import {
  type Capability,
  checkLookups,
  imageFolder,
  kernelTree,
  makeImage,
  openImage,
  populate,
  type Recipe,
  sameTree,
} from './support.ts';

const folder = imageFolder();
const MEBI = 2 ** 20;

/** File systems of every layout, filled through the kernel and compared with what the kernel shows of them. */
const VARIANTS: readonly (Recipe & Partial<Capability> & { name: string; skip?: string })[] = [
  { name: 'ext2, 1 KiB', type: 'ext2', size: '64M', words: ['-b', '1024'], far: 70 * MEBI },
  {
    name: 'ext2, 4 KiB, revision 0',
    type: 'ext2',
    size: '64M',
    words: ['-b', '4096', '-r', '0'],
    far: 2040 * MEBI,
  },
  { name: 'ext2 without filetype', type: 'ext2', size: '64M', words: ['-O', '^filetype'], far: 40 * MEBI },
  { name: 'ext3, 2 KiB', type: 'ext3', size: '64M', words: ['-b', '2048'], far: 600 * MEBI },
  {
    name: 'ext3, 4 KiB, triple indirect',
    type: 'ext3',
    size: '64M',
    words: ['-b', '4096'],
    far: 5000 * MEBI,
  },
  { name: 'ext3 without dir_index', type: 'ext3', size: '64M', words: ['-O', '^dir_index'], many: 2000 },
  {
    name: 'ext4, default',
    type: 'ext4',
    size: '600M',
    many: 20_000,
    words: ['-N', '24000'],
    far: 15 * 2 ** 40,
  },
  { name: 'ext4, 1 KiB', type: 'ext4', size: '64M', words: ['-b', '1024'], far: 2 ** 42 - 65536 },
  { name: 'ext4, 2 KiB', type: 'ext4', size: '64M', words: ['-b', '2048'] },
  {
    name: 'ext4, ^metadata_csum',
    type: 'ext4',
    size: '64M',
    words: ['-b', '4096', '-O', '^metadata_csum,uninit_bg'],
  },
  { name: 'ext4, ^64bit', type: 'ext4', size: '64M', words: ['-b', '4096', '-O', '^64bit'] },
  { name: 'ext4, 128-byte inodes', type: 'ext4', size: '64M', words: ['-I', '128'] },
  { name: 'ext4, 1 KiB inodes', type: 'ext4', size: '64M', words: ['-I', '1024'] },
  { name: 'ext4, meta_bg', type: 'ext4', size: '200M', words: ['-b', '1024', '-O', 'meta_bg,^resize_inode'] },
  {
    name: 'ext4, bigalloc',
    type: 'ext4',
    size: '64M',
    words: ['-b', '4096', '-O', 'bigalloc', '-C', '16384'],
  },
  {
    name: 'ext4, bigalloc, 1 KiB, meta_bg',
    type: 'ext4',
    size: '64M',
    words: ['-b', '1024', '-C', '8192', '-O', 'bigalloc,meta_bg,^resize_inode'],
  },
  { name: 'ext4, inline_data', type: 'ext4', size: '64M', words: ['-b', '4096', '-O', 'inline_data'] },
  {
    name: 'ext4, inline_data, 1 KiB inodes',
    type: 'ext4',
    size: '64M',
    words: ['-O', 'inline_data', '-I', '1024'],
  },
  { name: 'ext4, no extents, checksums', type: 'ext4', size: '64M', words: ['-O', '^extent,^64bit'] },
  {
    name: 'ext4, no journal, sparse_super2',
    type: 'ext4',
    size: '64M',
    words: ['-O', '^has_journal,sparse_super2'],
  },
  {
    name: 'ext4, mmp, ea_inode, large_dir',
    type: 'ext4',
    size: '64M',
    words: ['-O', 'mmp,ea_inode,large_dir'],
  },
  {
    name: 'ext4, metadata_csum_seed',
    type: 'ext4',
    size: '64M',
    words: ['-b', '4096', '-O', 'metadata_csum_seed'],
  },
  { name: 'ext4, orphan_file', type: 'ext4', size: '64M', words: ['-O', 'orphan_file'] },
  { name: 'ext4, hash tea', type: 'ext4', size: '64M', tune: ['-E', 'hash_alg=tea'] },
  { name: 'ext4, hash unsigned', type: 'ext4', size: '64M', unsigned: true },
  {
    name: 'ext4, hash tea, unsigned',
    type: 'ext4',
    size: '64M',
    unsigned: true,
    tune: ['-E', 'hash_alg=tea'],
  },
  { name: 'ext4, hash legacy', type: 'ext4', size: '64M', tune: ['-E', 'hash_alg=legacy'] },
];

for (const { name, many = 600, far = 30 * MEBI, ...recipe } of VARIANTS)
  test(`the tree the kernel shows: ${name}`, { skip: noMounts() }, async () => {
    const image = makeImage(join(folder, name.replaceAll(/\W/g, '-')), recipe);
    const mounted = mountImage(image, { type: recipe.type });
    const indirect = recipe.type !== 'ext4' || (recipe.words ?? []).join().includes('^extent');
    populate(mounted.path, { extents: !indirect, many, far });
    mounted.unmount();
    const fs = await openImage(image);
    assert.equal(fs.type, recipe.type);
    assert.equal(fs.journal, recipe.type === 'ext2' || name.includes('no journal') ? 'absent' : 'clean');
    assert.deepEqual(fs.problems, []);
    sameTree(await snapshotTree(fs), kernelTree(image, recipe.type));
    assert.ok((await checkLookups(fs)) > many / 10);
    run('rm', [image]);
  });
