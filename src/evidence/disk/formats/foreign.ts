import type { BlockSource } from '../sources/types.ts';
import { matches } from './file.ts';

/** Files that hold a disk but are not read: taken for a raw disk, they would show no partitions or wrong ones. */
const SIGNATURES: readonly (readonly [what: string, offset: number, signature: string])[] = [
  ['a VirtualBox disk (VDI)', 64, '\x7f\x10\xda\xbe'],
  ['a QEMU enhanced disk (QED)', 0, 'QED\0'],
  ['a Parallels disk', 0, 'WithoutFreeSpace'],
  ['a Parallels disk', 0, 'WithouFreSpacExt'],
  ['an EnCase image (E01)', 0, 'EVF\x09\x0d\x0a\xff\0'],
  ['a file packed with gzip', 0, '\x1f\x8b\x08'],
  ['a file packed with xz', 0, '\xfd7zXZ\0'],
  ['a file packed with Zstandard', 0, '\x28\xb5\x2f\xfd'],
  ['a file packed with bzip2', 0, 'BZh'],
  ['a ZIP archive', 0, 'PK\x03\x04'],
  ['a 7-Zip archive', 0, '7z\xbc\xaf\x27\x1c'],
  ['a tar archive (of an OVA, the VMDK in it)', 257, 'ustar'],
];

const READ = 512;

/** What else than a raw disk a file is, in words for a message; null where nothing is known against it. */
export async function foreignFormat(file: BlockSource): Promise<string | null> {
  const start = await file.read(0, Math.min(READ, file.size));
  const found = SIGNATURES.find(([, offset, signature]) => matches(start, offset, signature));
  if (found !== undefined) return found[0];
  if (file.size < READ) return null;
  const end = await file.read(file.size - READ, READ);
  return matches(end, 0, 'koly') ? 'an Apple disk image (DMG)' : null;
}
