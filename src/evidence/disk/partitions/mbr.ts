import type { BlockSource } from '../sources/types.ts';
import type { Partition } from './types.ts';

/** A master boot record counts in sectors of this size; nothing on the disk tells another one. */
const SECTOR = 512;
const ENTRIES = 446;
const ENTRY = 16;
const EXTENDED: ReadonlySet<number> = new Set([0x05, 0x0f, 0x85]);
const PROTECTIVE = 0xee;
/** Far more logical partitions than any tool makes. */
const MAX_LOGICAL = 256;
const FIRST_LOGICAL = 5;

/** One of the four entries of a boot record. Counts in sectors. */
export interface BootEntry {
  readonly status: number;
  readonly type: number;
  readonly start: number;
  readonly count: number;
}

/** What the first sector of a disk is. */
export type BootSector =
  /** It has not the signature of one. */
  | { readonly kind: 'none' }
  /** The boot sector of a file system (FAT, exFAT, NTFS), which bears the same signature. */
  | { readonly kind: 'volume' }
  /** It has the signature, and entries that no tool writes. */
  | { readonly kind: 'implausible' }
  | { readonly kind: 'protective' }
  /** A master boot record without any partition: also what a boot loader leaves on a disk without a table. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'mbr'; readonly entries: readonly BootEntry[] };

/** Tells what the first sector of a disk is. */
export function readBootSector(sector: Uint8Array): BootSector {
  if (!hasSignature(sector)) return { kind: 'none' };
  const entries = entriesOf(sector);
  if (entries.some(({ type }) => type === PROTECTIVE)) return { kind: 'protective' };
  const used = entries.filter(isUsed);
  const plausible = entries.every(({ status }) => status === 0 || status === 0x80);
  if (plausible && used.length > 0 && used.every(({ start }) => start > 0)) return { kind: 'mbr', entries };
  if (isVolume(sector)) return { kind: 'volume' };
  return { kind: plausible && used.length === 0 ? 'empty' : 'implausible' };
}

/**
 * The partitions of a master boot record: the primary ones with the numbers of their entries, the logical ones of
 * an extended partition from 5 on. The extended partition itself, which only holds others, is left out.
 */
export async function readMbr(
  disk: BlockSource,
  entries: readonly BootEntry[],
  problems: string[],
): Promise<Partition[]> {
  const partitions: Partition[] = [];
  const logical: Partition[] = [];
  for (const [index, entry] of entries.entries()) {
    if (!isUsed(entry)) continue;
    if (EXTENDED.has(entry.type)) await readChain(disk, entry.start, { found: logical, problems });
    else partitions.push(partition(index + 1, entry.start, entry));
  }
  return [...partitions, ...logical];
}

interface Chain {
  readonly found: Partition[];
  readonly problems: string[];
}

/** Logical partitions are a chain of boot records: one entry each for the partition and for the next record. */
async function readChain(disk: BlockSource, base: number, { found, problems }: Chain): Promise<void> {
  const visited = new Set<number>();
  for (let at = base; ; ) {
    const fault = await linkFault(disk, at, visited);
    if (fault !== null) {
      problems.push(
        `the chain of logical partitions breaks at sector ${at}, so those after it are unknown: ${fault}`,
      );
      return;
    }
    visited.add(at);
    const used = entriesOf(await disk.read(at * SECTOR, SECTOR))
      .slice(0, 2)
      .filter(isUsed);
    const own = used.find(({ type }) => !EXTENDED.has(type));
    const next = used.find(({ type }) => EXTENDED.has(type));
    if (own !== undefined) found.push(partition(FIRST_LOGICAL + found.length, at + own.start, own));
    if (next === undefined) return;
    at = base + next.start;
  }
}

async function linkFault(
  disk: BlockSource,
  at: number,
  visited: ReadonlySet<number>,
): Promise<string | null> {
  if (visited.has(at)) return 'it leads back to itself';
  if (visited.size >= MAX_LOGICAL) return `it has more than ${MAX_LOGICAL} records`;
  if ((at + 1) * SECTOR > disk.size) return 'it leads beyond the end of the disk';
  return hasSignature(await disk.read(at * SECTOR, SECTOR)) ? null : 'the record there has no signature';
}

function partition(number: number, start: number, { type, count }: BootEntry): Partition {
  return {
    number,
    offset: start * SECTOR,
    size: count * SECTOR,
    type: type.toString(16).padStart(2, '0'),
    name: '',
  };
}

function hasSignature(sector: Uint8Array): boolean {
  return sector[510] === 0x55 && sector[511] === 0xaa;
}

function entriesOf(sector: Uint8Array): BootEntry[] {
  const view = new DataView(sector.buffer, sector.byteOffset, sector.byteLength);
  return [0, 1, 2, 3].map((index) => {
    const at = ENTRIES + index * ENTRY;
    return {
      status: view.getUint8(at),
      type: view.getUint8(at + 4),
      start: view.getUint32(at + 8, true),
      count: view.getUint32(at + 12, true),
    };
  });
}

function isUsed({ type, count }: BootEntry): boolean {
  return type !== 0 && count !== 0;
}

/** Whether the sector holds the parameters of a FAT, exFAT or NTFS volume where a boot record holds code. */
function isVolume(sector: Uint8Array): boolean {
  const view = new DataView(sector.buffer, sector.byteOffset, sector.byteLength);
  const system = Buffer.from(sector.subarray(3, 11)).toString('latin1');
  if (system === 'NTFS    ' || system === 'EXFAT   ') return true;
  const sectorBytes = view.getUint16(11, true);
  const clusterSectors = view.getUint8(13);
  return (
    isPowerOfTwo(sectorBytes) &&
    sectorBytes >= 512 &&
    sectorBytes <= 4096 &&
    isPowerOfTwo(clusterSectors) &&
    view.getUint16(14, true) > 0 &&
    (view.getUint8(16) === 1 || view.getUint8(16) === 2) &&
    (view.getUint8(21) === 0xf0 || view.getUint8(21) >= 0xf8)
  );
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0;
}
