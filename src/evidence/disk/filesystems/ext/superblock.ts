import { updateCrc32c } from '../../crc32c.ts';
import { damaged, le16, le32, wide } from './bytes.ts';
import { COMPAT, type Features, INCOMPAT, RO_COMPAT } from './features.ts';

/** Where the primary superblock is, and how long each is, in bytes. */
export const SUPERBLOCK_OFFSET = 1024;
export const SUPERBLOCK_SIZE = 1024;

const MAGIC = 0xef53;
const CHECKSUM_AT = 0x3fc;
const CRC32C = 1;
const MAX_LOG_BLOCK_SIZE = 6;
const GOOD_OLD_INODE_SIZE = 128;
const GOOD_OLD_FIRST_INODE = 11;

/** What the superblock says, checked. Sizes in bytes, addresses in blocks. */
export interface Superblock {
  readonly features: Features;
  readonly blockSize: number;
  /** Bytes that are allocated together: one block, or several with `bigalloc`. */
  readonly clusterSize: number;
  readonly blockCount: number;
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  readonly groupCount: number;
  readonly inodeCount: number;
  readonly inodesPerGroup: number;
  readonly inodeSize: number;
  /** The first inode number that names may lead to, the root's apart. */
  readonly firstInode: number;
  readonly descriptorSize: number;
  /** No content can be before this block: the superblock and the descriptors that follow it. */
  readonly firstUsableBlock: number;
  readonly firstMetaGroup: number;
  /** The groups with a backup superblock where `sparse_super2` chooses them; null elsewhere. */
  readonly backupGroups: readonly number[] | null;
  readonly uuid: Uint8Array;
  readonly label: string;
  /** Unmounted cleanly; of no meaning while a journal is in use. */
  readonly cleanlyUnmounted: boolean;
  /** What is on the disk agrees with itself: it was unmounted cleanly, or has a journal that sees to it. */
  readonly consistent: boolean;
  /** The machine itself has found errors. */
  readonly errorsFound: boolean;
  /** 0 where the journal is on another device, or where there is none. */
  readonly journalInode: number;
  readonly hashSeed: Uint32Array;
  /** Characters count as unsigned in hashes of names; null where it was left to the processor. */
  readonly hashUnsigned: boolean | null;
  /** The seed of all metadata checksums; null where the file system has none. */
  readonly checksumSeed: number | null;
  /** The number of the block group the superblock was written for; 0 for the primary. */
  readonly group: number;
}

/** Whether these bytes have the signature of a superblock. */
export function hasMagic(bytes: Uint8Array): boolean {
  return le16(bytes, 0x38) === MAGIC;
}

/** The feature words, without any check. */
export function featuresOf(bytes: Uint8Array): Features {
  // Revision 0 had no features yet, and its fields are undefined.
  if (le32(bytes, 0x4c) === 0) return { compat: 0, incompat: 0, roCompat: 0 };
  return { compat: le32(bytes, 0x5c), incompat: le32(bytes, 0x60), roCompat: le32(bytes, 0x64) };
}

/** The label up to its first NUL. */
export function labelOf(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0x78, 0x88)).toString('utf8');
  return text.split('\0', 1)[0] ?? '';
}

/** The UUID as blkid(8) prints it; empty where it is all zeros. */
export function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0x68, 0x78)).toString('hex');
  return /^0*$/.test(hex) ? '' : hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * Reads a superblock of 1,024 bytes (Linux `struct ext4_super_block`) of a file system on `size` bytes of disk.
 * Features are not judged here.
 * @throws NodewardError disk-damaged
 */
export function parseSuperblock(bytes: Uint8Array, size: number): Superblock {
  if (!hasMagic(bytes)) throw damaged('the superblock', 'has no ext signature');
  const features = featuresOf(bytes);
  checkChecksum(bytes, features);
  const geometry = geometryOf(bytes, features);
  if (geometry.blockCount * geometry.blockSize > size)
    throw damaged(
      'the superblock',
      `says ${geometry.blockCount} blocks of ${geometry.blockSize} bytes, more than the ${size} bytes there are`,
    );
  const uuid = Uint8Array.from(bytes.subarray(0x68, 0x78));
  const state = le16(bytes, 0x3a);
  const flags = le32(bytes, 0x160);
  const hasJournal = (features.compat & COMPAT.hasJournal) !== 0;
  return {
    features,
    ...geometry,
    firstMetaGroup: le32(bytes, 0x104),
    firstUsableBlock: firstUsableBlock(geometry, { features, firstMetaGroup: le32(bytes, 0x104) }),
    backupGroups:
      (features.compat & COMPAT.sparseSuper2) === 0 ? null : [le32(bytes, 0x24c), le32(bytes, 0x250)],
    uuid,
    label: labelOf(bytes),
    cleanlyUnmounted: (state & 1) !== 0,
    consistent: (state & 1) !== 0 || hasJournal,
    errorsFound: (state & 2) !== 0,
    journalInode: hasJournal ? le32(bytes, 0xe0) : 0,
    hashSeed: Uint32Array.from([0xec, 0xf0, 0xf4, 0xf8], (at) => le32(bytes, at)),
    hashUnsigned: (flags & 3) === 0 ? null : (flags & 2) !== 0,
    checksumSeed: checksumSeedOf(bytes, features, uuid),
    group: le32(bytes, 0x4c) === 0 ? 0 : le16(bytes, 0x5a),
  };
}

function checkChecksum(bytes: Uint8Array, { roCompat }: Features): void {
  if ((roCompat & RO_COMPAT.metadataChecksum) === 0) return;
  if (bytes[0x175] !== CRC32C)
    throw damaged('the superblock', `names an unknown kind of checksum (${bytes[0x175]})`);
  if (updateCrc32c(~0, bytes.subarray(0, CHECKSUM_AT)) !== le32(bytes, CHECKSUM_AT))
    throw damaged('the superblock', 'fails its checksum');
}

function checksumSeedOf(bytes: Uint8Array, features: Features, uuid: Uint8Array): number | null {
  if ((features.roCompat & RO_COMPAT.metadataChecksum) === 0) return null;
  return (features.incompat & INCOMPAT.checksumSeed) !== 0 ? le32(bytes, 0x270) : updateCrc32c(~0, uuid);
}

type Geometry = Pick<
  Superblock,
  | 'blockSize'
  | 'clusterSize'
  | 'blockCount'
  | 'firstDataBlock'
  | 'blocksPerGroup'
  | 'groupCount'
  | 'inodeCount'
  | 'inodesPerGroup'
  | 'inodeSize'
  | 'firstInode'
  | 'descriptorSize'
>;

/** Sizes and counts that fit one another; the checks of the kernel's `ext4_fill_super`. */
function geometryOf(bytes: Uint8Array, features: Features): Geometry {
  const bad = (what: string): never => {
    throw damaged('the superblock', `says ${what}, which cannot be`);
  };
  const logBlockSize = le32(bytes, 0x18);
  if (logBlockSize > MAX_LOG_BLOCK_SIZE) bad(`a block size of 2^${logBlockSize} KiB`);
  const blockSize = 1024 << logBlockSize;
  const bits64 = (features.incompat & INCOMPAT.bits64) !== 0;
  const blockCount = wide(bits64 ? le32(bytes, 0x150) : 0, le32(bytes, 0x04));
  const firstDataBlock = le32(bytes, 0x14);
  const blocksPerGroup = le32(bytes, 0x20);
  const inodesPerGroup = le32(bytes, 0x28);
  const inodeCount = le32(bytes, 0x00);
  const sizes = sizesOf(bytes, blockSize, bits64);
  const bigalloc = (features.roCompat & RO_COMPAT.bigalloc) !== 0;
  const firstAllowed = blockSize > 1024 ? firstDataBlock === 0 : bigalloc || firstDataBlock === 1;
  if (!firstAllowed || firstDataBlock > 1) bad(`${firstDataBlock} as its first data block`);
  if (blockCount <= firstDataBlock) bad(`${blockCount} blocks`);
  const perGroup = bigalloc ? le32(bytes, 0x24) : blocksPerGroup;
  if (perGroup === 0 || perGroup > blockSize * 8 || blocksPerGroup < perGroup || blocksPerGroup % 8 !== 0)
    bad(`${blocksPerGroup} blocks in a group`);
  if (inodesPerGroup < blockSize / sizes.inodeSize || inodesPerGroup > blockSize * 8)
    bad(`${inodesPerGroup} inodes in a group`);
  const groupCount = Math.ceil((blockCount - firstDataBlock) / blocksPerGroup);
  if (inodeCount === 0 || inodeCount > groupCount * inodesPerGroup)
    bad(`${inodeCount} inodes in ${groupCount} groups of ${inodesPerGroup}`);
  return {
    blockSize,
    clusterSize: bigalloc ? blockSize * (blocksPerGroup / perGroup) : blockSize,
    blockCount,
    firstDataBlock,
    blocksPerGroup,
    groupCount,
    inodeCount,
    inodesPerGroup,
    ...sizes,
  };
}

function sizesOf(
  bytes: Uint8Array,
  blockSize: number,
  bits64: boolean,
): Pick<Superblock, 'inodeSize' | 'firstInode' | 'descriptorSize'> {
  const old = le32(bytes, 0x4c) === 0;
  const inodeSize = old ? GOOD_OLD_INODE_SIZE : le16(bytes, 0x58);
  const firstInode = old ? GOOD_OLD_FIRST_INODE : le32(bytes, 0x54);
  const descriptorSize = bits64 ? le16(bytes, 0xfe) : 32;
  if (!isPowerOfTwo(inodeSize) || inodeSize < GOOD_OLD_INODE_SIZE || inodeSize > blockSize)
    throw damaged('the superblock', `says inodes of ${inodeSize} bytes, which cannot be`);
  if (firstInode < GOOD_OLD_FIRST_INODE)
    throw damaged('the superblock', `says ${firstInode} is the first inode, which cannot be`);
  if (!isPowerOfTwo(descriptorSize) || descriptorSize < (bits64 ? 64 : 32) || descriptorSize > 1024)
    throw damaged('the superblock', `says group descriptors of ${descriptorSize} bytes, which cannot be`);
  return { inodeSize, firstInode, descriptorSize };
}

function firstUsableBlock(
  { blockSize, descriptorSize, groupCount }: Geometry,
  { features, firstMetaGroup }: Pick<Superblock, 'features' | 'firstMetaGroup'>,
): number {
  const home = blockSize === 1024 ? 1 : 0;
  const descriptorBlocks = Math.ceil(groupCount / (blockSize / descriptorSize));
  const metaBg = (features.incompat & INCOMPAT.metaBg) !== 0;
  return home + 1 + (metaBg ? Math.min(firstMetaGroup, descriptorBlocks) : descriptorBlocks);
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0;
}
