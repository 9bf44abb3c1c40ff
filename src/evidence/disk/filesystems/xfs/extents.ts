import { be32 } from './bytes.ts';
import { damaged } from './damage.ts';
import { byteOfBlocks } from './geometry.ts';
import type { Superblock } from './superblock.ts';

/** A run of a file's blocks that lie side by side on the disk. */
export interface Extent {
  /** The first block within the file. */
  readonly from: number;
  /** Blocks. */
  readonly count: number;
  /** The byte it starts at on the disk. */
  readonly at: number;
  /** Allocated and never written: reads as zeros. */
  readonly unwritten: boolean;
}

/** A half-open range of a file's blocks. */
export interface BlockRange {
  readonly from: number;
  readonly to: number;
}

/** Bytes of one record of the mapping of a file. */
export const EXTENT_BYTES = 16;

/** Those of the extents that have blocks in the range. */
export function within(extents: readonly Extent[], { from, to }: BlockRange): readonly Extent[] {
  return extents.filter((extent) => extent.from < to && extent.from + extent.count > from);
}

/**
 * Extents from their records: 1 bit unwritten, 54 bits file offset, 52 bits XFS block, 21 bits count.
 * @throws NodewardError disk-damaged where they are not in order or not on the disk
 */
export function decodeExtents(records: Uint8Array, superblock: Superblock, place: string): Extent[] {
  const extents: Extent[] = [];
  let end = 0;
  for (let at = 0; at + EXTENT_BYTES <= records.length; at += EXTENT_BYTES) {
    const first = be32(records, at);
    const second = be32(records, at + 4);
    const fourth = be32(records, at + 12);
    const from = (first & 0x7fffffff) * 2 ** 23 + (second >>> 9);
    const block = (second & 0x1ff) * 2 ** 43 + be32(records, at + 8) * 2 ** 11 + (fourth >>> 21);
    const count = fourth & 0x1fffff;
    const byte = byteOfBlocks(superblock, block, count);
    if (count === 0 || byte === null) throw damaged(place, `an extent of ${count} blocks at block ${block}`);
    if (from < end || !Number.isSafeInteger((from + count) * superblock.blockSize))
      throw damaged(place, `an extent at block ${from} of the file is out of order`);
    end = from + count;
    extents.push({ from, count, at: byte, unwritten: first >>> 31 === 1 });
  }
  return extents;
}
