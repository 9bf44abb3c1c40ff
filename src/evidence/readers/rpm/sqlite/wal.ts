import { type DatabaseFile, damaged, readExactly } from '../types.ts';

const MAGIC_LITTLE = 0x377f_0682;
const MAGIC_BIG = 0x377f_0683;
const VERSION = 3_007_000;
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** How much of the log is read at once, about. */
const CHUNK_BYTES = 1 << 20;

/** Pages that replace those of the database file, and what the whole database then has. */
export interface Overlay {
  /** The file they are in. */
  readonly file: Pick<DatabaseFile, 'path' | 'inode'>;
  /** By page number, from 1: the byte of the file that the page begins at. */
  readonly pages: ReadonlyMap<number, number>;
  readonly pageSize: number;
  /** Pages of the database. */
  readonly pageCount: number;
  /** What makes it doubtful that this is everything; null where nothing does. */
  readonly doubt: string | null;
}

type Sums = readonly [number, number];

/**
 * Reads a write-ahead log (SQLite's file format, 4 "The Write-Ahead Log"): the newest copy of each page up to the last
 * commit. Null where nothing was committed. What lies behind the last valid frame is no part of the database: frames of
 * an earlier run, with other salts, or of a transaction under way, whose checksums SQLite may set only when it commits.
 * A commit of this run that lies there means that frames before it are damaged, or were not on the disk yet when it was
 * copied.
 * @throws NodewardError disk-damaged where the log has no valid header; as inodes do
 */
export async function readWal(file: Pick<DatabaseFile, 'path' | 'inode'>): Promise<Overlay | null> {
  if (file.inode.size === 0) return null;
  const header = await readExactly(file, 0, HEADER_BYTES);
  const magic = header.readUInt32BE(0);
  const pageSize = header.readUInt32BE(8);
  const fits = pageSize >= 512 && pageSize <= 65_536 && (pageSize & (pageSize - 1)) === 0;
  if ((magic !== MAGIC_LITTLE && magic !== MAGIC_BIG) || header.readUInt32BE(4) !== VERSION || !fits)
    throw damaged(file.path, 'the write-ahead log has no valid header');
  const little = magic === MAGIC_LITTLE;
  const sums = checksum(header.subarray(0, 24), [0, 0], little);
  if (!holds(header, 24, sums))
    throw damaged(file.path, 'the header of the write-ahead log has a wrong checksum');
  return readFrames(file, { pageSize, little, salts: header.subarray(16, 24), sums });
}

interface Log {
  readonly pageSize: number;
  readonly little: boolean;
  readonly salts: Buffer;
  readonly sums: Sums;
}

async function readFrames(file: Pick<DatabaseFile, 'path' | 'inode'>, log: Log): Promise<Overlay | null> {
  const { pageSize, little, salts } = log;
  const pages = new Map<number, number>();
  const pending = new Map<number, number>();
  let sums = log.sums;
  let pageCount = 0;
  let valid = true;
  let doubt: string | null = null;
  for await (const { bytes, at, number } of framesOf(file, pageSize)) {
    const ours = bytes.subarray(8, 16).equals(salts);
    const committed = bytes.readUInt32BE(4);
    const page = bytes.readUInt32BE(0);
    if (valid && ours) {
      sums = checksum(bytes.subarray(0, 8), sums, little);
      sums = checksum(bytes.subarray(FRAME_HEADER_BYTES), sums, little);
    }
    valid &&= ours && page !== 0 && holds(bytes, 16, sums);
    if (!valid && ours && committed !== 0)
      doubt = `the transaction that ends in frame ${number} is damaged or was being written; it is not read`;
    if (!valid) continue;
    pending.set(page, at + FRAME_HEADER_BYTES);
    if (committed === 0) continue;
    pageCount = committed;
    for (const [key, value] of pending) pages.set(key, value);
    pending.clear();
  }
  return pageCount === 0 && doubt === null ? null : { file, pages, pageSize, pageCount, doubt };
}

interface Frame {
  readonly bytes: Buffer;
  /** The byte of the log that it begins at, and its number from 1. */
  readonly at: number;
  readonly number: number;
}

async function* framesOf(
  file: Pick<DatabaseFile, 'path' | 'inode'>,
  pageSize: number,
): AsyncGenerator<Frame> {
  const frameBytes = FRAME_HEADER_BYTES + pageSize;
  const frames = Math.floor((file.inode.size - HEADER_BYTES) / frameBytes);
  const batch = Math.max(1, Math.floor(CHUNK_BYTES / frameBytes));
  for (let from = 0; from < frames; from += batch) {
    const at = HEADER_BYTES + from * frameBytes;
    const chunk = await readExactly(file, at, Math.min(batch, frames - from) * frameBytes);
    for (let start = 0; start < chunk.length; start += frameBytes) {
      const bytes = chunk.subarray(start, start + frameBytes);
      yield { bytes, at: at + start, number: from + start / frameBytes + 1 };
    }
  }
}

function holds(bytes: Buffer, at: number, sums: Sums): boolean {
  return bytes.readUInt32BE(at) === sums[0] && bytes.readUInt32BE(at + 4) === sums[1];
}

/** Goes on with the checksum over these bytes, a multiple of 8, as words in the order of the log. */
function checksum(bytes: Buffer, [start0, start1]: Sums, little: boolean): Sums {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let s0 = start0;
  let s1 = start1;
  for (let at = 0; at < bytes.length; at += 8) {
    s0 = (s0 + view.getUint32(at, little) + s1) >>> 0;
    s1 = (s1 + view.getUint32(at + 4, little) + s0) >>> 0;
  }
  return [s0, s1];
}
