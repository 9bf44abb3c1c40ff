import { type DatabaseFile, damaged, readExactly } from '../types.ts';
import type { Overlay } from './wal.ts';

const MAGIC = Buffer.from('d9d505f920a163d7', 'hex');
const HEADER_BYTES = 28;
/** The number of records that stands for "as many as the file holds". */
const ALL = 0xffff_ffff;

/**
 * Reads a rollback journal (SQLite's file format, 3 "The Rollback Journal"): the pages as they were before the
 * transaction that was under way, which the machine itself would put back. Null where the journal is of a transaction
 * that has ended: it is empty, or its header was overwritten with zeros.
 * @throws NodewardError disk-damaged; as inodes do
 */
export async function readJournal(file: Pick<DatabaseFile, 'path' | 'inode'>): Promise<Overlay | null> {
  const { size } = file.inode;
  if (size === 0) return null;
  const first = await readExactly(file, 0, HEADER_BYTES);
  if (first.every((byte) => byte === 0)) return null;
  const sectorSize = first.readUInt32BE(20);
  const pageSize = first.readUInt32BE(24);
  if (!first.subarray(0, 8).equals(MAGIC) || !isSize(sectorSize, 32) || !isSize(pageSize, 512))
    throw damaged(file.path, 'the rollback journal has no valid header');

  const pages = new Map<number, number>();
  for (let at = 0; at + HEADER_BYTES <= size; ) {
    const header = at === 0 ? first : await readExactly(file, at, HEADER_BYTES);
    if (!header.subarray(0, 8).equals(MAGIC)) break;
    const stated = header.readUInt32BE(8);
    const room = Math.floor((size - at - sectorSize) / (pageSize + 8));
    if (stated !== ALL && stated > room) throw damaged(file.path, 'the rollback journal is cut off');
    const records = { start: at + sectorSize, count: stated === ALL ? Math.max(0, room) : stated };
    await readRecords(file, { ...records, pageSize, nonce: header.readUInt32BE(12) }, pages);
    if (records.count === 0) break;
    const end = records.start + records.count * (pageSize + 8);
    at = Math.ceil(end / sectorSize) * sectorSize;
  }
  return { file, pages, pageSize, pageCount: first.readUInt32BE(16), doubt: null };
}

interface Records {
  readonly start: number;
  readonly count: number;
  readonly pageSize: number;
  readonly nonce: number;
}

async function readRecords(
  file: Pick<DatabaseFile, 'path' | 'inode'>,
  { start, count, pageSize, nonce }: Records,
  pages: Map<number, number>,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const at = start + i * (pageSize + 8);
    const record = await readExactly(file, at, pageSize + 8);
    let sum = nonce;
    for (let byte = pageSize - 200; byte > 0; byte -= 200) sum += record[4 + byte] ?? 0;
    const page = record.readUInt32BE(0);
    if (page === 0 || record.readUInt32BE(pageSize + 4) !== sum >>> 0)
      throw damaged(file.path, `record ${i + 1} of the rollback journal has a wrong checksum`);
    // The first copy is the oldest: what was there before the transaction.
    if (!pages.has(page)) pages.set(page, at + 4);
  }
}

function isSize(size: number, least: number): boolean {
  return size >= least && size <= 65_536 && (size & (size - 1)) === 0;
}
