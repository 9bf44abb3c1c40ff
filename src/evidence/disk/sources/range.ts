import { NodewardError } from '../../../base/errors.ts';
import type { BlockSource } from './types.ts';

/** What is wrong with a range of a source: it is not of whole numbers, or it leads beyond the end. Null if nothing is. */
export function rangeFault(
  { name, size }: Pick<BlockSource, 'name' | 'size'>,
  offset: number,
  length: number,
): NodewardError | null {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (whole && offset + length <= size) return null;
  const detail = `${name} has no ${length} bytes at offset ${offset}: it ends at ${size}`;
  return new NodewardError('disk-damaged', detail, { place: `${name}, offset ${offset}` });
}
