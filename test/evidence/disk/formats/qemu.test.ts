import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { openImage } from '../../../../src/evidence/disk/formats/registry.ts';
import type { BlockSource } from '../../../../src/evidence/disk/sources/types.ts';
import { fileBlocks } from '../../../support/blocks.ts';
import { randomNumbers } from '../../../support/random.ts';
import { lacking, run, workFolder } from '../../../support/tools.ts';
import { compareReads, convert, failureOf, hashOf, MIB, makeDisk, randomBytes } from './helpers.ts';

const skip = lacking('qemu-img', 'mke2fs');
const folder = workFolder();
const disk = join(folder, 'disk.raw');
const small = join(folder, 'small.raw');
let wanted = '';
let wantedSmall = '';

before(async () => {
  if (skip !== false) return;
  // Not a multiple of any cluster size, so that the last cluster is a part of one.
  makeDisk(disk, 48 * MIB + 5 * 512);
  makeDisk(small, 5 * MIB + 512);
  wanted = await hashOf(fileBlocks(disk));
  wantedSmall = await hashOf(fileBlocks(small));
});

/** What `qemu-img convert` is told, and what the format is then called. */
const SAME: readonly (readonly [format: string, words: string, kind?: 'small'])[] = [
  ['raw', '-O raw'],
  ['vhd (fixed)', '-O vpc -o subformat=fixed,force_size=on'],
  ['vhd (dynamic)', '-O vpc -o subformat=dynamic,force_size=on'],
  ['vhdx', '-O vhdx -o subformat=fixed'],
  ['vhdx', '-O vhdx -o subformat=dynamic'],
  ['vhdx', '-O vhdx -o subformat=dynamic,block_size=1M,block_state_zero=off'],
  ['vhdx', '-O vhdx -o subformat=dynamic,block_size=256M'],
  ['vmdk (monolithicSparse)', '-O vmdk -o subformat=monolithicSparse'],
  ['vmdk (streamOptimized)', '-O vmdk -o subformat=streamOptimized'],
  ['qcow2', '-O qcow2'],
  ['qcow2', '-O qcow2 -o compat=0.10'],
  ['qcow2', '-O qcow2 -c'],
  ['qcow2', '-O qcow2 -c -o compat=0.10,cluster_size=4k'],
  ['qcow2 (zstd)', '-O qcow2 -c -o compression_type=zstd'],
  ['qcow2 (zstd)', '-O qcow2 -c -o compression_type=zstd,cluster_size=2M'],
  ['qcow2', '-O qcow2 -c -o cluster_size=2M'],
  ['qcow2', '-O qcow2 -o cluster_size=2M'],
  ['qcow2', '-O qcow2 -o cluster_size=512', 'small'],
  ['qcow2', '-O qcow2 -c -o cluster_size=512', 'small'],
  ['qcow2 (zstd)', '-O qcow2 -c -o cluster_size=512,compression_type=zstd', 'small'],
  ['qcow2', '-O qcow2 -o extended_l2=on'],
  ['qcow2', '-O qcow2 -o extended_l2=on,cluster_size=16k'],
  ['qcow2', '-O qcow2 -c -o extended_l2=on'],
  ['qcow2', '-O qcow2 -o preallocation=metadata'],
  ['qcow2', '-O qcow2 -o preallocation=falloc'],
  ['qcow2', '-O qcow2 -S 0'],
];

for (const [index, [format, words, kind]] of SAME.entries())
  test(`${format} by qemu-img convert ${words}`, { skip }, async () => {
    const raw = kind === 'small' ? small : disk;
    const file = fileBlocks(convert(raw, join(folder, `same-${index}`), words.split(' ')));
    const image = await openImage(file);
    assert.equal(image.format, format);
    assert.equal(image.disk.size, fileBlocks(raw).size);
    assert.equal(await hashOf(image.disk), kind === 'small' ? wantedSmall : wanted);
    await compareReads(image.disk, fileBlocks(raw), 60);
    run('rm', [join(folder, `same-${index}`)]);
  });

const GIB = 2 ** 30;

/** What has several parts of its outer table, and for VHDX bitmap entries between those of blocks. */
const LARGE: readonly (readonly [format: string, words: string])[] = [
  ['vhd (dynamic)', '-O vpc -o subformat=dynamic,force_size=on'],
  ['vhdx', '-O vhdx -o subformat=dynamic,block_size=1M'],
  ['vhdx', '-O vhdx -o subformat=dynamic'],
  ['vmdk (monolithicSparse)', '-O vmdk -o subformat=monolithicSparse'],
  ['qcow2', '-O qcow2 -o cluster_size=16k'],
];

test('disks far larger than their files', { skip }, async (t) => {
  const large = join(folder, 'large.raw');
  const size = 40 * GIB;
  const random = randomNumbers(1);
  const spots = Array.from({ length: 60 }, () => Math.floor((random() * size) / 4096) * 4096);
  const fd = openSync(large, 'w');
  ftruncateSync(fd, size);
  for (const spot of spots) writeSync(fd, randomBytes(random, 4096), 0, 4096, spot);
  closeSync(fd);
  for (const [format, words] of LARGE)
    await t.test(`${format} by ${words}`, async () => {
      const file = fileBlocks(convert(large, join(folder, 'large.image'), words.split(' ')));
      const image = await openImage(file);
      assert.deepEqual([image.format, image.disk.size], [format, size]);
      const counted = counting(file);
      await (await openImage(counted.source)).disk.read(spots[0] as number, 4096);
      assert.ok(
        counted.reads() <= 24 && counted.bytes() <= 160 << 10,
        `${counted.reads()}, ${counted.bytes()}`,
      );
      for (const spot of spots) {
        const offset = Math.max(0, spot - 5000);
        const length = Math.min(20_000, size - offset);
        const [bytes, wantedBytes] = await Promise.all([
          image.disk.read(offset, length),
          fileBlocks(large).read(offset, length),
        ]);
        assert.equal(Buffer.compare(bytes, wantedBytes), 0, `at ${spot}`);
      }
    });
});

function counting(file: BlockSource) {
  let reads = 0;
  let bytes = 0;
  const source: BlockSource = {
    ...file,
    read(offset, length) {
      reads += 1;
      bytes += length;
      return file.read(offset, length);
    },
  };
  return { source, reads: () => reads, bytes: () => bytes };
}

/** Images written to in place: what `qemu-img create` is told, then the format. */
const WRITTEN: readonly (readonly [format: string, words: string])[] = [
  ['qcow2', '-f qcow2'],
  ['qcow2', '-f qcow2 -o compat=0.10'],
  ['qcow2', '-f qcow2 -o extended_l2=on'],
  ['qcow2', '-f qcow2 -o extended_l2=on,cluster_size=16k'],
  ['qcow2', '-f qcow2 -o lazy_refcounts=on'],
  ['vmdk (monolithicSparse)', '-f vmdk -o zeroed_grain=on'],
  ['vhdx', '-f vhdx -o block_size=1M'],
  ['vhd (dynamic)', '-f vpc -o force_size=on'],
];

for (const [format, words] of WRITTEN)
  test(`${format} by qemu-img create ${words}, written to in place`, {
    skip: lacking('qemu-img', 'qemu-io'),
  }, async () => {
    const path = join(folder, 'written.image');
    run('qemu-img', ['create', '-q', ...words.split(' '), path, '24M']);
    const kind = words.split(' ')[1] as string;
    qemuWrites(path, kind, 1);
    if (kind === 'qcow2') run('qemu-img', ['snapshot', '-c', 'before', path]);
    qemuWrites(path, kind, 2);
    run('qemu-img', ['convert', '-f', kind, '-O', 'raw', path, `${path}.raw`]);
    const image = await openImage(fileBlocks(path));
    assert.equal(image.format, format);
    assert.equal(await hashOf(image.disk), await hashOf(fileBlocks(`${path}.raw`)));
    await compareReads(image.disk, fileBlocks(`${path}.raw`), 60);
  });

function qemuWrites(path: string, kind: string, seed: number): void {
  const random = randomNumbers(seed);
  const commands = Array.from({ length: 80 }, () => {
    const length = Math.ceil(random() ** 3 * 500) * 512;
    const offset = Math.floor((random() * (24 * MIB - length)) / 512) * 512;
    const chance = random();
    if (chance < 0.2 && kind !== 'vpc') return `write -z ${offset} ${length}`;
    if (chance < 0.35 && kind === 'qcow2') return `discard ${offset} ${length}`;
    return `write -P ${Math.ceil(random() * 255)} ${offset} ${length}`;
  });
  run('qemu-io', ['-f', kind, path], `${commands.join('\n')}\n`);
}

test('a fixed VHD without force_size is as large as its footer says', { skip }, async () => {
  const words = ['-O', 'vpc', '-o', 'subformat=fixed'];
  const file = fileBlocks(convert(small, join(folder, 'geometry.vhd'), words));
  const { disk: content } = await openImage(file);
  const { size } = fileBlocks(small);
  assert.equal(content.size, file.size - 512);
  assert.ok(content.size > size);
  assert.equal(await hashOf(content, size), wantedSmall);
  assert.ok((await content.read(size, content.size - size)).every((byte) => byte === 0));
});

/** Images that name other files, or hide their data: what makes them, and what must be said of them. */
const REFUSED: readonly (readonly [commands: string, wanted: RegExp])[] = [
  ['qemu-img create -q -f qcow2 -F raw -b small.raw IMAGE', /backing file "small\.raw"/],
  ['qemu-img create -q -f qcow2 -o data_file=data.raw,data_file_raw=on IMAGE 1M', /in another file/],
  ['qemu-img create -q -f qcow2 -o data_file=data2.raw IMAGE 1M', /in another file/],
  ['qemu-img create -q -f qed -F raw -b small.raw IMAGE', /QED/],
  ['qemu-img create -q -f vdi IMAGE 1M', /VDI/],
  ['qemu-img create -q -f qcow IMAGE 1M', /version 1/],
  ['qemu-img create -q -f parallels IMAGE 1M', /Parallels/],
  ['qemu-img create -q -f vmdk -o subformat=monolithicFlat IMAGE 1M', /other files, "[^"]*-flat/],
  ['qemu-img create -q -f vmdk -o subformat=twoGbMaxExtentFlat IMAGE 1M', /other files/],
  ['qemu-img create -q -f vmdk -o subformat=twoGbMaxExtentSparse IMAGE 1M', /other files, "[^"]*-s001/],
  [
    'qemu-img create -q -f vmdk base.vmdk 1M; qemu-img create -q -f vmdk -F vmdk -b base.vmdk IMAGE',
    /parent/,
  ],
  ['gzip -c small.raw > IMAGE', /gzip/],
  ['tar cf IMAGE small.raw', /tar/],
];

for (const [index, [commands, wantedMessage]] of REFUSED.entries())
  test(`refused: ${commands.replace(/ -q| IMAGE/g, '')}`, { skip }, async () => {
    const image = `refused-${index}`;
    run('sh', ['-ec', `cd ${folder}; ${commands.replaceAll('IMAGE', image)}`]);
    const failure = await failureOf(fileBlocks(join(folder, image)));
    assert.match(failure.message, wantedMessage);
    assert.equal(failure.code, 'disk-unsupported');
  });

test('a part of a VMDK of several files is refused', { skip }, async () => {
  const path = join(folder, 'parts.vmdk');
  run('qemu-img', ['create', '-q', '-f', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse', path, '1M']);
  const failure = await failureOf(fileBlocks(join(folder, 'parts-s001.vmdk')));
  assert.match(failure.message, /one of several files/);
  assert.equal(failure.code, 'disk-unsupported');
});
