/** Scans of whole disks: what is found on a disk is what is found in the folder it was made from. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NodewardError } from '../../../src/base/errors.ts';
import { silent } from '../../../src/base/log.ts';
import { SCAN_LIMITS } from '../../../src/evidence/scan/index.ts';
import { diskListing, type ScanRun, scanEvidence } from '../../../src/pipeline/scan.ts';
import { startRangeServer } from '../../support/range-server.ts';
import { lacking, noMounts, run, workFolder } from '../../support/tools.ts';

const ROOTFS = fileURLToPath(new URL('../../fixtures/rootfs', import.meta.url));
const MIB = 1 << 20;
const folder = workFolder();

const RUN: ScanRun = {
  worker: new URL('../../../src/evidence/scan/worker.ts', import.meta.url),
  progress: silent,
  signal: new AbortController().signal,
  allFiles: false,
};

const disk = (location: string, partition: number | null = null) =>
  ({ kind: 'disk', location, partition }) as const;

/** A disk laid out like Azure's: BIOS boot and EFI first, the root behind them with the number 1. */
function azureDisk(name: string, root = ROOTFS): string {
  const path = join(folder, name);
  rmSync(path, { force: true });
  run('truncate', ['-s', '64M', path]);
  const layout = ['-n', '14:2048:+4M', '-t', '14:ef02', '-n', '15:0:+8M', '-t', '15:ef00'];
  run('sgdisk', [...layout, '-n', '1:0:0', '-t', '1:8300', '-c', '1:root', path]);
  ext4(path, { offset: 13 * MIB, size: 50 * MIB, root });
  return path;
}

function ext4(path: string, at: { offset: number; size: number; root: string }): void {
  const size = `${at.size >> 10}k`;
  run('mke2fs', ['-q', '-F', '-t', 'ext4', '-E', `offset=${at.offset}`, '-d', at.root, path, size]);
}

/** The root with so many packages. */
function manyPackages(name: string, count: number): string {
  const root = join(folder, name);
  cpSync(ROOTFS, root, { recursive: true, verbatimSymlinks: true });
  const stanzas = Array.from(
    { length: count },
    (_, n) => `Package: p${n}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.${n}\n\n`,
  );
  writeFileSync(join(root, 'var/lib/dpkg/status'), stanzas.join(''));
  return root;
}

async function failure(scan: Promise<unknown>): Promise<NodewardError> {
  const thrown = await scan.then(
    () => assert.fail('it did not fail'),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof NodewardError, String(thrown));
  return thrown;
}

describe('scans of folders', () => {
  it('keeps what was found when the memory of its thread is used up', async () => {
    const root = manyPackages('many', 150_000);
    const limits = { ...SCAN_LIMITS, heapMiB: 24 };
    const found = await scanEvidence({ kind: 'rootfs', path: root }, { ...RUN, limits });
    assert.equal(found.scan?.complete, false);
    const gap = (code: string) => found.gaps.find((each) => each.code === code);
    assert.match(gap('limit-reached')?.detail ?? '', /more than 24 MiB of memory/);
    assert.ok(gap('unreadable-files')?.subjects.includes('dpkg'));
    assert.ok(gap('no-package-list'));
  });

  it('refuses what is no folder', async () => {
    const none = await failure(scanEvidence({ kind: 'rootfs', path: join(folder, 'no-such') }, RUN));
    assert.equal(none.code, 'file-not-found');
    const file = await failure(
      scanEvidence({ kind: 'rootfs', path: join(ROOTFS, 'usr/lib/os-release') }, RUN),
    );
    assert.equal(file.code, 'file-unreadable');
  });

  it('says of an empty folder that nothing is known', async () => {
    const empty = join(folder, 'empty');
    run('mkdir', [empty]);
    const found = await scanEvidence({ kind: 'rootfs', path: empty }, RUN);
    assert.deepEqual(found.software.packages, []);
    assert.ok(found.gaps.some(({ code }) => code === 'no-package-list'));
    assert.ok(found.scan?.readers.every(({ status }) => status === 'absent'));
    assert.equal(found.scan?.complete, false);
  });
});

describe('scans of disks', { skip: lacking('mke2fs', 'sgdisk', 'truncate') }, () => {
  it('finds on a partitioned disk what the folder holds', async () => {
    const expected = await scanEvidence({ kind: 'rootfs', path: ROOTFS }, RUN);
    assert.equal(expected.software.packages.length, 8, 'removed packages do not count');
    assert.equal(expected.software.os?.id, 'ubuntu');
    const found = await scanEvidence(disk(azureDisk('azure.img')), RUN);
    assert.deepEqual(found.software, expected.software);
    assert.deepEqual(found.gaps, expected.gaps);
    assert.equal(found.scan?.disk?.partition, 1);
    assert.equal(found.scan?.fileSystem, 'ext4');
    assert.equal(found.scan?.complete, true);
    assert.deepEqual(found.scan?.readers, expected.scan?.readers);
    const { bytes = 0 } = found.scan?.reads ?? {};
    assert.ok(bytes > 0 && bytes < 4 * MIB, `${bytes} bytes`);
  });

  const formats = [
    ['vpc', 'subformat=fixed,force_size=on', 'vhd'],
    ['vpc', 'subformat=dynamic,force_size=on', 'vhd'],
    ['vhdx', 'subformat=dynamic', 'vhdx'],
    ['vmdk', 'subformat=streamOptimized', 'vmdk'],
    ['qcow2', 'compression_type=zstd', 'qcow2'],
  ] as const;
  for (const [format, options, name] of formats) {
    it(`finds the same in ${format} (${options})`, { skip: lacking('qemu-img') }, async () => {
      const raw = azureDisk('formats.img');
      const path = join(folder, `disk.${format}`);
      const packed = format === 'qcow2' ? ['-c'] : [];
      run('qemu-img', ['convert', '-f', 'raw', '-O', format, '-o', options, ...packed, raw, path]);
      const expected = await scanEvidence(disk(raw), RUN);
      const found = await scanEvidence(disk(path), RUN);
      assert.deepEqual(found.software, expected.software);
      assert.match(found.scan?.disk?.image ?? '', new RegExp(`^${name}\\b`));
      assert.equal(found.scan?.complete, true);
    });
  }

  it('finds the same on XFS without partitions', { skip: lacking('mkfs.xfs') || noMounts() }, async () => {
    const path = join(folder, 'root.xfs');
    run('truncate', ['-s', '320M', path]);
    run('mkfs.xfs', ['-q', path]);
    const at = join(folder, 'mounted');
    run('mkdir', [at]);
    run('mount', ['-o', 'loop', path, at]);
    try {
      cpSync(ROOTFS, at, { recursive: true, verbatimSymlinks: true });
    } finally {
      run('umount', [at]);
    }
    const expected = await scanEvidence({ kind: 'rootfs', path: ROOTFS }, RUN);
    const found = await scanEvidence(disk(path), RUN);
    assert.deepEqual(found.software, expected.software);
    assert.equal(found.scan?.fileSystem, 'xfs');
    assert.equal(found.scan?.disk?.partition, 0);
  });

  it('lists partitions and what is on them', async () => {
    const listing = await diskListing(azureDisk('list.img'), RUN);
    assert.equal(listing.scheme, 'gpt');
    const [root, boot, efi] = listing.volumes;
    assert.deepEqual([root?.number, boot?.number, efi?.number], [1, 14, 15]);
    assert.deepEqual([root?.fileSystem, root?.root, root?.name], ['ext4', true, 'root']);
    assert.match(root?.uuid ?? '', /^[0-9a-f]{8}-/);
    assert.deepEqual([boot?.fileSystem, boot?.root], [null, false]);
  });

  it('names the other roots of a disk, and reads the one that is asked for', async () => {
    const path = join(folder, 'two.img');
    run('truncate', ['-s', '96M', path]);
    run('sgdisk', ['-n', '1:2048:+40M', '-n', '2:0:+40M', path]);
    const other = join(folder, 'other-root');
    cpSync(ROOTFS, other, { recursive: true, verbatimSymlinks: true });
    writeFileSync(join(other, 'usr/lib/os-release'), 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n');
    ext4(path, { offset: MIB, size: 32 * MIB, root: ROOTFS });
    ext4(path, { offset: 41 * MIB, size: 40 * MIB, root: other });
    const found = await scanEvidence(disk(path), RUN);
    const gap = found.gaps.find(({ detail }) => detail.includes('more than one operating system'));
    assert.equal(gap?.code, 'not-searched');
    assert.equal(gap?.subjects.length, 1);
    const numbers = new Map([
      [1, 'ubuntu'],
      [2, 'debian'],
    ]);
    for (const [number, id] of numbers) {
      const chosen = await scanEvidence(disk(path, number), RUN);
      assert.equal(chosen.software.os?.id, id);
      assert.equal(chosen.scan?.disk?.partition, number);
    }
    assert.match((await failure(scanEvidence(disk(path, 7), RUN))).message, /no partition 7; it has 1, 2/);
    // The first root loses its superblock: what is left must not look like all there is.
    const bytes = readFileSync(path);
    bytes.fill(0, MIB, MIB + 2048);
    writeFileSync(path, bytes);
    const left = await scanEvidence(disk(path), RUN);
    assert.equal(left.software.os?.id, 'debian');
    const lost = left.gaps.find(({ code }) => code === 'unsupported-disk');
    assert.deepEqual(lost?.subjects, ['partition 1 (unknown)']);
  });

  it('says what is on a disk that it does not read', { skip: lacking('mkfs.btrfs') }, async () => {
    const path = join(folder, 'btrfs.img');
    run('truncate', ['-s', '128M', path]);
    run('mkfs.btrfs', ['-q', path]);
    const found = await scanEvidence(disk(path), RUN);
    assert.equal(found.scan?.complete, false);
    assert.equal(found.software.os, null);
    const codes = found.gaps.map(({ code }) => code);
    assert.deepEqual(codes, ['unsupported-disk', 'no-package-list']);
    assert.deepEqual(found.gaps[0]?.subjects, ['btrfs']);
  });

  it('refuses what holds no root', async () => {
    const path = join(folder, 'random.img');
    writeFileSync(path, Buffer.alloc(4 * MIB, 'random'));
    assert.equal((await failure(scanEvidence(disk(path), RUN))).code, 'root-not-found');
    assert.equal((await failure(scanEvidence(disk(join(folder, 'none.img')), RUN))).code, 'file-not-found');
    const data = join(folder, 'data.img');
    run('truncate', ['-s', '16M', data]);
    run('mke2fs', ['-q', '-F', '-t', 'ext4', data]);
    assert.equal((await failure(scanEvidence(disk(data), RUN))).code, 'root-not-found');
  });

  it('refuses a disk that ends in the middle of its root', async () => {
    const path = azureDisk('cut.img');
    truncateSync(path, 40 * MIB);
    const found = await scanEvidence(disk(path), RUN).catch((thrown: NodewardError) => thrown);
    if (found instanceof NodewardError) assert.equal(found.code, 'disk-damaged');
    else assert.ok(found.gaps.some(({ code }) => code === 'unreadable-files'));
  });

  it('ends at its limits with what it has, or says that it has nothing', async () => {
    const path = azureDisk('limits.img');
    const few = { ...SCAN_LIMITS, maxRequests: 3 };
    const error = await failure(scanEvidence(disk(path), { ...RUN, limits: few }));
    assert.equal(error.code, 'limit-reached');
  });

  it('keeps what it found when the time is over', async () => {
    const root = manyPackages('slow', 3000);
    const path = azureDisk('slow.img', root);
    const place = readFileSync(path).indexOf('Package: p2999\n');
    assert.ok(place > 0);
    const covers = (range: string | null): boolean => {
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
      return Number(from) <= place && place <= Number(to);
    };
    // The end of the package database is never answered.
    const server = await startRangeServer({
      content: path,
      fault: ({ range }) => (covers(range) ? { kind: 'hang' } : null),
    });
    try {
      const limits = { ...SCAN_LIMITS, timeMs: 4000 };
      const found = await scanEvidence(disk(server.url), { ...RUN, limits });
      assert.equal(found.scan?.complete, false);
      assert.equal(found.software.os?.id, 'ubuntu');
      assert.deepEqual(found.software.packages, []);
      const ended = found.gaps.find(({ code }) => code === 'limit-reached');
      assert.match(ended?.detail ?? '', /longer than 4 s/);
      assert.ok(found.gaps.some(({ code }) => code === 'unreadable-files'));
    } finally {
      await server.stop();
    }
  });

  it('stops when it is interrupted', async () => {
    const interruption = new AbortController();
    const reason = new NodewardError('interrupted', 'interrupted');
    const scan = scanEvidence(disk(azureDisk('stop.img')), { ...RUN, signal: interruption.signal });
    interruption.abort(reason);
    assert.equal(await failure(scan), reason);
  });
});
