import { crc32c } from '../crc32c.ts';

const NONE = new Uint8Array(4);

/** The CRC-32C of a VHDX structure: its own field for it, the four bytes after the signature, counts as zeros. */
export function checksumOf(bytes: Uint8Array): number {
  return crc32c(bytes.subarray(8), crc32c(NONE, crc32c(bytes.subarray(0, 4))));
}
