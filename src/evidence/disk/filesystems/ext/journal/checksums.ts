import { updateCrc32c } from '../../../crc32c.ts';
import { be32 } from '../bytes.ts';
import type { JournalSuperblock } from './superblock.ts';

const TAIL_SIZE = 4;
const COMMIT_CHECKSUM_AT = 0x10;
const CRC32 = 1;
const CRC32_SIZE = 4;
const ZERO = new Uint8Array(4);

/** The most significant bit comes first in this one, other than in zlib's. */
const CRC32_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
  return crc;
});

/** CRC-32 as the kernel's `crc32_be`: nothing is inverted. Unsigned. */
export function crc32BigEndian(register: number, bytes: Uint8Array): number {
  let crc = register | 0;
  for (const byte of bytes) crc = (crc << 8) ^ (CRC32_TABLE[(crc >>> 24) ^ byte] ?? 0);
  return crc >>> 0;
}

/** Whether a descriptor or revoke block is as it was written, as far as the journal can tell. */
export function listFits({ checksumVersion, checksumSeed }: JournalSuperblock, bytes: Uint8Array): boolean {
  if (checksumVersion === 0) return true;
  const tail = bytes.length - TAIL_SIZE;
  const sum = updateCrc32c(updateCrc32c(checksumSeed, bytes.subarray(0, tail)), ZERO);
  return sum === be32(bytes, tail);
}

/** The same for a commit block by itself. */
export function commitFits({ checksumVersion, checksumSeed }: JournalSuperblock, bytes: Uint8Array): boolean {
  if (checksumVersion === 0) return true;
  const head = updateCrc32c(checksumSeed, bytes.subarray(0, COMMIT_CHECKSUM_AT));
  const rest = bytes.subarray(COMMIT_CHECKSUM_AT + 4);
  return updateCrc32c(updateCrc32c(head, ZERO), rest) === be32(bytes, COMMIT_CHECKSUM_AT);
}

/** Whether a commit block of version 1 agrees with the checksum over the transaction; it need not have one. */
export function transactionFits(sum: number, commit: Uint8Array): boolean {
  const stored = be32(commit, COMMIT_CHECKSUM_AT);
  const [kind, size] = [commit[0x0c], commit[0x0d]];
  if (kind === 0 && size === 0 && stored === 0) return true;
  return kind === CRC32 && size === CRC32_SIZE && stored === sum;
}

/** Whether a logged block is as it was written: `checksum` is the one in its tag. */
export function copyFits(
  { checksumVersion, checksumSeed }: JournalSuperblock,
  sequence: number,
  { bytes, checksum }: { bytes: Uint8Array; checksum: number },
): boolean {
  if (checksumVersion === 0) return true;
  const number = Uint8Array.of(sequence >>> 24, sequence >>> 16, sequence >>> 8, sequence);
  const sum = updateCrc32c(updateCrc32c(checksumSeed, number), bytes);
  return checksumVersion === 3 ? sum === checksum : (sum & 0xffff) === checksum;
}
