import { crc32c } from '../../crc32c.ts';

/**
 * Integers at a place in bytes. Beyond the end they read as zero, so that no bytes can make them throw; who needs
 * more than that checks the bounds first. XFS is big-endian on disk, its log items are in the order of the machine.
 */
export function be16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function be32(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16);
  return (high | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}

/** 64 bits as a number; beyond 2^53 it is no safe integer any more, which callers check where it matters. */
export function be64(bytes: Uint8Array, at: number): number {
  return be32(bytes, at) * 0x1_0000_0000 + be32(bytes, at + 4);
}

export function le16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

export function le32(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
  return (low | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
}

export function le64(bytes: Uint8Array, at: number): number {
  return le32(bytes, at + 4) * 0x1_0000_0000 + le32(bytes, at);
}

/** Writes a 32-bit integer, least significant byte first. */
export function putLe32(bytes: Uint8Array, at: number, value: number): void {
  for (let byte = 0; byte < 4; byte++) bytes[at + byte] = (value >>> (8 * byte)) & 0xff;
}

/** Writes an integer of `width` bytes, most significant byte first. `value` is a safe integer. */
export function putBe(
  bytes: Uint8Array,
  at: { readonly at: number; readonly width: number },
  value: number,
): void {
  let rest = value;
  for (let byte = at.width - 1; byte >= 0; byte--) {
    bytes[at.at + byte] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

/** True where the bytes at `at` are these. */
export function equalAt(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.length; index++) if (bytes[at + index] !== wanted[index]) return false;
  return true;
}

const ZEROS = new Uint8Array(4);

/** The CRC32C that XFS stores at `crcAt`: of all bytes, with the field itself as zeros. */
export function checksumOf(bytes: Uint8Array, crcAt: number): number {
  const before = crc32c(bytes.subarray(0, crcAt));
  return crc32c(bytes.subarray(crcAt + 4), crc32c(ZEROS, before));
}

/** True where the checksum at `crcAt`, which is little-endian, is that of the bytes. */
export function checksumHolds(bytes: Uint8Array, crcAt: number): boolean {
  return le32(bytes, crcAt) === checksumOf(bytes, crcAt);
}
