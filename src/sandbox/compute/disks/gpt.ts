import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Bytes of a sector. */
export const SECTOR = 512;
const ENTRIES = 128;
const ENTRY = 128;
/** Sectors of the table of partitions. */
const TABLE = (ENTRIES * ENTRY) / SECTOR;

/** Types of partitions. */
export const PARTITION_TYPES = {
  linux: '0fc63daf-8483-4772-8e79-3d69d8477de4',
  bios: '21686148-6449-6e6f-744e-656564454649',
  efi: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  reserved: 'e3c9e316-0b5c-4db8-817d-f92df00215ae',
  data: 'ebd0a0a2-b9e5-4433-87c0-68b6b72699c7',
} as const;

/** One partition; sectors, the last one included. */
export interface NewPartition {
  readonly number: number;
  readonly type: string;
  readonly first: number;
  readonly last: number;
}

/** The last sector that partitions of a disk can have. */
export function lastUsable(sectors: number): number {
  return sectors - TABLE - 2;
}

/**
 * The two copies of a partition table (UEFI 2.10, chapter 5.3): `head` begins the disk, `tail` ends it.
 * @param seed what its GUIDs are made from
 */
export function makeGpt(
  sectors: number,
  partitions: readonly NewPartition[],
  seed: string,
): { readonly head: Buffer; readonly tail: Buffer } {
  const table = Buffer.alloc(TABLE * SECTOR);
  for (const partition of partitions) {
    const entry = table.subarray((partition.number - 1) * ENTRY, partition.number * ENTRY);
    guidBytes(partition.type).copy(entry, 0);
    guidBytes(guidFrom(`${seed} ${partition.number}`)).copy(entry, 16);
    entry.writeBigUInt64LE(BigInt(partition.first), 32);
    entry.writeBigUInt64LE(BigInt(partition.last), 40);
  }
  const disk = guidBytes(guidFrom(seed));
  const primary = header({ own: 1, other: sectors - 1, table: 2, sectors }, table, disk);
  const backup = header({ own: sectors - 1, other: 1, table: sectors - 1 - TABLE, sectors }, table, disk);
  return {
    head: Buffer.concat([protectiveMbr(sectors), primary, table]),
    tail: Buffer.concat([table, backup]),
  };
}

function header(
  at: { readonly own: number; readonly other: number; readonly table: number; readonly sectors: number },
  table: Buffer,
  disk: Buffer,
): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes.write('EFI PART', 0, 'latin1');
  bytes.writeUInt32LE(0x00010000, 8);
  bytes.writeUInt32LE(92, 12);
  bytes.writeBigUInt64LE(BigInt(at.own), 24);
  bytes.writeBigUInt64LE(BigInt(at.other), 32);
  bytes.writeBigUInt64LE(BigInt(TABLE + 2), 40);
  bytes.writeBigUInt64LE(BigInt(lastUsable(at.sectors)), 48);
  disk.copy(bytes, 56);
  bytes.writeBigUInt64LE(BigInt(at.table), 72);
  bytes.writeUInt32LE(ENTRIES, 80);
  bytes.writeUInt32LE(ENTRY, 84);
  bytes.writeUInt32LE(crc32(table), 88);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 92)), 16);
  return bytes;
}

/** One partition over all of the disk, for tools that do not know GPT. */
function protectiveMbr(sectors: number): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes.set([0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff], 446);
  bytes.writeUInt32LE(1, 454);
  bytes.writeUInt32LE(Math.min(sectors - 1, 0xffffffff), 458);
  bytes.set([0x55, 0xaa], 510);
  return bytes;
}

/** A GUID that follows from a text. */
export function guidFrom(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The first three groups are little-endian. */
function guidBytes(guid: string): Buffer {
  const bytes = Buffer.from(guid.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
