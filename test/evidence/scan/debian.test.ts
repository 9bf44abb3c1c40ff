/** A real Debian node, made by Debian's own tools: as a folder, on ext4 and on XFS, against what dpkg says of it. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { silent } from '../../../src/base/log.ts';
import type { SoftwareList } from '../../../src/model/software.ts';
import type { Evidence } from '../../../src/pipeline/assess.ts';
import { type ScanRun, scanEvidence } from '../../../src/pipeline/scan.ts';
import { DEBIAN_NODE, tryDebianTree } from '../../support/debian.ts';
import { lacking, noMounts, run, workFolder } from '../../support/tools.ts';
import { mountImage } from '../../support/trees.ts';

const RUN: ScanRun = {
  worker: new URL('../../../src/evidence/scan/worker.ts', import.meta.url),
  progress: silent,
  signal: new AbortController().signal,
  allFiles: false,
};

const missing = noMounts() || lacking('qemu-img', 'mkfs.xfs', 'dpkg-query');
const { tree, skip } = missing === false ? tryDebianTree(DEBIAN_NODE) : { tree: '', skip: missing };

describe('a Debian node', { skip }, () => {
  const folder = workFolder();
  let found: Evidence;
  before(async () => {
    found = await scanEvidence({ kind: 'rootfs', path: tree }, RUN);
  });

  it('has the packages that dpkg-query lists, with their sources', () => {
    const fields = [
      'Package',
      'Version',
      'Architecture',
      'source:Package',
      'source:Version',
      'db:Status-Status',
    ];
    const format = `${fields.map((field) => `\${${field}}`).join('\t')}\n`;
    const listed = run('dpkg-query', ['--admindir', join(tree, 'var/lib/dpkg'), '-W', '-f', format]);
    const expected = listed
      .split('\n')
      .filter((line) => line.endsWith('\tinstalled'))
      .map((line) => line.slice(0, line.lastIndexOf('\t')));
    assert.ok(expected.length > 100);
    assert.deepEqual(rowsOf(found.software), expected.sort());
    assert.equal(found.scan?.complete, true);
  });

  it('has its node components and its kernel', () => {
    const { components, binaries, os } = found.software;
    assert.deepEqual([os?.id, os?.versionId], ['debian', '12']);
    assert.deepEqual(
      components.map(({ name }) => name),
      ['cni-plugins', 'containerd', 'kubectl', 'runc'],
    );
    const owner = (path: string) => binaries.find((each) => each.path === path)?.package;
    assert.equal(owner('usr/bin/containerd'), 'containerd');
    assert.equal(owner('usr/sbin/runc'), 'runc');
    assert.equal(owner('usr/bin/kubectl'), 'kubernetes-client');
    assert.equal(binaries.filter((each) => each.path.startsWith('usr/lib/cni/')).length, cniPlugins(tree));
    assert.deepEqual(found.scan?.kernels.installed, readdirSync(join(tree, 'lib/modules')));
    assert.equal(found.scan?.kernels.running, null);
  });

  for (const type of ['ext4', 'xfs'] as const)
    it(`is the same on ${type}, in a qcow2 image`, async () => {
      const raw = join(folder, `${type}.raw`);
      const image = join(folder, `${type}.qcow2`);
      run('truncate', ['-s', '2G', raw]);
      run(`mkfs.${type}`, ['-q', raw]);
      const mounted = mountImage(raw, { type, options: 'rw' });
      try {
        run('cp', ['-a', `${tree}/.`, mounted.path]);
      } finally {
        mounted.unmount();
      }
      run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, image]);
      const disk = await scanEvidence({ kind: 'disk', location: image, partition: null }, RUN);
      assert.deepEqual(disk.software, found.software);
      assert.deepEqual(disk.gaps, found.gaps);
      assert.equal(disk.scan?.fileSystem, type);
      const { bytes = 0 } = disk.scan?.reads ?? {};
      assert.ok(bytes < 0.005 * 30 * 2 ** 30, `${bytes} bytes were read`);
    });

  it('is the same with every file looked at, and more', async () => {
    const all = await scanEvidence({ kind: 'rootfs', path: tree }, { ...RUN, allFiles: true });
    assert.deepEqual(all.software.packages, found.software.packages);
    const paths = new Set(all.software.binaries.map(({ path }) => path));
    for (const { path } of found.software.binaries) assert.ok(paths.has(path), path);
  });
});

function rowsOf({ packages }: SoftwareList): string[] {
  return packages
    .map(({ name, version, arch, source }) =>
      [name, version, arch, source?.name ?? '', source?.version ?? version].join('\t'),
    )
    .sort();
}

function cniPlugins(tree: string): number {
  return readdirSync(join(tree, 'usr/lib/cni')).length;
}
