import { be16, be32, be64 } from '../bytes.ts';
import { damaged } from '../damage.ts';
import { placeOfInode } from '../geometry.ts';
import type { Superblock } from '../superblock.ts';
import type { Volume } from '../volume.ts';
import { checkHeader, DATA_HEADER, type LoadedBlock, placeOf } from './blocks.ts';
import { checkName, isDot, kindOf, type RawEntry } from './entry.ts';

/** `XD2B` and `XDB3`: the only block of a directory; `XD2D` and `XDD3`: one of several. */
const MAGIC = { block4: 0x58443242, block5: 0x58444233, data4: 0x58443244, data5: 0x58444433 };
const HEADER = { v4: 16, v5: 64 };
const BEST_FREE = { v4: 4, v5: 48 };
const FREE_TAG = 0xffff;
const ALIGN = 8;
/** Inode number and length of the name, before the name. */
const BEFORE_NAME = 9;
const TAG = 2;

/** A directory's block of names, whose header holds. */
export interface DataBlock {
  readonly bytes: Uint8Array;
  readonly place: string;
  readonly index: number;
  /** Where the names start and end. */
  readonly from: number;
  readonly to: number;
  /** How many names the block says it holds, where it says so. */
  readonly count: number | null;
}

/** Which directory a block is of, and whether it is its only one. */
export interface Expected {
  readonly owner: number;
  readonly only: boolean;
}

/** @throws NodewardError disk-damaged */
export function openDataBlock(volume: Volume, loaded: LoadedBlock, expected: Expected): DataBlock {
  const { bytes, block } = loaded;
  const place = placeOf(expected.owner, block);
  const { crc } = volume.superblock.features;
  const magic = be32(bytes, 0);
  const only = magic === (crc ? MAGIC.block5 : MAGIC.block4);
  if (!only && magic !== (crc ? MAGIC.data5 : MAGIC.data4)) throw damaged(place, 'the signature is missing');
  if (only !== expected.only)
    throw damaged(place, only ? 'it says it is the only one' : 'it says there are others');
  checkHeader(volume, loaded, { layout: DATA_HEADER, owner: expected.owner });
  const from = crc ? HEADER.v5 : HEADER.v4;
  if (!only) return { bytes, place, index: block.index, from, to: bytes.length, count: null };
  // The index of the only block lies at its end: entries of 8 bytes, then their count and how many are stale.
  const entries = be32(bytes, bytes.length - 8);
  const stale = be32(bytes, bytes.length - 4);
  const to = bytes.length - 8 - entries * 8;
  if (to < from || stale > entries) throw damaged(place, `${entries} entries in its index`);
  return { bytes, place, index: block.index, from, to, count: entries - stale };
}

/**
 * All names of a block but `.` and `..`. The space of the block is walked from end to end, so that nothing is skipped.
 * @throws NodewardError disk-damaged
 */
export function entriesOf(superblock: Superblock, block: DataBlock, directory: number): RawEntry[] {
  const { bytes, place, from, to } = block;
  const entries: RawEntry[] = [];
  let largest = 0;
  let dots = 0;
  for (let at = from; at < to; ) {
    if (be16(bytes, at) === FREE_TAG) {
      const length = freeLength(block, at);
      largest = Math.max(largest, length);
      at += length;
      continue;
    }
    const { entry, next } = entryAt(superblock, block, at);
    at = next;
    if (!isDot(entry.name)) {
      entries.push(entry);
      continue;
    }
    dots++;
    if (entry.name.length === 1 && entry.inode !== directory)
      throw damaged(place, `its own name leads to inode ${entry.inode}`);
  }
  if (dots !== (block.index === 0 ? 2 : 0))
    throw damaged(place, 'its names of itself and its parent are wrong');
  if (block.count !== null && entries.length + dots !== block.count)
    throw damaged(place, `${entries.length + dots} names where its index has ${block.count}`);
  const best = be16(bytes, (superblock.features.crc ? BEST_FREE.v5 : BEST_FREE.v4) + 2);
  if (best !== largest) throw damaged(place, `its largest free space is of ${largest} bytes, not ${best}`);
  return entries;
}

function freeLength({ bytes, place, to }: DataBlock, at: number): number {
  const length = be16(bytes, at + 2);
  if (length < ALIGN || length % ALIGN !== 0 || at + length > to || be16(bytes, at + length - TAG) !== at)
    throw damaged(place, `free space of ${length} bytes at ${at}`);
  return length;
}

/** The name at this byte of the block, and where the next one starts. @throws NodewardError disk-damaged */
export function entryAt(
  superblock: Superblock,
  { bytes, place, from, to }: DataBlock,
  at: number,
): { readonly entry: RawEntry; readonly next: number } {
  const length = bytes[at + 8] ?? 0;
  const end = at + BEFORE_NAME + length;
  const { ftype } = superblock.features;
  const size = Math.ceil((BEFORE_NAME + length + (ftype ? 1 : 0) + TAG) / ALIGN) * ALIGN;
  const fits = at >= from && at % ALIGN === 0 && at + size <= to;
  if (!fits || be16(bytes, at) === FREE_TAG || be16(bytes, at + size - TAG) !== at)
    throw damaged(place, `there is no name at byte ${at}`);
  const name = bytes.subarray(at + BEFORE_NAME, end);
  checkName(name, place);
  const inode = be64(bytes, at);
  if (placeOfInode(superblock, inode) === null)
    throw damaged(place, `a name leads to inode ${inode}, which cannot be`);
  return { entry: { name, inode, kind: ftype ? kindOf(bytes[end] ?? 0, place) : null }, next: at + size };
}
