import { be16, be32, be64, checksumHolds } from './bytes.ts';
import { damaged } from './damage.ts';
import { type Features, readFeatures } from './features.ts';

/** `XFSB` */
export const SUPERBLOCK_MAGIC = 0x58465342;
/** Enough for the fields that are read; the sector the superblock fills may be larger. */
export const SUPERBLOCK_BYTES = 512;
const CRC_AT = 224;

/** The superblock: sizes in bytes, `…Log` are powers of two. */
export interface Superblock {
  readonly features: Features;
  readonly blockSize: number;
  readonly blockLog: number;
  readonly sectorSize: number;
  readonly inodeSize: number;
  readonly inodeLog: number;
  /** Inodes per block, as a power of two. */
  readonly inodesPerBlockLog: number;
  /** Blocks of an allocation group (the last one may have fewer). */
  readonly groupBlocks: number;
  readonly groupBlocksLog: number;
  readonly groups: number;
  /** Blocks of the file system. */
  readonly blocks: number;
  /** Blocks of a directory block, as a power of two. */
  readonly directoryBlockLog: number;
  readonly rootInode: number;
  readonly inodeAlignment: number;
  /** First block of the log as an XFS block number; 0 where the log is on another device. */
  readonly logStart: number;
  readonly logBlocks: number;
  readonly label: string;
  /** The UUID that is shown and that the log carries; 16 bytes. */
  readonly uuid: Uint8Array;
  /** The UUID in metadata blocks; 16 bytes. */
  readonly metaUuid: Uint8Array;
}

/**
 * A superblock or a copy of it, checked for what the code that uses it relies on. `sector` holds the whole sector where the checksum
 * is to be verified.
 * @throws NodewardError disk-damaged, disk-unsupported
 */
export function parseSuperblock(sector: Uint8Array, which: 'first' | 'copy' = 'first'): Superblock {
  if (be32(sector, 0) !== SUPERBLOCK_MAGIC) throw damaged('superblock', 'the signature is missing');
  const version = be16(sector, 100) & 0xf;
  const sectorSize = be16(sector, 102);
  if (sectorSize < 512 || sectorSize > 32768 || (sectorSize & (sectorSize - 1)) !== 0)
    throw damaged('superblock', `a sector of ${sectorSize} bytes`);
  // Before the features, so that a flipped bit is called damage and not an unknown feature.
  if (version === 5 && !checksumHolds(sector.subarray(0, sectorSize), CRC_AT))
    throw damaged('superblock', 'the checksum is wrong');
  const features = readFeatures(sector);
  const uuid = sector.slice(32, 48);
  const superblock: Superblock = {
    features,
    blockSize: be32(sector, 4),
    blockLog: sector[120] ?? 0,
    sectorSize,
    inodeSize: be16(sector, 104),
    inodeLog: sector[122] ?? 0,
    inodesPerBlockLog: sector[123] ?? 0,
    groupBlocks: be32(sector, 84),
    groupBlocksLog: sector[124] ?? 0,
    groups: be32(sector, 88),
    blocks: be64(sector, 8),
    directoryBlockLog: sector[192] ?? 0,
    rootInode: be64(sector, 56),
    inodeAlignment: be32(sector, 180),
    logStart: be64(sector, 48),
    logBlocks: be32(sector, 96),
    label: textOf(sector.subarray(108, 120)),
    uuid,
    metaUuid: features.metaUuid ? sector.slice(248, 264) : uuid,
  };
  // Copies never lose the mark of mkfs.
  if (which === 'first' && (sector[126] ?? 0) !== 0) throw damaged('superblock', 'mkfs did not finish');
  checkGeometry(superblock);
  return superblock;
}

/** The size of the sector at the start of a superblock, bounded; what `parseSuperblock` needs to be given. */
export function sectorSizeOf(sector: Uint8Array): number {
  const size = be16(sector, 102);
  return size > 512 && size <= 32768 ? size : SUPERBLOCK_BYTES;
}

/** Text up to the first zero byte. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('utf8');
}

/** A UUID as blkid(8) prints it. */
export function uuidText(uuid: Uint8Array): string {
  const hex = Buffer.from(uuid).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function checkGeometry(is: Superblock): void {
  const wrong = (what: string) => damaged('superblock', what);
  const power = (size: number, log: number, [min, max]: readonly [number, number]) =>
    log >= min && log <= max && size === 2 ** log;
  if (!power(is.blockSize, is.blockLog, [9, 16])) throw wrong(`a block of ${is.blockSize} bytes`);
  if (!power(is.inodeSize, is.inodeLog, [8, 11])) throw wrong(`an inode of ${is.inodeSize} bytes`);
  if (is.features.crc && (is.inodeSize < 512 || is.blockSize < 1024))
    throw wrong('blocks or inodes are too small for version 5');
  if (is.inodesPerBlockLog !== is.blockLog - is.inodeLog || is.blockLog < is.inodeLog)
    throw wrong('inodes per block do not fit the sizes of both');
  if (is.blockLog + is.directoryBlockLog > 16) throw wrong('directory blocks are larger than 64 KiB');
  const { groupBlocks, groups, blocks } = is;
  if (groupBlocks < 2 || is.groupBlocksLog > 31 || Math.ceil(Math.log2(groupBlocks)) !== is.groupBlocksLog)
    throw wrong(`allocation groups of ${groupBlocks} blocks`);
  const fits = blocks <= groups * groupBlocks && blocks > (groups - 1) * groupBlocks;
  if (groups < 1 || !fits || !Number.isSafeInteger(blocks * is.blockSize))
    throw wrong(`${groups} allocation groups do not hold ${blocks} blocks`);
  if (is.logBlocks * is.blockSize > 2 ** 31) throw wrong(`a log of ${is.logBlocks} blocks`);
}
