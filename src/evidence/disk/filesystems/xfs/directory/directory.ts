import { NodewardError } from '../../../../../base/errors.ts';
import { damaged } from '../damage.ts';
import { directoryBlockSize } from '../geometry.ts';
import { FORMAT, type XfsInode } from '../inode.ts';
import { extentsOf } from '../mapping.ts';
import type { Volume } from '../volume.ts';
import { type DirectoryBlock, directoryBlocks, placeOf, readBlock, readBlocks } from './blocks.ts';
import { entriesOf, entryAt, openDataBlock } from './data.ts';
import type { RawEntry } from './entry.ts';
import { nameRule } from './hash.ts';
import { INDEX_OFFSET, placesOfHash } from './index.ts';
import { parseShortForm } from './shortform.ts';

/** Larger directories are not listed; a million names of 30 bytes fill 48 MB. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * All names of a directory but `.` and `..`, in the order of the disk.
 * @throws NodewardError disk-damaged, limit-reached; the errors of the block source
 */
export async function readNames(volume: Volume, inode: XfsInode): Promise<RawEntry[]> {
  const { superblock } = volume;
  if (inode.format === FORMAT.local) return parseShortForm(inode, superblock.features.ftype);
  const blocks = await dataBlocks(volume, inode);
  if (blocks.length * directoryBlockSize(superblock) > MAX_BYTES)
    throw new NodewardError('limit-reached', `the directory with inode ${inode.number} is too large`);
  const only = await isSingle(volume, inode);
  const names: RawEntry[] = [];
  for await (const loaded of readBlocks(volume, blocks)) {
    const block = openDataBlock(volume, loaded, { owner: inode.number, only });
    for (const entry of entriesOf(superblock, block, inode.number)) names.push(entry);
  }
  return names;
}

/**
 * The entry of one name; null where the directory has none.
 * @throws NodewardError disk-damaged, limit-reached; the errors of the block source
 */
export async function findName(volume: Volume, inode: XfsInode, name: Uint8Array): Promise<RawEntry | null> {
  const { features } = volume.superblock;
  if (inode.format === FORMAT.local || (await isSingle(volume, inode)))
    return pick(volume, await readNames(volume, inode), name);
  const found = await findByHash(volume, inode, name);
  // Without checksums a damaged index looks like an absent name: the names themselves decide.
  if (found !== null || features.crc) return found;
  return pick(volume, await readNames(volume, inode), name);
}

/** One of the entries by its name: the one written the same way first. */
function pick(volume: Volume, entries: readonly RawEntry[], name: Uint8Array): RawEntry | null {
  const exact = entries.find((entry) => Buffer.compare(entry.name, name) === 0);
  if (exact !== undefined || !volume.superblock.features.asciiCi) return exact ?? null;
  const { same } = nameRule(true);
  return entries.find((entry) => same(entry.name, name)) ?? null;
}

async function findByHash(volume: Volume, inode: XfsInode, name: Uint8Array): Promise<RawEntry | null> {
  const { superblock } = volume;
  const { hash, same } = nameRule(superblock.features.asciiCi);
  const wanted = hash(name);
  const places = await placesOfHash(volume, inode, wanted);
  if (places.length === 0) return null;
  const size = directoryBlockSize(superblock);
  const opened = new Map<number, ReturnType<typeof openDataBlock>>();
  const found: RawEntry[] = [];
  for (const at of places) {
    const index = Math.floor(at / size);
    const block = opened.get(index) ?? (await dataBlock(volume, inode, index));
    opened.set(index, block);
    const { entry } = entryAt(superblock, block, at % size);
    if (hash(entry.name) !== wanted) throw damaged(block.place, 'the index names another name');
    if (same(entry.name, name)) found.push(entry);
  }
  return pick(volume, found, name);
}

async function dataBlock(
  volume: Volume,
  inode: XfsInode,
  index: number,
): Promise<ReturnType<typeof openDataBlock>> {
  const block = (await dataBlocks(volume, inode, index)).find((one) => one.index === index);
  if (block === undefined)
    throw damaged(`inode ${inode.number}`, `directory block ${index} is missing, yet the index names it`);
  const bytes = await readBlock(volume, block);
  return openDataBlock(volume, { block, bytes }, { owner: inode.number, only: false });
}

/** True where all names are in one block, which then holds their index as well: nothing lies behind it. */
async function isSingle(volume: Volume, inode: XfsInode): Promise<boolean> {
  const { superblock } = volume;
  if (inode.format !== FORMAT.extents || inode.size !== directoryBlockSize(superblock)) return false;
  const per = 2 ** superblock.directoryBlockLog;
  const behind = await extentsOf(volume, inode, { from: per, to: Number.POSITIVE_INFINITY });
  return behind.length === 0;
}

/** The blocks of names: all, or those around one of them. */
async function dataBlocks(volume: Volume, inode: XfsInode, index?: number): Promise<DirectoryBlock[]> {
  const { superblock } = volume;
  const size = directoryBlockSize(superblock);
  const place = `inode ${inode.number}`;
  if (inode.size === 0 || inode.size % size !== 0 || inode.size > INDEX_OFFSET)
    throw damaged(place, `a directory of ${inode.size} bytes`);
  const per = size / superblock.blockSize;
  const range =
    index === undefined
      ? { from: 0, to: INDEX_OFFSET / superblock.blockSize }
      : { from: index * per, to: (index + 1) * per };
  const extents = await extentsOf(volume, inode, range);
  const inside = extents.map((extent) => {
    const end = Math.min(extent.from + extent.count, range.to);
    return { ...extent, count: end - extent.from };
  });
  if (inside.reduce((sum, { count }) => sum + count, 0) * superblock.blockSize > MAX_BYTES)
    throw new NodewardError('limit-reached', `the directory with inode ${inode.number} is too large`);
  const blocks = directoryBlocks(volume, inside, place);
  const [first] = blocks;
  const last = blocks.at(-1);
  if (index === undefined && (first?.index !== 0 || last === undefined || last.index * size >= inode.size))
    throw damaged(
      first ? placeOf(inode.number, first) : place,
      'the directory has other blocks than its size says',
    );
  return blocks;
}
