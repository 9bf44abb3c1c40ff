import { be16, be32 } from '../bytes.ts';
import { damaged } from '../damage.ts';
import { directoryBlockSize } from '../geometry.ts';
import type { XfsInode } from '../inode.ts';
import { extentsOf } from '../mapping.ts';
import type { Volume } from '../volume.ts';
import { checkHeader, directoryBlocks, INDEX_HEADER, placeOf, readBlock } from './blocks.ts';

/** The index of a directory starts at this byte of its own addresses, the names lie below. */
export const INDEX_OFFSET = 2 ** 35;
/** Inner nodes, the leaf of a directory with one leaf, the leaves of one with many. */
const MAGIC = {
  v4: { node: 0xfebe, single: 0xd2f1, leaf: 0xd2ff },
  v5: { node: 0x3ebe, single: 0x3df1, leaf: 0x3dff },
};
const HEADER = { v4: 16, v5: 64 };
const COUNT_AT = { v4: 12, v5: 56 };
const ENTRY = 8;
/** As Linux (XFS_DA_NODE_MAXDEPTH). */
const MAX_DEPTH = 5;
/** Leaves that one hash may fill: more names collide in no genuine directory. */
const MAX_LEAVES = 256;

/** A block of the index. */
interface IndexBlock {
  readonly bytes: Uint8Array;
  readonly place: string;
  readonly type: 'node' | 'single' | 'leaf';
  readonly header: number;
  readonly count: number;
  /** Of nodes: how far above the leaves. */
  readonly level: number;
}

/**
 * The places of names with this hash, in bytes from the start of the directory.
 * @throws NodewardError disk-damaged; the errors of the block source
 */
export async function placesOfHash(volume: Volume, inode: XfsInode, hash: number): Promise<number[]> {
  const first = INDEX_OFFSET / volume.superblock.blockSize;
  let block = await readIndexBlock(volume, inode, first);
  if (block.type === 'leaf') throw damaged(block.place, 'a leaf where the root of the index is expected');
  for (let depth = 0; block.type === 'node'; depth++) {
    if (depth >= MAX_DEPTH) throw damaged(block.place, 'the index is too deep');
    const at = lowerBound(block, hash);
    // The last hash of a node is the greatest of the whole index below it.
    if (at === block.count) return [];
    const child = await readIndexBlock(volume, inode, be32(block.bytes, block.header + at * ENTRY + 4));
    const level: number = child.type === 'node' ? child.level : 0;
    if (child.type === 'single' || level !== block.level - 1)
      throw damaged(child.place, `it is of level ${level} below level ${block.level} of the index`);
    block = child;
  }
  return placesFrom(volume, { inode, hash, leaf: block });
}

async function placesFrom(
  volume: Volume,
  { inode, hash, leaf }: { readonly inode: XfsInode; readonly hash: number; readonly leaf: IndexBlock },
): Promise<number[]> {
  const places: number[] = [];
  let block = leaf;
  for (let leaves = 0; leaves < MAX_LEAVES; leaves++) {
    let at = lowerBound(block, hash);
    for (; at < block.count; at++) {
      const entry = block.header + at * ENTRY;
      if (be32(block.bytes, entry) !== hash) return places;
      const address = be32(block.bytes, entry + 4);
      // Zero is a name that was removed.
      if (address !== 0) places.push(address * 8);
    }
    const next = be32(block.bytes, 0);
    if (block.type === 'single' || next === 0) return places;
    block = await readIndexBlock(volume, inode, next);
    if (block.type !== 'leaf') throw damaged(block.place, 'it follows a leaf of the index and is none');
    if (block.count > 0 && be32(block.bytes, block.header) !== hash) return places;
  }
  throw damaged(block.place, 'too many names have the same hash');
}

/** The first entry with this hash or a greater one. */
function lowerBound({ bytes, header, count }: IndexBlock, hash: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (be32(bytes, header + middle * ENTRY) < hash) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** `from` is the first block of the directory's own addresses, in blocks of the file system. */
async function readIndexBlock(volume: Volume, inode: XfsInode, from: number): Promise<IndexBlock> {
  const { superblock } = volume;
  const per = 2 ** superblock.directoryBlockLog;
  const extents = await extentsOf(volume, inode, { from, to: from + per });
  const inside = extents.map((extent) => {
    const skipped = Math.max(0, from - extent.from);
    const count = Math.min(extent.from + extent.count, from + per) - (extent.from + skipped);
    return { ...extent, from: extent.from + skipped, at: extent.at + skipped * superblock.blockSize, count };
  });
  const owner = `inode ${inode.number}`;
  const [block] = from % per === 0 ? directoryBlocks(volume, inside, owner) : [];
  if (block === undefined) throw damaged(owner, `block ${from} of the index of the directory is missing`);
  const bytes = await readBlock(volume, block);
  const place = placeOf(inode.number, block);
  const { crc } = superblock.features;
  const magics = crc ? MAGIC.v5 : MAGIC.v4;
  const magic = be16(bytes, 8);
  const type = (['node', 'single', 'leaf'] as const).find((name) => magics[name] === magic);
  if (type === undefined) throw damaged(place, 'the signature of the index is missing');
  checkHeader(volume, { block, bytes }, { layout: INDEX_HEADER, owner: inode.number });
  const header = crc ? HEADER.v5 : HEADER.v4;
  const countAt = crc ? COUNT_AT.v5 : COUNT_AT.v4;
  const count = be16(bytes, countAt);
  const level = be16(bytes, countAt + 2);
  if (count > (directoryBlockSize(superblock) - header) / ENTRY)
    throw damaged(place, `${count} entries do not fit into it`);
  if (type === 'node' && (level < 1 || level > MAX_DEPTH || count < 1))
    throw damaged(place, `a node of the index with ${count} entries at level ${level}`);
  return { bytes, place, type, header, count, level };
}
