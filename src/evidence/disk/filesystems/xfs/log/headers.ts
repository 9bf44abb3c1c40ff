import { be16, be32, be64, equalAt } from '../bytes.ts';
import { BASIC_BLOCK } from '../geometry.ts';
import { SUPERBLOCK_MAGIC, type Superblock } from '../superblock.ts';

/** Where a block of version 5 keeps its checksum and the time of its last change; bytes from its start. */
export interface BlockHeader {
  readonly crc: number;
  readonly lsn: number;
  /** Of blocks that name their own place. */
  readonly address: number | null;
  readonly uuid: number;
  /** Links are logged as a whole, other blocks by what was changed. */
  readonly written: 'once' | 'often';
}

const DATA: BlockHeader = { written: 'often', crc: 4, address: 8, lsn: 16, uuid: 24 };
const INDEX: BlockHeader = { written: 'often', crc: 12, address: 16, lsn: 24, uuid: 32 };
const MAP: BlockHeader = { written: 'often', crc: 64, address: 24, lsn: 32, uuid: 40 };
const LINK: BlockHeader = { written: 'once', crc: 12, address: 40, lsn: 48, uuid: 16 };

/** Its UUID is not compared: it is the one that others are compared with. */
const SUPER: BlockHeader = { written: 'often', crc: 224, lsn: 240, address: null, uuid: 32 };

/** `XDB3`, `XDD3`, `XDF3`, `BMA3`, `XSLM` */
const BY_FIRST_WORD = new Map<number, BlockHeader>([
  [0x58444233, DATA],
  [0x58444433, DATA],
  [0x58444633, DATA],
  [0x424d4133, MAP],
  [0x58534c4d, LINK],
]);
/** The index of directories: node, single leaf, leaf. */
const INDEX_MAGICS = new Set([0x3ebe, 0x3df1, 0x3dff]);

/**
 * The header of a block that is read, by its signature and UUID; null where it has none or is of no such type. Blocks
 * of other types are replayed all the same, and nobody reads them.
 */
export function headerOf(bytes: Uint8Array, at: number, superblock: Superblock): BlockHeader | null {
  if (!superblock.features.crc) return null;
  const magic = be32(bytes, 0);
  if (magic === SUPERBLOCK_MAGIC) return SUPER;
  const header = BY_FIRST_WORD.get(magic) ?? (INDEX_MAGICS.has(be16(bytes, 8)) ? INDEX : null);
  if (header === null || !equalAt(bytes, header.uuid, superblock.metaUuid)) return null;
  return header.address === null || be64(bytes, header.address) * BASIC_BLOCK === at ? header : null;
}
