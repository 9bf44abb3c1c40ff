import type { BlockSource } from '../sources/types.ts';
import { damaged, matches, uint64, unsupported } from './file.ts';
import { guidAt } from './guid.ts';
import { overlaid, PAGE } from './overlay.ts';
import { checksumOf } from './vhdx-checksum.ts';
import type { LogPlace } from './vhdx-header.ts';

/** Logs have 1 MiB unless somebody asked for more. */
const MAX_LOG = 64 << 20;
const ENTRY_HEADER = 64;
const DESCRIPTOR = 32;
/** Pages that a log may replace: 1 GiB, far more than the metadata it is for. */
const MAX_PAGES = 1 << 18;

/** An entry of the log that passed every check. `at`, `length` and `tail` are bytes within the log. */
interface Entry {
  readonly at: number;
  readonly length: number;
  readonly tail: number;
  readonly sequence: bigint;
  readonly descriptors: number;
  /** Bytes that the file must have for the log to be of it. */
  readonly flushedSize: number;
  /** Bytes that the file has after the replay, at least. */
  readonly lastSize: number;
  readonly bytes: Uint8Array;
}

/**
 * The file with the writes of its log put over it ([MS-VHDX] 2.3): those of the active sequence, which is the valid
 * one with the highest sequence number.
 */
export async function replayLog(file: BlockSource, log: LogPlace): Promise<BlockSource> {
  if (log.length > MAX_LOG)
    throw unsupported(file, `the VHDX log has ${log.length} bytes, more than are replayed`);
  const sequence = activeSequence(file, log, await file.read(log.offset, log.length));
  const head = sequence.at(-1);
  if (head === undefined) throw damaged(file, log.offset, 'the VHDX log has no whole sequence of entries');
  if (head.flushedSize > file.size)
    throw damaged(file, file.size, `the VHDX was ${head.flushedSize} bytes long: it is cut off`);
  const size = Math.max(file.size, ...sequence.map((entry) => entry.lastSize));
  if (!Number.isSafeInteger(size))
    throw damaged(file, log.offset + head.at, 'the VHDX log gives an impossible size of the file');
  const pages = new Map<number, Uint8Array | null>();
  for (const entry of sequence) apply(entry, pages, { file, log, size });
  return overlaid(file, pages, size);
}

/** The entries from the tail of the active sequence to its head; empty where there is none. */
function activeSequence(file: BlockSource, log: LogPlace, bytes: Uint8Array): readonly Entry[] {
  const reader = entryReader(file, log, bytes);
  let active: readonly Entry[] = [];
  for (let start = 0; start < log.length; ) {
    const found = sequenceFrom(reader, start, log.length);
    const head = found.at(-1);
    if (head === undefined) {
      start += PAGE;
      continue;
    }
    const tail = found.findIndex((entry) => entry.at === head.tail);
    if (tail !== -1 && head.sequence > (active.at(-1)?.sequence ?? 0n)) active = found.slice(tail);
    // A sequence that begins within this one has the same head.
    start += found.reduce((total, entry) => total + entry.length, 0);
  }
  return active;
}

/** Entries that follow one another, each numbered one more than the one before; the log is a ring. */
function sequenceFrom(reader: (at: number) => Entry | null, start: number, size: number): readonly Entry[] {
  const entries: Entry[] = [];
  for (let used = 0; used < size; ) {
    const entry = reader((start + used) % size);
    const last = entries.at(-1);
    if (entry === null || (last !== undefined && entry.sequence !== last.sequence + 1n)) break;
    if (used + entry.length > size) break;
    entries.push(entry);
    used += entry.length;
  }
  return entries;
}

/** Gives the entry at a place of the log, null where there is no valid one. Each place is looked at once. */
function entryReader(file: BlockSource, log: LogPlace, bytes: Uint8Array): (at: number) => Entry | null {
  const known = new Map<number, Entry | null>();
  // Entries do not overlap, but what was overwritten in part is looked at too.
  let budget = bytes.length * 4;
  return (at) => {
    const before = known.get(at);
    if (before !== undefined) return before;
    const entry = readEntry(bytes, at, (length) => {
      budget -= length;
      if (budget < 0) throw damaged(file, log.offset + at, 'the entries of the VHDX log overlap');
    });
    const own = entry !== null && entry.guid === log.guid ? entry : null;
    known.set(at, own);
    return own;
  };
}

function readEntry(
  log: Uint8Array,
  at: number,
  spend: (bytes: number) => void,
): (Entry & { readonly guid: string }) | null {
  if (!matches(log, at, 'loge')) return null;
  const header = new DataView(log.buffer, log.byteOffset + at, ENTRY_HEADER);
  const length = header.getUint32(8, true);
  const tail = header.getUint32(12, true);
  const sequence = header.getBigUint64(16, true);
  const descriptors = header.getUint32(24, true);
  const aligned = length % PAGE === 0 && tail % PAGE === 0 && tail < log.length;
  if (!aligned || length === 0 || length > log.length || sequence === 0n) return null;
  if (ENTRY_HEADER + descriptors * DESCRIPTOR > length) return null;
  spend(length);
  const bytes = ringSlice(log, at, length);
  if (checksumOf(bytes) !== header.getUint32(4, true)) return null;
  return {
    ...{ at, length, tail, sequence, descriptors, bytes },
    guid: guidAt(header, 32),
    flushedSize: uint64(header, 48, true),
    lastSize: uint64(header, 56, true),
  };
}

function ringSlice(log: Uint8Array, at: number, length: number): Uint8Array {
  const straight = log.subarray(at, at + length);
  if (straight.length === length) return straight;
  const bytes = new Uint8Array(length);
  bytes.set(straight);
  bytes.set(log.subarray(0, length - straight.length), straight.length);
  return bytes;
}

/** What the descriptors of a log are applied to. */
interface Target {
  readonly file: BlockSource;
  readonly log: LogPlace;
  readonly size: number;
}

/** Puts the writes of one entry over those of the entries before it. */
function apply(entry: Entry, pages: Map<number, Uint8Array | null>, { file, log, size }: Target): void {
  const view = new DataView(entry.bytes.buffer, entry.bytes.byteOffset, entry.bytes.byteLength);
  const wrong = (at: number, message: string) => damaged(file, log.offset + entry.at + at, message);
  let data = Math.ceil((ENTRY_HEADER + entry.descriptors * DESCRIPTOR) / PAGE) * PAGE;
  for (let index = 0; index < entry.descriptors; index += 1) {
    const at = ENTRY_HEADER + index * DESCRIPTOR;
    const zero = matches(entry.bytes, at, 'zero');
    const offset = uint64(view, at + 16, true);
    const length = zero ? uint64(view, at + 8, true) : PAGE;
    const fits = offset % PAGE === 0 && length % PAGE === 0 && offset + length <= size;
    if (!fits || view.getBigUint64(at + 24, true) !== entry.sequence)
      throw wrong(at, 'a descriptor of the VHDX log is of another entry or misplaced');
    if (length / PAGE + pages.size > MAX_PAGES)
      throw unsupported(file, 'the VHDX log replaces more of the file than is replayed');
    if (zero) {
      for (let done = 0; done < length; done += PAGE) pages.set((offset + done) / PAGE, null);
      continue;
    }
    const sector = dataSector(entry, view, { at, data });
    if (sector === null) throw wrong(at, 'a data sector of the VHDX log is of another entry');
    pages.set(offset / PAGE, sector);
    data += PAGE;
  }
}

/** A sector of data: its first 8 and last 4 bytes are in the descriptor, in their place are marks of the entry. */
function dataSector(
  entry: Entry,
  view: DataView,
  { at, data }: Record<'at' | 'data', number>,
): Uint8Array | null {
  if (!matches(entry.bytes, at, 'desc') || !matches(entry.bytes, data, 'data')) return null;
  if (data + PAGE > entry.length) return null;
  const high = BigInt(view.getUint32(data + 4, true));
  const low = BigInt(view.getUint32(data + PAGE - 4, true));
  if (((high << 32n) | low) !== entry.sequence) return null;
  const sector = new Uint8Array(entry.bytes.subarray(data, data + PAGE));
  sector.set(entry.bytes.subarray(at + 8, at + 16), 0);
  sector.set(entry.bytes.subarray(at + 4, at + 8), PAGE - 4);
  return sector;
}
