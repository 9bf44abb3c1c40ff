import { NodewardError } from '../../../base/errors.ts';
import type { BlockSource } from '../sources/types.ts';
import { type Gpt, type GptCopy, partitionOf, readGptCopy } from './gpt.ts';
import { type BootEntry, type BootSector, readBootSector, readMbr } from './mbr.ts';
import type { Partition, PartitionTable } from './types.ts';

const SECTORS = [512, 4096] as const;
const WHOLE_DISK = 0;
/** What holds a GPT of 128 entries, whatever the size of a sector. */
const TABLE = 24 * 1024;
/** Of one kind; further ones are counted. */
const MAX_PROBLEMS = 16;

/**
 * The partitions of a disk: of its GPT, else of its master boot record. Without either, the whole disk is what there
 * is, as partition 0. Partitions that lead beyond the end of the disk are listed with the place the table gives.
 *
 * A GPT counts where a protective boot record announces it, and where there is no boot record at all: its first
 * sector may have been overwritten. Since such a GPT may also be left from an earlier use of the disk, the whole disk
 * is then listed beside its partitions.
 * @throws NodewardError disk-damaged where there is a GPT and neither copy of it can be read
 */
export async function readPartitions(disk: BlockSource): Promise<PartitionTable> {
  if (disk.size < SECTORS[0]) return { scheme: 'none', partitions: [wholeDisk(disk)], problems: [] };
  disk.prefetch(0, Math.min(disk.size, TABLE));
  const boot = readBootSector(await disk.read(0, SECTORS[0]));
  if (boot.kind === 'mbr') return mbrTable(disk, boot.entries);
  // A GPT behind the boot sector of a file system is left from an earlier use of the disk.
  if (boot.kind === 'volume') return { scheme: 'none', partitions: [wholeDisk(disk)], problems: [] };
  const problems: string[] = [];
  const gpt = await findGpt(disk, boot, problems);
  if (gpt !== null) return gptTable(disk, { gpt, boot, problems });
  if (boot.kind === 'implausible')
    problems.push('the boot sector has the signature of a partition table, but no plausible entries');
  return { scheme: 'none', partitions: [wholeDisk(disk)], problems };
}

/** The primary GPT, or its backup where that is damaged; null where there is none. */
async function findGpt(disk: BlockSource, boot: BootSector, problems: string[]): Promise<Gpt | null> {
  const primary = await readPrimary(disk);
  if (primary.kind === 'valid') return primary.gpt;
  const backup = await findBackup(disk, primary);
  const state = primary.kind === 'damaged' ? `is damaged (${primary.reason})` : 'is missing';
  if (backup.kind === 'valid') {
    problems.push(`the primary GPT ${state}; its backup at the end of the disk was used`);
    return backup.gpt;
  }
  if (primary.kind === 'absent' && boot.kind !== 'protective') {
    // The end of a file system on the whole disk may have overwritten part of an old backup.
    if (backup.kind === 'damaged')
      problems.push(`a GPT at the end of the disk is damaged (${backup.reason}); none is at its beginning`);
    return null;
  }
  const other =
    backup.kind === 'damaged' ? `its backup is damaged too (${backup.reason})` : 'no backup is there';
  const detail = `the primary GPT ${state}, and ${other}: the partitions cannot be found`;
  throw new NodewardError('disk-damaged', `${disk.name}: ${detail}`, { place: disk.name });
}

async function readPrimary(disk: BlockSource): Promise<GptCopy> {
  return worth(await Promise.all(SECTORS.map((sector) => readGptCopy(disk, { sector, number: 1 }))));
}

/** The backup is in the last sector, or where a primary header says that can be trusted so far. */
async function findBackup(disk: BlockSource, primary: GptCopy): Promise<GptCopy> {
  const alternate = primary.kind === 'damaged' ? primary.alternate : null;
  const places = SECTORS.flatMap((sector) => {
    const last = Math.floor(disk.size / sector) - 1;
    return [last, ...(alternate === null || alternate === last ? [] : [alternate])].map((number) => ({
      sector,
      number,
    }));
  });
  return worth(await Promise.all(places.map((place) => readGptCopy(disk, place))));
}

/** Of copies at places that exclude each other, the one that tells most. */
function worth(copies: readonly GptCopy[]): GptCopy {
  const of = (kind: GptCopy['kind']) => copies.find((copy) => copy.kind === kind);
  return of('valid') ?? of('damaged') ?? { kind: 'absent' };
}

interface FoundGpt {
  readonly gpt: Gpt;
  readonly boot: BootSector;
  readonly problems: string[];
}

function gptTable(disk: BlockSource, { gpt, boot, problems }: FoundGpt): PartitionTable {
  const partitions: Partition[] = [];
  const impossible: string[] = [];
  if (boot.kind !== 'protective') {
    problems.push('the protective boot record before the GPT is missing');
    partitions.push(wholeDisk(disk));
  }
  for (const entry of gpt.entries) {
    const partition = partitionOf(entry, gpt.sector);
    if (partition !== null) partitions.push(partition);
    else
      impossible.push(
        `partition ${entry.number} has an impossible place (sectors ${entry.first} to ${entry.last})`,
      );
  }
  problems.push(...atMost(impossible, MAX_PROBLEMS));
  const end = (Math.max(gpt.alternate, 1) + 1) * gpt.sector;
  if (end > disk.size)
    problems.push(`the disk was made with ${end} bytes and has ${disk.size}: its end is missing`);
  problems.push(...placeProblems(disk, partitions));
  return { scheme: 'gpt', partitions, problems };
}

async function mbrTable(disk: BlockSource, entries: readonly BootEntry[]): Promise<PartitionTable> {
  const problems: string[] = [];
  const partitions = await readMbr(disk, entries, problems);
  problems.push(...placeProblems(disk, partitions));
  const gpt = await readPrimary(disk);
  if (gpt.kind !== 'absent')
    problems.push('a GPT is there as well, which the boot record does not announce: it was not used');
  return { scheme: 'mbr', partitions, problems };
}

/** Partitions that lead beyond the end or overlap. */
function placeProblems(disk: BlockSource, partitions: readonly Partition[]): string[] {
  const real = partitions.filter(({ number }) => number !== WHOLE_DISK);
  const beyond = real
    .filter(({ offset, size }) => offset + size > disk.size)
    .map(({ number, offset, size }) => {
      const missing = offset + size - disk.size;
      return `partition ${number} leads beyond the end of the disk by ${missing} bytes`;
    });
  const sorted = real.toSorted((a, b) => a.offset - b.offset);
  const overlaps: string[] = [];
  let widest: Partition | undefined;
  for (const partition of sorted) {
    if (widest !== undefined && widest.offset + widest.size > partition.offset)
      overlaps.push(`partitions ${widest.number} and ${partition.number} overlap`);
    if (widest === undefined || partition.offset + partition.size > widest.offset + widest.size)
      widest = partition;
  }
  return atMost(beyond, MAX_PROBLEMS).concat(atMost(overlaps, MAX_PROBLEMS));
}

function atMost(problems: readonly string[], most: number): string[] {
  const more = problems.length - most;
  return more <= 0 ? [...problems] : [...problems.slice(0, most), `and ${more} more such partitions`];
}

function wholeDisk({ size }: BlockSource): Partition {
  return { number: WHOLE_DISK, offset: 0, size, type: null, name: '' };
}
