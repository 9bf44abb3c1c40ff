import { problemOf } from '../../outcome.ts';
import {
  type DatabaseFile,
  damaged,
  type HeaderBlob,
  type HeaderStore,
  MAX_BLOB_BYTES,
  type Report,
  readExactly,
} from '../types.ts';
import { adler32 } from './adler32.ts';

/** The little-endian words that begin the database, a slot, a blob and a blob's end: `RpmP`, `Slot`, `BlbS`, `BlbE`. */
const MAGIC = { database: 0x506d_7052, slot: 0x746f_6c53, blob: 0x5362_6c42, end: 0x4562_6c42 } as const;
const VERSION = 0;
const HEADER_BYTES = 32;
const SLOT_BYTES = 16;
const BLOCK_BYTES = 16;
const PAGE_BYTES = 4096;
const HEAD_BYTES = 16;
const TAIL_BYTES = 12;
/** Pages of slots, 256 each. */
const MAX_SLOT_PAGES = 4096;
const CHUNK_BYTES = 1 << 20;

/** Where one header is. */
interface Slot {
  readonly package: number;
  /** In blocks of 16 bytes. */
  readonly offset: number;
  readonly count: number;
}

/**
 * Opens rpm's own backend "ndb" (rpmpkg of rpm's sources): a header, pages of slots, and blobs with an Adler-32 each.
 * All numbers are little-endian. Between the blobs there are only zeros, which is checked: a header without a slot
 * is one that the database has lost, or that was being written.
 * @throws NodewardError disk-damaged where the file is no such database or its slots are damaged; as inodes do
 */
export async function openNdb(file: DatabaseFile): Promise<HeaderStore> {
  const header = await readExactly(file, 0, HEADER_BYTES);
  if (header.readUInt32LE(0) !== MAGIC.database || header.readUInt32LE(4) !== VERSION)
    throw damaged(file.path, 'it is no ndb database of a known version');
  const pages = header.readUInt32LE(12);
  if (pages < 1 || pages > MAX_SLOT_PAGES) throw damaged(file.path, `it states ${pages} pages of slots`);
  const slots = slotsOf(await readExactly(file, 0, pages * PAGE_BYTES), file);
  return {
    async *blobs() {
      for (const slot of slots) {
        const place = `${file.path} package ${slot.package}`;
        yield { place, read: () => readBlob(file, slot, place) } satisfies HeaderBlob;
      }
    },
    check: (report) => checkGaps(file, { slots, start: pages * PAGE_BYTES }, report),
  };
}

/** The slots in use, in the order of their blobs. */
function slotsOf(bytes: Buffer, { path, inode }: DatabaseFile): readonly Slot[] {
  const slots: Slot[] = [];
  const packages = new Set<number>();
  for (let at = HEADER_BYTES; at < bytes.length; at += SLOT_BYTES) {
    const place = `${path} slot ${at / SLOT_BYTES}`;
    if (bytes.readUInt32LE(at) !== MAGIC.slot)
      throw damaged(place, `slot ${at / SLOT_BYTES} has no magic number`);
    const [number, offset, count] = [4, 8, 12].map((field) => bytes.readUInt32LE(at + field));
    if (number === undefined || offset === undefined || count === undefined) continue;
    if (number === 0 && offset === 0 && count === 0) continue;
    const outside = offset * BLOCK_BYTES < bytes.length || (offset + count) * BLOCK_BYTES > inode.size;
    if (number === 0 || count === 0 || outside)
      throw damaged(place, `slot ${at / SLOT_BYTES} points outside of the file`);
    if (packages.has(number)) throw damaged(place, `package ${number} has two slots`);
    packages.add(number);
    slots.push({ package: number, offset, count });
  }
  slots.sort((a, b) => a.offset - b.offset);
  for (const [i, slot] of slots.entries()) {
    const next = slots[i + 1];
    if (next !== undefined && slot.offset + slot.count > next.offset)
      throw damaged(path, `the blobs of packages ${slot.package} and ${next.package} overlap`);
  }
  return slots;
}

async function readBlob(file: DatabaseFile, slot: Slot, place: string): Promise<Buffer> {
  const length = slot.count * BLOCK_BYTES;
  if (length > MAX_BLOB_BYTES) throw damaged(place, `it states ${length} bytes`);
  const bytes = await readExactly(file, slot.offset * BLOCK_BYTES, length);
  const size = length < HEAD_BYTES + TAIL_BYTES ? -1 : bytes.readUInt32LE(12);
  const blocks = Math.ceil((HEAD_BYTES + size + TAIL_BYTES) / BLOCK_BYTES);
  const tail = length - TAIL_BYTES;
  if (size < 0 || blocks !== slot.count || bytes.readUInt32LE(0) !== MAGIC.blob)
    throw damaged(place, 'its blob has no valid head');
  if (bytes.readUInt32LE(4) !== slot.package)
    throw damaged(place, 'its slot leads to the blob of another package');
  if (bytes.readUInt32LE(tail + 4) !== size || bytes.readUInt32LE(tail + 8) !== MAGIC.end)
    throw damaged(place, 'its blob has no valid end');
  if (adler32(bytes.subarray(0, tail)) !== bytes.readUInt32LE(tail))
    throw damaged(place, 'its blob does not match its checksum');
  return bytes.subarray(HEAD_BYTES, HEAD_BYTES + size);
}

interface Layout {
  readonly slots: readonly Slot[];
  readonly start: number;
}

async function checkGaps(file: DatabaseFile, { slots, start }: Layout, report: Report): Promise<void> {
  let at = start;
  const ends = [...slots, { offset: Math.floor(file.inode.size / BLOCK_BYTES), count: 0 }];
  if (file.inode.size % BLOCK_BYTES !== 0) report({ place: file.path, why: 'the file is cut off' });
  for (const { offset, count } of ends) {
    const end = offset * BLOCK_BYTES;
    try {
      while (at < end) {
        const bytes = await readExactly(file, at, Math.min(CHUNK_BYTES, end - at));
        if (bytes.some((byte) => byte !== 0))
          throw damaged(file.path, `there is a header without a slot behind byte ${at}`);
        at += bytes.length;
      }
    } catch (thrown) {
      report(problemOf(file.path, thrown));
    }
    at = end + count * BLOCK_BYTES;
  }
}
