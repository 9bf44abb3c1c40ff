import { updateCrc32c } from '../../../crc32c.ts';
import { be32, damaged } from '../bytes.ts';

/** The signature every block of the journal's own starts with. */
export const JOURNAL_MAGIC = 0xc03b3998;
/** What a block of the journal's own is. */
export const BLOCK_TYPES = { descriptor: 1, commit: 2, superblockV1: 3, superblockV2: 4, revoke: 5 } as const;

const CHECKSUM_AT = 0xfc;
const SUPERBLOCK_SIZE = 1024;
const CRC32C = 4;
const COMPAT_CHECKSUM = 0x1;
const INCOMPAT = {
  revoke: 0x1,
  bits64: 0x2,
  asyncCommit: 0x4,
  checksumV2: 0x8,
  checksumV3: 0x10,
  fastCommit: 0x20,
};
const KNOWN = Object.values(INCOMPAT).reduce((all, bit) => all | bit, 0);
const DEFAULT_FAST_COMMIT_BLOCKS = 256;
const MIN_LOG_BLOCKS = 1024;

/** What the journal's superblock says, checked. Positions are blocks of the journal. */
export interface JournalSuperblock {
  readonly blockSize: number;
  /** The log: its first block, and one past its last. */
  readonly first: number;
  readonly end: number;
  /** Where the oldest transaction that may not be on the disk starts; 0 where all are. */
  readonly start: number;
  /** The number of that transaction. */
  readonly sequence: number;
  readonly errorNumber: number;
  readonly bits64: boolean;
  readonly asyncCommit: boolean;
  /** Commit blocks have a checksum over their transaction (`journal_checksum` of ext3 and early ext4). */
  readonly checksumV1: boolean;
  /** The kind of checksum each block has; 0 for none. */
  readonly checksumVersion: 0 | 2 | 3;
  readonly checksumSeed: number;
  /** First block of the area of fast commits; null where there is none. */
  readonly fastCommits: number | null;
}

/**
 * Reads the journal's superblock (Linux `journal_superblock_t`) of a journal that is `blockCount` blocks long.
 * @throws NodewardError disk-damaged; the message says it for unknown features too
 */
export function parseJournalSuperblock(
  bytes: Uint8Array,
  { blockSize, blockCount }: { blockSize: number; blockCount: number },
): JournalSuperblock {
  const bad = (what: string): Error => damaged('the superblock of the journal', what);
  if (be32(bytes, 0) !== JOURNAL_MAGIC) throw bad('has no signature');
  const type = be32(bytes, 4);
  if (type !== BLOCK_TYPES.superblockV1 && type !== BLOCK_TYPES.superblockV2) throw bad(`is of type ${type}`);
  // The first version ends before the features.
  const v2 = type === BLOCK_TYPES.superblockV2;
  const features = v2 ? be32(bytes, 0x28) : 0;
  if ((features & ~KNOWN) !== 0) throw bad(`has unknown features 0x${(features & ~KNOWN).toString(16)}`);
  const checksumVersion = checksumVersionOf(features, bad);
  if (checksumVersion !== 0) checkChecksum(bytes, bad);
  if (be32(bytes, 0x0c) !== blockSize) throw bad(`says blocks of ${be32(bytes, 0x0c)} bytes`);
  const maxlen = be32(bytes, 0x10);
  const first = be32(bytes, 0x14);
  if (maxlen > blockCount) throw bad(`says ${maxlen} blocks, but it has ${blockCount}`);
  const fast = (features & INCOMPAT.fastCommit) !== 0 ? be32(bytes, 0x54) || DEFAULT_FAST_COMMIT_BLOCKS : 0;
  const end = fast > 0 && maxlen - fast >= MIN_LOG_BLOCKS ? maxlen - fast : maxlen;
  const start = be32(bytes, 0x1c);
  if (first === 0 || first >= end) throw bad(`says that its log starts at block ${first}`);
  if (start !== 0 && (start < first || start >= end))
    throw bad(`says that its data starts at block ${start}`);
  return {
    blockSize,
    first,
    end,
    start,
    sequence: be32(bytes, 0x18),
    errorNumber: be32(bytes, 0x20) | 0,
    bits64: (features & INCOMPAT.bits64) !== 0,
    asyncCommit: (features & INCOMPAT.asyncCommit) !== 0,
    checksumV1: v2 && (be32(bytes, 0x24) & COMPAT_CHECKSUM) !== 0,
    checksumVersion,
    checksumSeed: updateCrc32c(~0, bytes.subarray(0x30, 0x40)),
    // The kernel leaves the block behind the log unused.
    fastCommits: end + 1 < maxlen ? end + 1 : null,
  };
}

function checksumVersionOf(features: number, bad: (what: string) => Error): 0 | 2 | 3 {
  const v2 = (features & INCOMPAT.checksumV2) !== 0;
  const v3 = (features & INCOMPAT.checksumV3) !== 0;
  if (v2 && v3) throw bad('says two versions of checksums');
  if (v3) return 3;
  return v2 ? 2 : 0;
}

function checkChecksum(bytes: Uint8Array, bad: (what: string) => Error): void {
  if (bytes[0x50] !== CRC32C) throw bad(`names an unknown kind of checksum (${bytes[0x50]})`);
  const copy = Uint8Array.from(bytes.subarray(0, SUPERBLOCK_SIZE));
  copy.fill(0, CHECKSUM_AT, CHECKSUM_AT + 4);
  if (updateCrc32c(~0, copy) !== be32(bytes, CHECKSUM_AT)) throw bad('fails its checksum');
}
