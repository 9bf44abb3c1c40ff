import { updateCrc32c } from '../../crc32c.ts';
import type { Blocks } from './blocks.ts';
import { damaged, le16, le32, le32Bytes, wide } from './bytes.ts';
import { crc16 } from './crc16.ts';
import { INCOMPAT, RO_COMPAT } from './features.ts';
import type { Superblock } from './superblock.ts';

const CHECKSUM_AT = 0x1e;
const INODES_UNUSED = 0x1;

/** What is needed of a block group. */
export interface Group {
  /** First block of its part of the inode table. */
  readonly inodeTable: number;
  /** Inodes from this index on have never been used. */
  readonly inodesUsed: number;
}

/** The group descriptors, read block by block as they are needed. */
export class Groups {
  readonly #superblock: Superblock;
  readonly #blocks: Blocks;
  readonly #groups = new Map<number, Group>();

  constructor(superblock: Superblock, blocks: Blocks) {
    this.#superblock = superblock;
    this.#blocks = blocks;
  }

  /** The descriptor of a group if it has been read. */
  known(group: number): Group | undefined {
    return this.#groups.get(group);
  }

  /** @throws NodewardError disk-damaged */
  async read(group: number): Promise<Group> {
    const known = this.#groups.get(group);
    if (known !== undefined) return known;
    const { descriptorSize, blockSize } = this.#superblock;
    const perBlock = blockSize / descriptorSize;
    const number = Math.floor(group / perBlock);
    const bytes = await this.#blocks.read(descriptorBlock(this.#superblock, number), 1);
    const at = (group % perBlock) * descriptorSize;
    const parsed = parseGroup(this.#superblock, group, bytes.subarray(at, at + descriptorSize));
    this.#groups.set(group, parsed);
    return parsed;
  }
}

/** Where the descriptors' block `number` is; the kernel's `descriptor_loc`. */
export function descriptorBlock(superblock: Superblock, number: number): number {
  const { features, blockSize, firstDataBlock, blocksPerGroup, descriptorSize } = superblock;
  const home = blockSize === 1024 ? 1 : 0;
  if ((features.incompat & INCOMPAT.metaBg) === 0 || number < superblock.firstMetaGroup)
    return home + 1 + number;
  const group = number * (blockSize / descriptorSize);
  // With blocks of 1 KiB that start at 0 (bigalloc) the superblock is in block 1, not in the first of its group.
  const shifted = blockSize === 1024 && number === 0 && firstDataBlock === 0 ? 1 : 0;
  const superblocks = hasSuperblock(superblock, group) ? 1 : 0;
  return group * blocksPerGroup + firstDataBlock + superblocks + shifted;
}

/** Whether a group starts with a copy of the superblock. */
function hasSuperblock({ features, backupGroups }: Superblock, group: number): boolean {
  if (group === 0) return true;
  if (backupGroups !== null) return backupGroups.includes(group);
  if (group === 1 || (features.roCompat & RO_COMPAT.sparseSuper) === 0) return true;
  return [3, 5, 7].some((base) => isPowerOf(group, base));
}

function isPowerOf(value: number, base: number): boolean {
  let power = base;
  while (power < value) power *= base;
  return power === value;
}

function parseGroup(superblock: Superblock, group: number, bytes: Uint8Array): Group {
  const place = `block group ${group}`;
  const { features, blockCount, inodesPerGroup, inodeSize, blockSize } = superblock;
  const bits64 = (features.incompat & INCOMPAT.bits64) !== 0;
  const expected = checksumOf(superblock, group, bytes);
  if (expected !== null && expected !== le16(bytes, CHECKSUM_AT))
    throw damaged(place, 'has a descriptor that fails its checksum');
  const inodeTable = wide(bits64 ? le32(bytes, 0x28) : 0, le32(bytes, 0x08));
  const tableBlocks = Math.ceil((inodesPerGroup * inodeSize) / blockSize);
  if (inodeTable <= superblock.firstDataBlock || inodeTable + tableBlocks > blockCount)
    throw damaged(place, `has its inode table at block ${inodeTable}, outside of the file system`);
  // Where inodes have checksums of their own, one that was never written fails its checksum.
  const counted = superblock.checksumSeed === null && expected !== null && superblock.consistent;
  return { inodeTable, inodesUsed: counted ? usedIn(superblock, bytes) : inodesPerGroup };
}

function usedIn({ inodesPerGroup, descriptorSize }: Superblock, bytes: Uint8Array): number {
  if ((le16(bytes, 0x12) & INODES_UNUSED) !== 0) return 0;
  const unused = le16(bytes, 0x1c) + (descriptorSize >= 64 ? le16(bytes, 0x32) * 65536 : 0);
  return Math.max(0, inodesPerGroup - unused);
}

/** The checksum a descriptor should have; null where the file system has none. */
function checksumOf(superblock: Superblock, group: number, bytes: Uint8Array): number | null {
  const number = le32Bytes(group);
  const head = bytes.subarray(0, CHECKSUM_AT);
  const tail = bytes.subarray(CHECKSUM_AT + 2);
  if (superblock.checksumSeed !== null) {
    const start = updateCrc32c(updateCrc32c(superblock.checksumSeed, number), head);
    return updateCrc32c(updateCrc32c(start, new Uint8Array(2)), tail) & 0xffff;
  }
  if ((superblock.features.roCompat & RO_COMPAT.groupChecksum) === 0) return null;
  return crc16(crc16(crc16(crc16(~0, superblock.uuid), number), head), tail);
}
