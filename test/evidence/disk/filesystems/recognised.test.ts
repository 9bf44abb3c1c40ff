import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { NodewardError } from '../../../../src/base/errors.ts';
import { recognise } from '../../../../src/evidence/disk/filesystems/recognised.ts';
import type { BlockSource } from '../../../../src/evidence/disk/sources/types.ts';
import { fileBlocks, memorySource } from '../../../support/blocks.ts';
import { randomNumbers } from '../../../support/random.ts';
import { lacking, noMounts, run, workFolder } from '../../../support/tools.ts';

const folder = workFolder();

/** Ours for what blkid(8) calls these; FAT is told apart by its version. */
const NAMES: Readonly<Record<string, string>> = {
  crypto_LUKS: 'LUKS',
  LVM2_member: 'LVM',
  DM_verity_hash: 'dm-verity',
  linux_raid_member: 'Linux RAID',
  zfs_member: 'ZFS',
  iso9660: 'ISO 9660',
  ntfs: 'NTFS',
  exfat: 'exFAT',
};

function blkid(path: string): Readonly<Record<string, string>> {
  const lines = run('blkid', ['-p', '-o', 'export', path]).split('\n');
  return Object.fromEntries(lines.map((line) => line.replaceAll('\\ ', ' ').split(/=(.*)/s)));
}

const LUKS = 'luksFormat -q --key-file KEY --pbkdf-force-iterations 1000 --pbkdf pbkdf2';

/** The tool, what it is told (IMAGE is an empty file of this many MiB), and what blkid tells that we do not. */
const MADE: readonly (readonly [tool: string, words: string, more?: { size?: number; untold?: string }])[] = [
  ['mkfs.btrfs', '-q -L trees IMAGE', { size: 120 }],
  ['mksquashfs', 'KEY IMAGE -quiet -no-progress -noappend'],
  ['mkfs.erofs', '--quiet -U 0ddba110-0000-4000-8000-000000000001 IMAGE SOURCE'],
  ['mkfs.ntfs', '-q -F -f -L volume IMAGE', { untold: 'LABEL' }],
  ['mkswap', '-q -L space IMAGE'],
  ['mkswap', '-q -p 65536 IMAGE'],
  ['cryptsetup', `${LUKS} --type luks1 IMAGE`],
  ['cryptsetup', `${LUKS} --type luks2 --label secret IMAGE`, { size: 24 }],
  ['veritysetup', 'format KEY IMAGE'],
  ['mkfs.vfat', '-F 12 -s 64 -n TWELVE IMAGE'],
  ['mkfs.vfat', '-F 16 -n SIXTEEN IMAGE', { size: 20 }],
  ['mkfs.vfat', '-F 32 IMAGE', { size: 40 }],
  ['mkfs.exfat', '-L ex IMAGE', { untold: 'LABEL' }],
  ['mkfs.f2fs', '-q -l flash IMAGE', { size: 64 }],
  ['genisoimage', '-quiet -V DISC -o IMAGE KEY', { untold: 'UUID' }],
];

for (const [tool, words, { size = 8, untold } = {}] of MADE)
  test(`${tool} ${words}`, { skip: lacking('blkid', tool) }, async () => {
    const image = join(folder, 'image');
    const key = join(folder, 'key');
    writeFileSync(key, Buffer.alloc(8192, 'key'));
    run('truncate', ['-s', `${size}M`, image]);
    const places: Readonly<Record<string, string>> = { IMAGE: image, KEY: key, SOURCE: import.meta.dirname };
    run(
      tool,
      words.split(' ').map((word) => places[word] ?? word),
    );
    await compare(image, untold);
    rmSync(image);
  });

async function compare(image: string, untold?: string): Promise<void> {
  const { TYPE = '', VERSION = '', LABEL_FATBOOT = '', LABEL = LABEL_FATBOOT, UUID = '' } = blkid(image);
  assert.deepEqual(await recognise(fileBlocks(image)), {
    type: TYPE === 'vfat' ? VERSION : (NAMES[TYPE] ?? TYPE),
    label: untold === 'LABEL' ? '' : LABEL,
    uuid: untold === 'UUID' ? '' : UUID,
  });
}

test('pvcreate', { skip: lacking('blkid', 'pvcreate') || noMounts() }, async () => {
  const image = join(folder, 'pv');
  run('truncate', ['-s', '8M', image]);
  const device = run('losetup', ['-f', '--show', image]).trim();
  try {
    const config = 'devices{scan="/dev" filter=["a|.*|"] use_devicesfile=0}';
    run('pvcreate', ['-q', '-y', '--config', config, device]);
  } finally {
    run('losetup', ['-d', device]);
  }
  await compare(image);
});

const UUID = '00112233445566778899aabbccddeeff';
const PRINTED = '00112233-4455-6677-8899-aabbccddeeff';

/** Writes text, bytes given in hexadecimal or a little-endian 32-bit number at each place. */
function image(size: number, parts: Readonly<Record<number, string | number | Buffer>>): Buffer {
  const bytes = Buffer.alloc(size);
  for (const [at, part] of Object.entries(parts)) {
    if (typeof part === 'number') bytes.writeUInt32LE(part >>> 0, Number(at));
    else if (typeof part === 'string') bytes.write(part, Number(at), 'latin1');
    else part.copy(bytes, Number(at));
  }
  return bytes;
}

const hex = (digits: string) => Buffer.from(digits, 'hex');
const SIZE = 4 << 20;

/** A superblock of Linux software RAID version 1 in sector `sector`, as mdadm writes it. */
function raid(sector: number): Buffer {
  const bytes = image(512, { 0: 0xa92b4efc, 4: 1, 16: hex(UUID), 32: 'node:0', 144: sector });
  return bytes;
}

/** A list of pairs as it is in ZFS labels. */
function zfsLabel(): Buffer {
  const pair = (name: string, type: number, value: Buffer) => {
    const padded = Buffer.alloc(Math.ceil(name.length / 4) * 4);
    padded.write(name);
    const bytes = Buffer.alloc(12);
    bytes.writeUInt32BE(12 + padded.length + 8 + value.length, 0);
    bytes.writeUInt32BE(name.length, 8);
    return Buffer.concat([bytes, padded, hex(`0000000${type}00000001`), value]);
  };
  const parts = [
    pair('version', 8, hex('0000000000001388')),
    pair('name', 9, Buffer.concat([hex('00000004'), Buffer.from('tank')])),
    pair('pool_guid', 8, hex('0123456789abcdef')),
    Buffer.alloc(8),
  ];
  return Buffer.concat([hex('010100000000000000000001'), ...parts]);
}

/** The boot sector of a FAT file system of so many sectors, with tables large enough for it. */
function fatBoot(type: string, sectors: number): Buffer {
  const wide = type === 'FAT32';
  const bytes = image(512, {
    0: '\xeb\x58\x90mkfs.fat',
    11: hex(`000201200002${wide ? '0000' : '0002'}0000f8${wide ? '0000' : 'e000'}`),
    32: sectors,
    [wide ? 64 : 36]: hex('800029'),
    [wide ? 67 : 39]: 0x1a2b3c4d,
    [wide ? 71 : 43]: `EFI        ${type}   `,
    510: '\x55\xaa',
  });
  if (wide) bytes.writeUInt32LE(1000, 36);
  if (wide) bytes.writeUInt32LE(2, 44);
  return bytes;
}

const zfsImage = image(SIZE, { [16 << 10]: zfsLabel() });
for (let index = 0; index < 32; index += 1) zfsImage.writeUInt32LE(0x00bab10c, (128 + index) << 10);

/** What no tool here makes; `asBlkid` where blkid knows it too. */
const BUILT: readonly (readonly [
  what: string,
  bytes: Buffer,
  wanted: readonly [string, string, string],
  asBlkid?: true,
])[] = [
  ['RAID 1.1', image(SIZE, { 0: raid(0) }), ['Linux RAID', 'node:0', PRINTED], true],
  ['RAID 1.2', image(SIZE, { 4096: raid(8) }), ['Linux RAID', 'node:0', PRINTED], true],
  [
    'RAID 1.0',
    image(SIZE + 512, { [SIZE - 8192]: raid((SIZE - 8192) / 512) }),
    ['Linux RAID', 'node:0', PRINTED],
    true,
  ],
  [
    'RAID 0.90',
    image(SIZE + 4096, {
      [SIZE - 65536]: image(512, {
        0: 0xa92b4efc,
        8: 90,
        20: 0x00112233,
        52: 0x44556677,
        56: 0x8899aabb,
        60: 0xccddeeff,
      }),
    }),
    ['Linux RAID', '', PRINTED],
    true,
  ],
  [
    'RAID 0.90 of a big-endian machine',
    image(SIZE, {
      [SIZE - 65536]: hex('a92b4efc'),
      [SIZE - 65536 + 20]: hex('00112233'),
      [SIZE - 65536 + 52]: hex('445566778899aabbccddeeff'),
    }),
    ['Linux RAID', '', PRINTED],
  ],
  ['FAT12', image(SIZE, { 0: fatBoot('FAT12', 4000) }), ['FAT12', 'EFI', '1A2B-3C4D'], true],
  ['FAT16', image(SIZE, { 0: fatBoot('FAT16', 8000) }), ['FAT16', 'EFI', '1A2B-3C4D'], true],
  ['FAT32', image(SIZE, { 0: fatBoot('FAT32', 80000) }), ['FAT32', 'EFI', '1A2B-3C4D'], true],
  ['ZFS', zfsImage, ['ZFS', 'tank', '81985529216486895'], true],
  [
    'BitLocker',
    image(SIZE, { 0: '\xeb\x58\x90-FVE-FS-', 160: hex('3bd66749292ed84a8399f6a339e3d001') }),
    ['BitLocker', '', ''],
  ],
  [
    'BitLocker To Go',
    image(SIZE, { 0: '\xeb\x58\x90MSWIN4.1', 424: hex('3bd66749292ed84a8399f6a339e3d001'), 510: '\x55\xaa' }),
    ['BitLocker', '', ''],
  ],
  ['ReFS', image(SIZE, { 0: '\0\0\0ReFS\0' }), ['ReFS', '', '']],
  [
    'bcache',
    image(SIZE, { 4120: hex('c68573f64e1a45ca8265f57f48ba6d81'), 4136: hex(UUID) }),
    ['bcache', '', PRINTED],
  ],
  [
    'bcachefs',
    image(SIZE, { 4120: hex('c68573f666ce90a9d96a60cf803df7ef'), 4152: hex(UUID), 4168: 'pool' }),
    ['bcachefs', 'pool', PRINTED],
  ],
  ['JFS', image(SIZE, { 32768: 'JFS1' }), ['JFS', '', '']],
  ['ReiserFS', image(SIZE, { [65536 + 52]: 'ReIsEr2Fs' }), ['ReiserFS', '', '']],
  ['hibernated', image(SIZE, { 4086: 'S1SUSPEND', 1024: 1, 1036: hex(UUID) }), ['swap', '', PRINTED]],
  [
    'LUKS2 without its first header',
    image(SIZE, { 16384: 'SKUL\xba\xbe\0\x02', 16552: PRINTED }),
    ['LUKS', '', PRINTED],
  ],
];

for (const [what, bytes, [type, label, uuid], asBlkid] of BUILT) {
  test(what, async () => {
    assert.deepEqual(await recognise(memorySource(bytes)), { type, label, uuid });
  });
  if (asBlkid === true)
    test(`${what}, by blkid`, { skip: lacking('blkid') }, async () => {
      writeFileSync(join(folder, 'built'), bytes);
      if (type === 'ZFS') run('truncate', ['-s', '80M', join(folder, 'built')]);
      await compare(join(folder, 'built'));
    });
}

test('nothing is taken for something', async () => {
  const boot = image(SIZE, { 0: '\xeb\x3c\x90', 510: '\x55\xaa' });
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(511), Buffer.alloc(SIZE), boot])
    assert.equal(await recognise(memorySource(bytes)), null);
});

test('few bytes are read, and none twice', async () => {
  const ranges: [number, number][] = [];
  const plain = memorySource(Buffer.alloc(SIZE));
  const source: BlockSource = {
    ...plain,
    read(offset, length) {
      ranges.push([offset, length]);
      return plain.read(offset, length);
    },
  };
  assert.equal(await recognise(source), null);
  assert.equal(ranges.length, 3);
  assert.ok(ranges.reduce((sum, [, length]) => sum + length, 0) <= 70 << 10);
});

test('any bytes give an answer; errors of the source pass through', async () => {
  const random = randomNumbers(11);
  for (const [, bytes] of BUILT) {
    const changed = Buffer.from(bytes);
    const filled = [...changed.subarray(0, 70_000).keys()].filter((at) => changed[at] !== 0);
    for (let round = 0; round < 100; round += 1) {
      changed[filled[Math.floor(random() * filled.length)] as number] = Math.floor(random() * 256);
      changed[Math.floor(random() * 70_000)] = Math.floor(random() * 256);
      const found = await recognise(memorySource(changed));
      assert.ok(found === null || found.type.length > 0);
    }
  }
  const failing: BlockSource = {
    ...memorySource(Buffer.alloc(SIZE)),
    read: () => Promise.reject(new NodewardError('network-failed', 'gone')),
  };
  await assert.rejects(recognise(failing), { code: 'network-failed' });
});
