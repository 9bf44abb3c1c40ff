import { NodewardError } from '../../../base/errors.ts';
import type { BlockSource } from '../sources/types.ts';

const REMEDY = 'Copy or make the image again; `qemu-img check` tells whether it is whole.';

/** The error for metadata of an image that contradicts itself; `offset` is where in the file. */
export function damaged(file: BlockSource, offset: number, message: string): NodewardError {
  return new NodewardError('disk-damaged', message, {
    place: `${file.name}, offset ${offset}`,
    remedy: REMEDY,
  });
}

/** The error for an image that is not read; the catalogue's remedy is to convert it. */
export function unsupported(file: BlockSource, message: string): NodewardError {
  return new NodewardError('disk-unsupported', message, { place: file.name });
}

/**
 * A structure of the file, of `length` bytes at `offset`.
 * @throws NodewardError disk-damaged where the file has not all of it, naming the structure; the source's errors
 */
export async function readStructure(
  file: BlockSource,
  [offset, length]: readonly [offset: number, length: number],
  structure: string,
): Promise<DataView> {
  if (!within(file, offset, length))
    throw damaged(file, offset, `the ${structure} lies beyond the end of the file`);
  // A copy: what is kept must not keep a page of a cache with it.
  return new DataView(new Uint8Array(await file.read(offset, length)).buffer);
}

/** Whether the file has these bytes. Numbers beyond 2^53 are inexact, and beyond every file. */
export function within(file: BlockSource, offset: number, length: number): boolean {
  return offset >= 0 && length >= 0 && offset + length <= file.size;
}

/** Whether `text`, one byte a character, stands at `offset`. False where the file is shorter. */
export async function hasSignature(file: BlockSource, offset: number, text: string): Promise<boolean> {
  return within(file, offset, text.length) && matches(await file.read(offset, text.length), 0, text);
}

/** Whether `text`, one byte a character, stands at `at`. */
export function matches(bytes: Uint8Array, at: number, text: string): boolean {
  if (at < 0 || at + text.length > bytes.length) return false;
  for (let index = 0; index < text.length; index += 1)
    if (bytes[at + index] !== text.charCodeAt(index)) return false;
  return true;
}

/** The bytes a view is of. */
export function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** An unsigned 64-bit field. Beyond 2^53 the number is inexact: compare it with a bound before use. */
export function uint64(view: DataView, at: number, littleEndian = false): number {
  return Number(view.getBigUint64(at, littleEndian));
}

/** Whether a number is a power of two between the two bounds. */
export function powerOfTwo(value: number, least: number, most: number): boolean {
  return value >= least && value <= most && Number.isInteger(Math.log2(value));
}

/** A name from an image, for a message: no control characters, not long. */
export function quoted(name: string): string {
  const printable = name.replace(/\p{C}/gu, '\ufffd');
  return `"${printable.length > 100 ? `${printable.slice(0, 100)}…` : printable}"`;
}
