import type { BlockSource } from '../sources/types.ts';
import { qcow2 } from './qcow2.ts';
import { raw } from './raw.ts';
import type { DiskFormat, DiskImage } from './types.ts';
import { vhd } from './vhd.ts';
import { vhdx } from './vhdx.ts';
import { vmdk } from './vmdk.ts';

/** All formats, in the order they are asked: raw takes everything and is the last one. */
export const FORMATS: readonly DiskFormat[] = [qcow2, vmdk, vhdx, vhd, raw];

/**
 * Opens a disk image in the format its signature says.
 * @throws NodewardError disk-damaged, disk-unsupported, and the errors of the source
 */
export async function openImage(file: BlockSource): Promise<DiskImage> {
  for (const format of FORMATS) if (await format.detect(file)) return format.open(file);
  return raw.open(file);
}
