import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { kernelReader } from '../../../../src/evidence/readers/kernel/kernel.ts';
import { lacking, noMounts, run, workFolder } from '../../../support/tools.ts';
import { found, readRoot, writeRoot } from '../helpers.ts';

const work = workFolder();
let count = 0;
const newRoot = (...files: readonly string[]): string =>
  writeRoot(
    join(work, `root-${++count}`),
    Object.fromEntries(['etc/hostname', ...files].map((file) => [file, 'x'])),
  );
const installed = async (root: string) => found(await readRoot(kernelReader, root)).kernels?.installed;

test('kernels with modules or an image, oldest first', async () => {
  const root = newRoot(
    'lib/modules/5.15.0-1041-azure/modules.dep',
    'lib/modules/5.15.0-1009-azure/kernel/fs/x.ko',
    'lib/modules/extra/modules.dep',
    'boot/vmlinuz-6.6.57.1-7.azl3',
    'boot/vmlinuz-5.15.0-1041-azure',
    'boot/vmlinuz-5.4.0-1.efi.signed',
    'boot/vmlinuz-5.4.0-2.old',
    'boot/vmlinuz-6.1.0-9.dpkg-tmp',
    'boot/vmlinuz-0-rescue-0123456789',
    'boot/.vmlinuz-4.18.0-553.el8.x86_64.hmac',
    'boot/config-4.1.0',
  );
  mkdirSync(join(root, 'lib/modules/5.10.0-1-azure/kernel'), { recursive: true });
  mkdirSync(join(root, 'lib/modules/5.11.0-1-azure'), { recursive: true });
  assert.deepEqual(await installed(root), [
    '5.4.0-1',
    '5.15.0-1009-azure',
    '5.15.0-1041-azure',
    '6.6.57.1-7.azl3',
  ]);
});

test('lib may be a link into usr', async () => {
  const root = newRoot('usr/lib/modules/6.1.0-13-amd64/modules.dep');
  symlinkSync('usr/lib', join(root, 'lib'));
  assert.deepEqual(await installed(root), ['6.1.0-13-amd64']);
});

test('neither folder is absent; empty ones are none', async () => {
  assert.deepEqual(await readRoot(kernelReader, newRoot()), { status: 'absent' });
  assert.deepEqual(await installed(newRoot('boot/grub/grub.cfg')), []);
});

test('a tree that only has a file at the place says nothing of what runs', async () => {
  const root = newRoot('proc/sys/kernel/osrelease', 'boot/vmlinuz-6.1.0-1');
  symlinkSync('1', join(root, 'proc/self'));
  assert.equal(found(await readRoot(kernelReader, root)).kernels?.running, null);
});

test('with a procfs, the kernel that runs', { skip: lacking('mount', 'uname') || noMounts() }, async () => {
  const root = newRoot('boot/vmlinuz-6.1.0-1');
  mkdirSync(join(root, 'proc'));
  run('mount', ['-t', 'proc', 'proc', join(root, 'proc')]);
  try {
    assert.equal(found(await readRoot(kernelReader, root)).kernels?.running, run('uname', ['-r']).trim());
  } finally {
    run('umount', [join(root, 'proc')]);
  }
});
