import { be16, be32, be64, checksumHolds, equalAt } from './bytes.ts';
import { damaged } from './damage.ts';
import { type BlockRange, decodeExtents, EXTENT_BYTES, type Extent, within } from './extents.ts';
import { BASIC_BLOCK, byteOfBlocks } from './geometry.ts';
import type { XfsInode } from './inode.ts';
import type { Volume } from './volume.ts';

/** `BMAP` and `BMA3`: blocks of the tree that maps a file, without and with checksums. */
const MAGIC = { v4: 0x424d4150, v5: 0x424d4133 };
const HEADER = { v4: 24, v5: 72 };
const CRC_AT = 64;
/** Deeper than any tree over 2^48 extents in blocks of 512 bytes. */
const MAX_LEVEL = 16;
/** Level and count of records, before the keys of the root. */
const ROOT_HEADER = 4;
const POINTER = 8;

/** A block of the tree that is to be read. */
interface Child {
  readonly block: number;
  /** The first block of the file below it. */
  readonly key: number;
  readonly level: number;
}

/**
 * The extents in the range of a file that is mapped by a B-tree. Only the branches that lead to the range are read.
 * @throws NodewardError disk-damaged; the errors of the block source
 */
export async function extentsInTree(volume: Volume, inode: XfsInode, range: BlockRange): Promise<Extent[]> {
  const place = `inode ${inode.number}`;
  const level = be16(inode.fork, 0);
  const records = be16(inode.fork, 2);
  const room = Math.floor((inode.fork.length - ROOT_HEADER) / (2 * POINTER));
  if (level < 1 || level > MAX_LEVEL || records < 1 || records > room)
    throw damaged(place, `a map with ${records} records at level ${level}`);
  const root = { bytes: inode.fork, header: ROOT_HEADER, room, records, level };
  let children = childrenOf(root, range, place);
  for (let below = level - 1; below > 0; below--) {
    const nodes = await readAll(volume, inode, children);
    children = nodes.flatMap((node) => childrenOf(node, range, place));
  }
  const leaves = await readAll(volume, inode, children);
  const extents: Extent[] = [];
  for (const { bytes, header, records: count } of leaves) {
    const found = decodeExtents(
      bytes.subarray(header, header + count * EXTENT_BYTES),
      volume.superblock,
      place,
    );
    const last = extents.at(-1);
    if (last !== undefined && found[0] !== undefined && found[0].from < last.from + last.count)
      throw damaged(place, 'the blocks of its map overlap');
    for (const extent of within(found, range)) extents.push(extent);
  }
  return extents;
}

/** A block of the tree, checked; `room` is how many records it could hold. */
interface TreeBlock {
  readonly bytes: Uint8Array;
  readonly header: number;
  readonly room: number;
  readonly records: number;
  readonly level: number;
}

function childrenOf(node: TreeBlock, range: BlockRange, place: string): Child[] {
  const { bytes, header, room, records, level } = node;
  const children: Child[] = [];
  for (let index = 0; index < records; index++) {
    const key = be64(bytes, header + index * POINTER);
    const next = index + 1 < records ? be64(bytes, header + (index + 1) * POINTER) : Number.POSITIVE_INFINITY;
    if (next <= key) throw damaged(place, `the keys of its map are out of order at level ${level}`);
    if (key >= range.to) break;
    if (next <= range.from) continue;
    const block = be64(bytes, header + (room + index) * POINTER);
    children.push({ block, key, level: level - 1 });
  }
  return children;
}

function readAll(volume: Volume, inode: XfsInode, children: readonly Child[]): Promise<TreeBlock[]> {
  return Promise.all(children.map((child) => readBlock(volume, inode, child)));
}

async function readBlock(volume: Volume, inode: XfsInode, child: Child): Promise<TreeBlock> {
  const { superblock } = volume;
  const { blockSize, features } = superblock;
  const at = byteOfBlocks(superblock, child.block, 1);
  if (at === null)
    throw damaged(
      `inode ${inode.number}`,
      `its map points to block ${child.block}, which is not on the disk`,
    );
  const place = `inode ${inode.number}, map block at byte ${at}`;
  const bytes = await volume.read(at, blockSize);
  if (be32(bytes, 0) !== (features.crc ? MAGIC.v5 : MAGIC.v4))
    throw damaged(place, 'the signature is missing');
  if (features.crc) checkIdentity(volume, { bytes, at, place, owner: inode.number });
  const header = features.crc ? HEADER.v5 : HEADER.v4;
  const room = Math.floor((blockSize - header) / EXTENT_BYTES);
  const records = be16(bytes, 6);
  if (be16(bytes, 4) !== child.level)
    throw damaged(place, `it is of level ${be16(bytes, 4)}, not ${child.level}`);
  if (records < 1 || records > room) throw damaged(place, `${records} records where ${room} fit`);
  // A record of a leaf starts with its file offset too, above 9 bits of the block.
  const first =
    child.level > 0
      ? be64(bytes, header)
      : (be32(bytes, header) & 0x7fffffff) * 2 ** 23 + (be32(bytes, header + 4) >>> 9);
  if (first !== child.key)
    throw damaged(place, `it starts at block ${first} of the file, not at ${child.key}`);
  return { bytes, header, room, records, level: child.level };
}

function checkIdentity(
  volume: Volume,
  block: { readonly bytes: Uint8Array; readonly at: number; readonly place: string; readonly owner: number },
): void {
  const { bytes, at, place, owner } = block;
  if (!checksumHolds(bytes, CRC_AT)) throw damaged(place, 'the checksum is wrong');
  if (be64(bytes, 24) * BASIC_BLOCK !== at) throw damaged(place, 'it belongs to another place of the disk');
  if (!equalAt(bytes, 40, volume.superblock.metaUuid))
    throw damaged(place, 'it belongs to another file system');
  if (be64(bytes, 56) !== owner && !volume.overlay?.moved.has(owner))
    throw damaged(place, `it belongs to inode ${be64(bytes, 56)}`);
}
