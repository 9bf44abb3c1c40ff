import { extentsInTree } from './bmbt.ts';
import { damaged } from './damage.ts';
import { type BlockRange, decodeExtents, EXTENT_BYTES, type Extent, within } from './extents.ts';
import { FORMAT, type XfsInode } from './inode.ts';
import type { Volume } from './volume.ts';

/**
 * The extents of a file that have blocks in the range, in the order of the file. What lies between them is a hole.
 * @throws NodewardError disk-damaged; the errors of the block source
 */
export async function extentsOf(
  volume: Volume,
  inode: XfsInode,
  range: BlockRange,
): Promise<readonly Extent[]> {
  const place = `inode ${inode.number}`;
  if (volume.overlay?.unfinished.has(inode.number))
    throw damaged(place, 'the log holds a change of its blocks that the machine had not finished');
  if (inode.format === FORMAT.btree) return extentsInTree(volume, inode, range);
  if (inode.format !== FORMAT.extents) throw damaged(place, `it has no extents (format ${inode.format})`);
  if (inode.extents * EXTENT_BYTES > inode.fork.length)
    throw damaged(place, `${inode.extents} extents do not fit into it`);
  const all = decodeExtents(inode.fork.subarray(0, inode.extents * EXTENT_BYTES), volume.superblock, place);
  return within(all, range);
}
