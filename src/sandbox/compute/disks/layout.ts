import { createCipheriv, createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { DiskContent } from './content.ts';
import { lastUsable, makeGpt, type NewPartition, PARTITION_TYPES, SECTOR } from './gpt.ts';
import { vhdFooter } from './vhd.ts';
import { type Extent, fileExtents, type VirtualDisk } from './virtual-disk.ts';

const GIB = 2 ** 30;
/** The first sector of the root, as in Azure's images of Ubuntu: before it are those the firmware boots from. */
const ROOT = 227_328;
/** The same of Windows' own partition. */
const WINDOWS = 1_259_520;
/** How much of an encrypted partition is there: enough that nobody takes it for empty. */
const CIPHERTEXT = 2 ** 20;

/**
 * The OS disk of a node as a fixed VHD: partition tables, what is in the partition that counts, zeros, the footer.
 * @param root the file with the root's file system, named after its content; null where the disk holds none that can be read
 */
export async function layOut(content: DiskContent, root: string | null): Promise<VirtualDisk> {
  const size = content.size * GIB;
  const sectors = size / SECTOR;
  const digest = createHash('sha256')
    .update(JSON.stringify([content, root === null ? null : basename(root)]))
    .digest('hex');
  const { head, tail } = makeGpt(sectors, partitionsOf(content, sectors), digest);
  const footer = vhdFooter(size, { seed: digest, made: Math.floor(content.made / 1000) });
  const extents: Extent[] = [
    extent(0, head),
    ...(root === null ? [unreadable(content, digest)] : await fileExtents(root, ROOT * SECTOR)),
    extent(size - tail.length, Buffer.concat([tail, footer])),
  ];
  return { size: size + SECTOR, extents, digest };
}

function extent(start: number, bytes: Buffer): Extent {
  return { start, end: start + bytes.length, bytes };
}

function partitionsOf({ kind }: DiskContent, sectors: number): readonly NewPartition[] {
  const { linux, bios, efi, reserved, data } = PARTITION_TYPES;
  const last = lastUsable(sectors);
  if (kind === 'windows')
    return [
      { number: 1, type: efi, first: 2048, last: 1_026_047 },
      { number: 2, type: reserved, first: 1_026_048, last: WINDOWS - 1 },
      { number: 3, type: data, first: WINDOWS, last },
    ];
  return [
    { number: 1, type: linux, first: ROOT, last },
    { number: 14, type: bios, first: 2048, last: 10_239 },
    { number: 15, type: efi, first: 10_240, last: ROOT - 1 },
  ];
}

/** Ciphertext, or the boot sector of an NTFS whose files are left out. */
function unreadable({ kind }: DiskContent, digest: string): Extent {
  if (kind === 'windows') return extent(WINDOWS * SECTOR, ntfsBootSector());
  const cipher = createCipheriv('aes-256-ctr', Buffer.from(digest, 'hex'), Buffer.alloc(16));
  return extent(ROOT * SECTOR, cipher.update(Buffer.alloc(CIPHERTEXT)));
}

function ntfsBootSector(): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes.set([0xeb, 0x52, 0x90]);
  bytes.write('NTFS    ', 3, 'latin1');
  bytes.writeUInt16LE(SECTOR, 11);
  bytes.writeUInt8(8, 13);
  bytes.set([0x55, 0xaa], 510);
  return bytes;
}
