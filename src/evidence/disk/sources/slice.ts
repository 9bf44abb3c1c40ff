import { NodewardError } from '../../../base/errors.ts';
import { rangeFault } from './range.ts';
import type { BlockSource } from './types.ts';

/** A part of a source, in bytes. */
export interface Slice {
  readonly offset: number;
  readonly size: number;
  /** What errors call it; by default the source's name with the offset. */
  readonly name?: string;
}

/**
 * A part of a source, such as a partition, as a source of its own. Bytes are shared, not copied.
 * @throws NodewardError disk-damaged where the part leads beyond the end of the source
 */
export function sliceSource(source: BlockSource, slice: Slice): BlockSource {
  const { offset: start, size } = slice;
  const name = slice.name ?? `${source.name} at ${start}`;
  if (rangeFault(source, start, size) !== null) {
    const detail = `${name} leads beyond the end of ${source.name}: ${size} bytes at offset ${start} of ${source.size}`;
    throw new NodewardError('disk-damaged', detail, { place: name });
  }
  return {
    name,
    size,
    read(offset, length) {
      const fault = rangeFault({ name, size }, offset, length);
      return fault === null ? source.read(start + offset, length) : Promise.reject(fault);
    },
    prefetch(offset, length) {
      if (rangeFault({ name, size }, offset, length) === null) source.prefetch(start + offset, length);
    },
  };
}
