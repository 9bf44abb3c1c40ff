import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../support/tools.ts';

/** A sparse file of this many MiB. */
export function blankDisk(folder: string, name: string, mib: number): string {
  const path = join(folder, name);
  writeFileSync(path, '');
  truncateSync(path, mib * 2 ** 20);
  return path;
}

/** A disk partitioned as the images of Azure are: BIOS boot, EFI system and root, with the numbers out of order. */
export function azureDisk(folder: string, name: string): string {
  const path = blankDisk(folder, name, 128);
  const boot = ['-n', '14:2048:+4M', '-t', '14:ef02'];
  const efi = ['-n', '15:0:+106M', '-t', '15:ef00'];
  const root = ['-n', '1:0:0', '-t', '1:8300', '-c', '1:root'];
  run('sgdisk', [...boot, ...efi, ...root, path]);
  return path;
}

/** The disk's bytes with some overwritten. */
export function patched(path: string, patches: Readonly<Record<number, Uint8Array | number>>): Buffer {
  const bytes = readFileSync(path);
  for (const [offset, patch] of Object.entries(patches)) {
    if (typeof patch === 'number') bytes.writeUInt8(patch, Number(offset));
    else bytes.set(patch, Number(offset));
  }
  return bytes;
}

/** What util-linux finds on a disk: number, offset and size in bytes. */
export function partxPartitions(path: string, sectorBytes = 512): [number, number, number][] {
  const lines = run('partx', ['-g', '-S', String(sectorBytes), '-o', 'NR,START,SECTORS', path]);
  return lines
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number, number])
    .map(([number, start, count]): [number, number, number] => [number, start * 512, count * 512])
    .sort(([a], [b]) => a - b);
}

/** Runs something on a loop device with sectors of 4096 bytes over a file. */
export function withLargeSectors(path: string, use: (device: string) => void): void {
  const device = run('losetup', ['--find', '--show', '--sector-size', '4096', path]).trim();
  try {
    use(device);
  } finally {
    run('losetup', ['--detach', device]);
  }
}
