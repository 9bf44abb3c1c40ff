import assert from 'node:assert/strict';
import fs, { mkdirSync, readdirSync, truncateSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, it, test } from 'node:test';
import { readPartitions } from '../../../../src/evidence/disk/partitions/index.ts';
import { openFileSource } from '../../../../src/evidence/disk/sources/file.ts';
import { ALL_FINDINGS, assess, type Evidence, imageEvidence } from '../../../../src/pipeline/assess.ts';
import { Workspace } from '../../../../src/pipeline/workspace.ts';
import { diskSupport } from '../../../../src/sandbox/compute/disks/ext4.ts';
import { softwareOn } from '../../../../src/sandbox/compute/disks/software.ts';
import { lacking, run, workFolder } from '../../../support/tools.ts';
import { testImages } from '../../support.ts';
import { codeOf, machineWhere, openSandbox, readable, snapshotParts } from '../core.ts';
import { diskCore, diskStore, lines, plainDisk, scanned, takeOut, writeDisk } from './support.ts';

const folder = workFolder();
const skip = lacking('mke2fs');

const IMAGES = [
  'AKSUbuntu-2204gen2containerd-202402.26.0',
  'AKSUbuntu-2204gen2arm64containerd-202402.26.0',
  'AKSUbuntu-2004gen2fipscontainerd-202402.26.0',
  'AKSAzureLinux-V2gen2-202311.22.0',
];

/** Writes the disk of a node into a file and gives its path, and the store's folder. */
async function madeDisk(
  name: string,
  change: Partial<ReturnType<typeof plainDisk>>,
): Promise<{ vhd: string; own: string }> {
  const own = join(folder, name);
  mkdirSync(own, { recursive: true });
  const content = { ...plainDisk(change.image ?? ''), ...change };
  const disk = await diskStore(own).open(content);
  const vhd = join(own, 'disk.vhd');
  await writeDisk(vhd, disk);
  return { vhd, own };
}

function fileSystemIn(own: string): string {
  const [only, ...others] = readdirSync(join(own, 'disks'));
  assert.equal(others.length, 0, 'one file system, and nothing left of its making');
  return join(own, 'disks', only ?? '');
}

describe('the disk of a node that nobody changed', { skip }, () => {
  for (const image of IMAGES)
    it(`holds what ${image} has`, async () => {
      const { vhd } = await madeDisk(image, { image });
      const { software, scan, gaps } = await scanned(vhd);
      const expected = testImages().software(image);
      assert.ok(expected !== null && expected.packages.length > 400);
      assert.deepEqual(lines(software.packages), lines(expected.packages));
      assert.deepEqual(software.os, expected.os);
      assert.equal(software.format, expected.format);
      assert.deepEqual(scan?.kernels.installed, [expected.runningKernel]);
      assert.deepEqual(scan?.disk, {
        image: 'vhd (fixed)',
        size: 128 * 2 ** 30,
        scheme: 'gpt',
        partition: 1,
      });
      assert.equal(scan?.complete, true);
      assert.deepEqual(
        gaps.map(({ code }) => code),
        ['not-searched'],
      );
    });
});

describe('the disk of a node that was changed by hand', { skip }, () => {
  for (const image of ['AKSUbuntu-2204gen2containerd-202402.07.0', 'AKSAzureLinux-V2gen2-202311.22.0'])
    it(`holds the drift too: ${image}`, async () => {
      const content = { ...plainDisk(image), drift: 7 };
      const { vhd } = await madeDisk(`drifted ${image}`, content);
      const expected = softwareOn(content, diskCore(folder))?.software.packages ?? [];
      const { software } = await scanned(vhd);
      assert.deepEqual(lines(software.packages), lines(expected));
      assert.notDeepEqual(lines(expected), lines(testImages().software(image)?.packages ?? []));
    });
});

test('the running kernel of a patched node is on its disk, with its packages', { skip }, async () => {
  const kernel = '5.15.0-1057-azure';
  for (const [family, arch] of [
    ['AKSUbuntu-2204gen2containerd', 'amd64'],
    ['AKSUbuntu-2204gen2arm64containerd', 'arm64'],
  ]) {
    const image = `${family}-202402.07.0`;
    assert.notEqual(testImages().software(image)?.runningKernel, kernel);
    const { vhd } = await madeDisk(`kernel ${arch}`, { image, kernel });
    const { software, scan } = await scanned(vhd);
    assert.equal(scan?.kernels.installed.at(-1), kernel);
    const found = software.packages.find(({ name }) => name === `linux-image-${kernel}`);
    assert.match(found?.version ?? '', /^5\.15\.0-1057\.\d+$/);
    assert.equal(found?.arch, arch);
  }
});

test('a scan of the disk finds every finding of the image', { skip }, async () => {
  const workspace = new Workspace({
    dataDir: join(folder, 'none'),
    snapshotDir: new URL('../../../../data/snapshot', import.meta.url).pathname,
  });
  const clock = { now: () => new Date('2024-08-10') };
  const found = (evidence: Evidence): Set<string> => {
    const { assessment } = assess(evidence, workspace, { filters: ALL_FINDINGS, clock });
    return new Set(
      assessment.findings.map((finding) => `${finding.cve} ${'package' in finding ? finding.package : ''}`),
    );
  };
  for (const image of IMAGES) {
    const own = imageEvidence(workspace, image);
    const { vhd } = await madeDisk(`findings ${image}`, { image });
    const read = await scanned(vhd);
    // What a scan cannot see: which kernel runs, what is no package, and whether the image was made for FIPS.
    const { runningKernel, components, fips } = own.software;
    const disk = found({ ...read, software: { ...read.software, runningKernel, components, fips } });
    const expected = found(own);
    assert.ok(expected.size > 100);
    assert.deepEqual(
      [...expected].filter((each) => !disk.has(each)),
      [],
      image,
    );
  }
});

describe('the tools of the distributions', { skip: skip || lacking('debugfs', 'e2fsck') }, () => {
  it('dpkg-query lists the same packages and sources', { skip: lacking('dpkg-query') }, async () => {
    const { vhd, own } = await madeDisk('dpkg', { image: IMAGES[0] ?? '', drift: 3 });
    const root = takeOut(fileSystemIn(own), own);
    const format = ['Package', 'Version', 'Architecture', 'source:Package', 'source:Version']
      .map((field) => `\${${field}}`)
      .join(' ');
    const query = run('dpkg-query', [`--admindir=${root}/var/lib/dpkg`, '-W', '-f', `${format}\n`]);
    const { software } = await scanned(vhd);
    const listed = software.packages.map(({ name, version, arch, source }) =>
      [name, version, arch, source?.name, source?.version ?? version].join(' '),
    );
    assert.deepEqual(listed.sort(), query.trim().split('\n').sort());
    assert.ok(listed.some((line) => /^libc6 .* glibc /.test(line)));
    assert.ok(listed.some((line) => /^bsdutils 1:(\S+) \S+ util-linux \1$/.test(line)));
  });

  it('rpm lists the same packages, and finds them by name and file', { skip: lacking('rpm') }, async () => {
    const { vhd, own } = await madeDisk('rpm', { image: IMAGES[3] ?? '', drift: 3 });
    const root = takeOut(fileSystemIn(own), own);
    const rpm = (...words: string[]): string[] =>
      run('rpm', ['--root', root, '--dbpath', '/var/lib/rpm', ...words])
        .trim()
        .split('\n')
        .sort();
    const { software } = await scanned(vhd);
    assert.deepEqual(rpm('-qa', '--qf', '%{NAME} %{VERSION}-%{RELEASE} %{ARCH}\n'), lines(software.packages));
    assert.match(rpm('-q', 'openssl-libs')[0] ?? '', /^openssl-libs-1\.1\.1k-\d+\.cm2\.x86_64$/);
    assert.match(
      rpm('-q', '--qf', '%{SOURCERPM}', 'openssl-libs')[0] ?? '',
      /^openssl-1\.1\.1k-\d+\.cm2\.src\.rpm$/,
    );
    const copying = join(root, 'usr/share/doc/bash/COPYING');
    run('mkdir', ['-p', join(copying, '..')]);
    run('touch', [copying]);
    assert.match(rpm('-qf', '/usr/share/doc/bash/COPYING')[0] ?? '', /^bash-5/);
  });

  it('e2fsck finds nothing to repair', async () => {
    for (const image of IMAGES) {
      const { own } = await madeDisk(`checked ${image}`, { image });
      run('e2fsck', ['-f', '-n', fileSystemIn(own)]);
    }
  });

  it('sgdisk and qemu-img read the tables and the footer', {
    skip: lacking('sgdisk', 'qemu-img'),
  }, async () => {
    const { vhd } = await madeDisk('tables', { image: IMAGES[0] ?? '', size: 30 });
    const info = JSON.parse(run('qemu-img', ['info', '--output=json', '-f', 'vpc', vhd])) as Record<
      string,
      unknown
    >;
    assert.equal(info['virtual-size'], 30 * 2 ** 30);
    truncateSync(vhd, 30 * 2 ** 30);
    assert.match(run('sgdisk', ['-v', vhd]), /No problems found/);
  });
});

test('both partition tables are read, and the root is behind what boots it', { skip }, async () => {
  const { vhd } = await madeDisk('partitions', { image: IMAGES[0] ?? '' });
  const { source, close } = await openFileSource(vhd);
  try {
    const { partitions, problems } = await readPartitions(source);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      partitions.map(({ number, offset }) => [number, offset]),
      [
        [1, 227_328 * 512],
        [14, 2048 * 512],
        [15, 10_240 * 512],
      ],
    );
  } finally {
    await close();
  }
});

describe('disks without a root that can be read', () => {
  it('of Windows are told by their file system', async () => {
    const { vhd } = await madeDisk('windows', {
      image: 'AKSWindows-2022-containerd-20348.2322.240218',
      kind: 'windows',
    });
    const { software, gaps } = await scanned(vhd);
    assert.deepEqual(software.packages, []);
    const gap = gaps.find(({ code }) => code === 'unsupported-disk');
    assert.match(gap?.subjects.join() ?? '', /partition 3 \(ntfs\)/i);
  });

  it('that are encrypted look like nothing that is known', async () => {
    const { vhd } = await madeDisk('encrypted', { image: IMAGES[0] ?? '', kind: 'encrypted' });
    await assert.rejects(scanned(vhd), { code: 'root-not-found' });
  });

  it('of images without a list of packages are refused', async () => {
    const content = plainDisk('AKSFlatcar-flatcargen2-202607.02.0');
    await assert.rejects(diskStore(folder).open(content), { code: 'input-unsupported' });
  });
});

test('disks with the same content share one file system, made once', { skip }, async () => {
  const own = join(folder, 'shared');
  const store = diskStore(own);
  const content = plainDisk(IMAGES[0] ?? '');
  const [one, same, larger] = await Promise.all([
    store.open(content),
    store.open({ ...content }),
    store.open({ ...content, size: 256 }),
  ]);
  assert.equal(one, same);
  assert.equal(larger.size - one.size, 128 * 2 ** 30);
  assert.notEqual(one.digest, larger.digest);
  const path = fileSystemIn(own);
  const again = await diskStore(own).open(content);
  assert.equal(fileSystemIn(own), path);
  assert.deepEqual(again.extents, one.extents);
});

test('what a killed sandbox left of a file system is removed', { skip }, async () => {
  const own = join(folder, 'killed');
  mkdirSync(join(own, 'disks', 'tree-abcdef', 'var'), { recursive: true });
  await diskStore(own).open(plainDisk(IMAGES[3] ?? ''));
  fileSystemIn(own);
});

test('without mke2fs there are no disks of Linux nodes, and it is said', async (context) => {
  assert.equal(diskSupport() === null, lacking('mke2fs') === false);
  context.mock.method(fs, 'existsSync', () => false);
  syncBuiltinESMExports();
  try {
    assert.match(diskSupport() ?? '', /mke2fs of e2fsprogs is not installed/);
    await assert.rejects(diskStore(join(folder, 'without')).open(plainDisk(IMAGES[0] ?? '')), {
      code: 'file-unwritable',
      message: /mke2fs/,
      remedy: /e2fsprogs/,
    });
    const sandbox = await openSandbox(context);
    const { path, body } = snapshotParts(machineWhere(sandbox.core, readable));
    assert.equal((await sandbox.arm('PUT', path('s1'), { body })).status, 202);
    const request = { access: 'Read', durationInSeconds: 3600 };
    const answer = await sandbox.arm('POST', `${path('s1')}/beginGetAccess`, { body: request });
    assert.deepEqual([answer.status, codeOf(answer)], [409, 'OperationNotAllowed']);
    assert.match(JSON.stringify(answer.body), /mke2fs of e2fsprogs is not installed/);
  } finally {
    context.mock.restoreAll();
    syncBuiltinESMExports();
  }
});
