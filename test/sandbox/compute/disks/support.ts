import { mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { silent } from '../../../../src/base/log.ts';
import type { OsPackage } from '../../../../src/model/software.ts';
import { type ScanRun, scanEvidence } from '../../../../src/pipeline/scan.ts';
import type { DiskContent } from '../../../../src/sandbox/compute/disks/content.ts';
import { DiskStore } from '../../../../src/sandbox/compute/disks/store.ts';
import { readDisk, type VirtualDisk } from '../../../../src/sandbox/compute/disks/virtual-disk.ts';
import type { SandboxCore } from '../../../../src/sandbox/ports.ts';
import { randomOf } from '../../../../src/sandbox/random.ts';
import { run } from '../../../support/tools.ts';
import { testImages } from '../../support.ts';

/** The part of a sandbox that disks need. */
export function diskCore(folder: string): Pick<SandboxCore, 'folder' | 'images' | 'random'> {
  return { folder, images: testImages(), random: (name) => randomOf(1, name) };
}

/** A store of disks in a folder. */
export function diskStore(folder: string): DiskStore {
  return new DiskStore(diskCore(folder));
}

/** A node's disk of 128 GiB with nothing but its image. */
export function plainDisk(image: string): DiskContent {
  const kernel = testImages().software(image)?.runningKernel ?? '';
  return { kind: 'linux', image, live: null, kernel, drift: null, made: Date.parse('2024-03-01'), size: 128 };
}

/** Writes a disk into a sparse file. */
export async function writeDisk(path: string, disk: VirtualDisk): Promise<void> {
  const file = await open(path, 'w');
  await file.truncate(disk.size);
  for (const { start, end } of disk.extents) {
    let at = start;
    for await (const bytes of readDisk(disk, start, end)) {
      await file.write(bytes, 0, bytes.length, at);
      at += bytes.length;
    }
  }
  await file.close();
}

/** How scans run here. */
export const SCAN: ScanRun = {
  worker: new URL('../../../../src/evidence/scan/worker.ts', import.meta.url),
  progress: silent,
  signal: new AbortController().signal,
  allFiles: true,
};

/** Scans a disk by its path or URL. */
export function scanned(location: string): ReturnType<typeof scanEvidence> {
  return scanEvidence({ kind: 'disk', location, partition: null }, SCAN);
}

/** Packages as sorted lines: name, version, architecture. */
export function lines(packages: readonly Pick<OsPackage, 'name' | 'version' | 'arch'>[]): string[] {
  return packages.map(({ name, version, arch }) => `${name} ${version} ${arch}`).sort();
}

/** Takes the files out of a file system, as its own tools do. */
export function takeOut(fileSystem: string, folder: string): string {
  const root = join(folder, 'root');
  mkdirSync(root, { recursive: true });
  run('debugfs', ['-R', `rdump / ${root}`, fileSystem]);
  return root;
}
