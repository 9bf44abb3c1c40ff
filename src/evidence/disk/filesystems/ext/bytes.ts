import { NodewardError } from '../../../../base/errors.ts';

/** Little-endian numbers, as all of ext but its journal; callers have checked that the bytes are there. */
export function le16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

/** Unsigned, 32 bits. */
export function le32(bytes: Uint8Array, at: number): number {
  return (le16(bytes, at) | (le16(bytes, at + 2) << 16)) >>> 0;
}

/** Big-endian, as the journal. Unsigned, 16 bits. */
export function be16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** Unsigned, 32 bits. */
export function be32(bytes: Uint8Array, at: number): number {
  return ((be16(bytes, at) << 16) | be16(bytes, at + 2)) >>> 0;
}

/** Two halves as one number; exact up to 2^53. */
export function wide(high: number, low: number): number {
  return high * 2 ** 32 + low;
}

/** A number as the four bytes checksums take it as. */
export function le32Bytes(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

/** The error for bytes that contradict themselves: `place` names the structure, `why` continues the sentence. */
export function damaged(place: string, why: string): NodewardError {
  return new NodewardError('disk-damaged', `${place} ${why}`, { place });
}

/** Whether this says that the disk is wrong, as opposed to a disk that could not be read. */
export function isDamage(thrown: unknown): thrown is NodewardError {
  return (
    thrown instanceof NodewardError && (thrown.code === 'disk-damaged' || thrown.code === 'disk-unsupported')
  );
}
