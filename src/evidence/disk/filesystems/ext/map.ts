import { ExtentMap } from './extents.ts';
import { IndirectMap } from './indirect.ts';
import { type DiskInode, INODE_FLAGS } from './inode.ts';
import type { BlockMap, MapContext } from './runs.ts';

/** The map of an inode whose content is in blocks. @throws NodewardError disk-damaged */
export function mapOf(context: MapContext, inode: DiskInode): BlockMap {
  const extents = (inode.flags & INODE_FLAGS.extents) !== 0;
  return extents ? new ExtentMap(context, inode) : new IndirectMap(context, inode);
}
