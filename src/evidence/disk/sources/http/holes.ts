/** Which parts of a disk are known to be zeros. */
export interface Holes {
  covers(offset: number, length: number): boolean;
}

export const NO_HOLES: Holes = { covers: () => false };

/** A part of a disk that has been written: the offsets of its first byte and of the one after its last. */
export interface WrittenRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The holes between written ranges.
 * @param written in ascending order, without overlaps
 * @param knownEnd up to where the ranges tell everything
 */
export function holesBetween(written: readonly WrittenRange[], knownEnd: number): Holes {
  const starts = Float64Array.from(written, ({ start }) => start);
  const ends = Float64Array.from(written, ({ end }) => end);
  return {
    covers(offset, length) {
      if (offset + length > knownEnd) return false;
      // The first range that ends behind the offset.
      let low = 0;
      let high = ends.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((ends[middle] ?? 0) <= offset) low = middle + 1;
        else high = middle;
      }
      return low === ends.length || (starts[low] ?? 0) >= offset + length;
    },
  };
}
