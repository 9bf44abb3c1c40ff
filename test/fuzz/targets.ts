/** What is fed with mutated input: each parser of what comes from a disk, with samples that are sound. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NodewardError } from '../../src/base/errors.ts';
import { findRoots, openDisk } from '../../src/evidence/disk/disk.ts';
import { apkReader } from '../../src/evidence/readers/apk/apk.ts';
import { dpkgReader } from '../../src/evidence/readers/dpkg/dpkg.ts';
import { goBinaryReader } from '../../src/evidence/readers/go-binary/go-binary.ts';
import { osReleaseReader } from '../../src/evidence/readers/os-release/os-release.ts';
import { rpmReader } from '../../src/evidence/readers/rpm/rpm.ts';
import type { Reader } from '../../src/evidence/readers/types.ts';
import { elfProgram, inlineInfo, linkedSection, pointedInfo } from '../evidence/readers/go-binary/support.ts';
import { makeNdb, writeBdb, writeSqlite } from '../evidence/readers/rpm/databases.ts';
import { makeHeader } from '../evidence/readers/rpm/headers.ts';
import { memorySource } from '../support/blocks.ts';
import { findTool, run } from '../support/tools.ts';
import { memoryTree } from './memory-tree.ts';

/** One parser, or several behind one another. */
export interface Target {
  readonly name: string;
  /** Programs that make its samples. */
  readonly needs: readonly string[];
  /** How much of a run it gets, beside the others. */
  readonly weight: number;
  /** Makes sound samples in a folder. */
  samples(folder: string): readonly Buffer[];
  /** Reads all that the input holds. @returns whether it complained; throws only for defects */
  read(input: Buffer): Promise<boolean>;
}

const ROOTFS = fileURLToPath(new URL('../fixtures/rootfs', import.meta.url));
const KIB = 1 << 10;
/** Samples are the same each time, so that a seed and a round name one input. */
const UUID = '6e6f6465-7761-4264-9a9a-000000000001';
const FIXED_TIME = 'E2FSPROGS_FAKE_TIME=1700000000';

function toolPath(name: string): string {
  return findTool(name) ?? name;
}

function ext(folder: string, name: string, words: readonly string[]): Buffer {
  const path = join(folder, name);
  run('truncate', ['-s', '2M', path]);
  const seed = ['-U', UUID, '-E', `hash_seed=${UUID}`];
  run('env', [FIXED_TIME, toolPath('mke2fs'), '-q', '-F', ...seed, ...words, '-d', ROOTFS, path]);
  return readFileSync(path);
}

function xfs(folder: string, name: string, words: readonly string[]): Buffer {
  const path = join(folder, name);
  const proto = join(folder, `${name}.proto`);
  const file = (path: string): string => `--- 644 0 0 ${join(ROOTFS, path)}`.replace('--- ', '---');
  const lines = ['/none', '0 0', 'd--755 0 0'];
  lines.push('usr d--755 0 0', 'lib d--755 0 0', `os-release ${file('usr/lib/os-release')}`, '$', '$');
  lines.push('var d--755 0 0', 'lib d--755 0 0', 'dpkg d--755 0 0', `status ${file('var/lib/dpkg/status')}`);
  lines.push('$', '$', '$', 'link l--777 0 0 usr/lib', '$', '');
  writeFileSync(proto, lines.join('\n'));
  run('truncate', ['-s', '16M', path]);
  // Its own tests are the only ones mkfs.xfs makes small file systems for.
  const small = ['TEST_DIR=1', 'TEST_DEV=1', 'QA_CHECK_FS=1', toolPath('mkfs.xfs')];
  run('env', [...small, '-q', '-f', '-b', 'size=1024', '-m', `uuid=${UUID}`, ...words, '-p', proto, path]);
  return readFileSync(path);
}

/** Everything a disk holds: image, partitions, file systems, all names, some content. */
async function readDisk(input: Buffer): Promise<boolean> {
  let complained = false;
  const complain = (_path: string, thrown: unknown): void => {
    if (!(thrown instanceof NodewardError)) throw thrown;
    complained = true;
  };
  try {
    const disk = await openDisk(memorySource(input));
    for (const { tree, error } of await findRoots(disk.volumes)) {
      if (error !== null) complained = true;
      if (tree === null) continue;
      const limits = { maxEntries: 500, maxDepth: 12 };
      for await (const { path, entry } of tree.walk('', complain, limits)) {
        try {
          const inode = await entry.open();
          if (inode.kind === 'symlink') await inode.target();
          if (inode.kind === 'file') await inode.read(0, Math.min(inode.size, 64 * KIB));
          await tree.find(path);
        } catch (thrown) {
          complain(path, thrown);
        }
      }
    }
  } catch (thrown) {
    complain('', thrown);
  }
  return complained;
}

function reads(reader: Reader, path: string): (input: Buffer) => Promise<boolean> {
  return async (input) => {
    const outcome = await reader.read({
      tree: memoryTree({ [path]: input }),
      allFiles: false,
      signal: new AbortController().signal,
      progress() {},
    });
    if ('found' in outcome && outcome.found.packages !== undefined)
      await outcome.found.packages.ownersOf(['usr/bin/a']).catch((thrown: unknown) => {
        if (!(thrown instanceof NodewardError)) throw thrown;
      });
    return outcome.status !== 'ok';
  };
}

const HEADERS = Array.from({ length: 12 }, (_, i) => ({
  name: `pkg-${i}`,
  blob: makeHeader({
    name: `pkg-${i}`,
    version: `1.${i}`,
    files: Array.from({ length: i * 9 }, (_, j) => `/usr/bin/${j}`),
  }),
}));

const MODULES =
  'path\tk8s.io/kubernetes/cmd/kubelet\nmod\tk8s.io/kubernetes\t(devel)\t\ndep\tgolang.org/x/net\tv0.17.0\t\n=>\t./net\t(devel)\t\nbuild\t-ldflags="-X \'a.b=c\'"\n';

function image(words: string): (folder: string) => readonly Buffer[] {
  return (folder) => {
    const raw = join(folder, 'image.raw');
    const out = join(folder, 'image.out');
    writeFileSync(
      raw,
      Buffer.concat([ext(folder, 'image.ext', ['-t', 'ext4', '-b', '1024']), Buffer.alloc(2 << 20)]),
    );
    run('qemu-img', ['convert', '-f', 'raw', ...words.split(' '), raw, out]);
    return [readFileSync(out)];
  };
}

function partitioned(folder: string): readonly Buffer[] {
  const path = join(folder, 'parts.raw');
  writeFileSync(path, Buffer.alloc(2 << 20));
  run('sgdisk', ['-a', '64', '-n', '1:128:+200K', '-n', '2:1024:+400K', '-c', '2:root', '-U', UUID, path]);
  run('sgdisk', ['-u', `1:${UUID}`, '-u', `2:${UUID}`, path]);
  const gpt = readFileSync(path);
  const mbr = Buffer.alloc(1 << 20);
  mbr.set([0x55, 0xaa], 510);
  mbr.set([0x80, 0, 1, 0, 0x83, 0, 1, 0, 64, 0, 0, 0, 0, 2, 0, 0], 446);
  mbr.set([0, 0, 1, 0, 0x05, 0, 1, 0, 0, 3, 0, 0, 0, 4, 0, 0], 462);
  mbr.set([0, 0, 1, 0, 0x83, 0, 1, 0, 8, 0, 0, 0, 0, 1, 0, 0], 768 * 512 + 446);
  mbr.set([0x55, 0xaa], 768 * 512 + 510);
  return [gpt, mbr];
}

const disk = (name: string, weight: number, more: Pick<Target, 'needs' | 'samples'>): Target => ({
  name,
  weight,
  ...more,
  read: readDisk,
});

/** All targets. The weights follow how much there is to get wrong, and how long one read takes. */
export const TARGETS: readonly Target[] = [
  disk('ext', 9, {
    needs: ['mke2fs'],
    samples: (folder) => [
      ext(folder, 'ext4', ['-t', 'ext4', '-b', '1024']),
      ext(folder, 'unchecked', ['-t', 'ext4', '-b', '1024', '-O', '^metadata_csum']),
      ext(folder, 'inline', ['-t', 'ext4', '-b', '1024', '-O', 'inline_data,^metadata_csum', '-I', '256']),
      ext(folder, 'ext3', ['-t', 'ext3', '-b', '1024']),
    ],
  }),
  disk('xfs', 5, {
    needs: ['mkfs.xfs'],
    samples: (folder) => [
      xfs(folder, 'v5', ['-l', 'size=4m']),
      xfs(folder, 'v4', ['-m', 'crc=0', '-l', 'size=4m']),
    ],
  }),
  disk('partitions', 4, { needs: ['sgdisk'], samples: partitioned }),
  disk('vhd', 2, {
    needs: ['qemu-img', 'mke2fs'],
    samples: image('-O vpc -o subformat=dynamic,force_size=on'),
  }),
  disk('vhdx', 2, { needs: ['qemu-img', 'mke2fs'], samples: image('-O vhdx -o block_size=1M') }),
  disk('vmdk', 2, { needs: ['qemu-img', 'mke2fs'], samples: image('-O vmdk -o subformat=streamOptimized') }),
  disk('qcow2', 3, { needs: ['qemu-img', 'mke2fs'], samples: image('-O qcow2 -c -o cluster_size=4k') }),
  {
    name: 'rpm-sqlite',
    needs: [],
    weight: 4,
    samples: (folder) => {
      writeSqlite(join(folder, 'rpmdb.sqlite'), HEADERS, 1024);
      return [readFileSync(join(folder, 'rpmdb.sqlite'))];
    },
    read: reads(rpmReader, 'var/lib/rpm/rpmdb.sqlite'),
  },
  {
    name: 'rpm-ndb',
    needs: [],
    weight: 3,
    samples: () => [makeNdb(HEADERS, 1)],
    read: reads(rpmReader, 'var/lib/rpm/Packages.db'),
  },
  {
    name: 'rpm-bdb',
    needs: ['db5.3_load'],
    weight: 3,
    samples: (folder) => {
      writeBdb(folder, HEADERS);
      return [readFileSync(join(folder, 'Packages'))];
    },
    read: reads(rpmReader, 'var/lib/rpm/Packages'),
  },
  {
    name: 'dpkg',
    needs: [],
    weight: 4,
    samples: () => [readFileSync(join(ROOTFS, 'var/lib/dpkg/status'))],
    read: reads(dpkgReader, 'var/lib/dpkg/status'),
  },
  {
    name: 'apk',
    needs: [],
    weight: 2,
    samples: () => [
      Buffer.from(
        'C:Q1abc=\nP:musl\nV:1.2.4-r2\nA:x86_64\no:musl\nF:lib\nR:libc.so\n\nP:zlib\nV:1.3-r0\nA:x86_64\n\n',
      ),
    ],
    read: reads(apkReader, 'lib/apk/db/installed'),
  },
  {
    name: 'os-release',
    needs: [],
    weight: 2,
    samples: () => [readFileSync(join(ROOTFS, 'usr/lib/os-release'))],
    read: reads(osReleaseReader, 'usr/lib/os-release'),
  },
  {
    name: 'go-binary',
    needs: [],
    weight: 6,
    samples: () => [
      elfProgram(inlineInfo('go1.21.5', MODULES), {}, linkedSection(['go1.21.5', 'v1.29.2'])),
      elfProgram(pointedInfo('go1.17.5', MODULES), {}, linkedSection(['go1.17.5', 'v1.22.2'])),
    ],
    read: reads(goBinaryReader, 'usr/bin/kubelet'),
  },
];
