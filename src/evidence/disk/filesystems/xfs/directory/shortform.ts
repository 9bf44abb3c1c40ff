import { be32, be64 } from '../bytes.ts';
import { damaged } from '../damage.ts';
import type { XfsInode } from '../inode.ts';
import { checkName, kindOf, type RawEntry } from './entry.ts';

/**
 * The names of a directory that lies in its inode: their count, how many inode numbers need 8 bytes (where any
 * does, all have them), the parent, then per name its length, a place that is of no use here, the name, its kind (`ftype`) and its inode number of 4 or 8 bytes.
 * @throws NodewardError disk-damaged
 */
export function parseShortForm(inode: XfsInode, ftype: boolean): RawEntry[] {
  const place = `inode ${inode.number}`;
  const bytes = inode.fork.subarray(0, inode.size);
  if (inode.size > inode.fork.length || inode.size < 6)
    throw damaged(place, `a directory of ${inode.size} bytes`);
  const wide = (bytes[1] ?? 0) > 0;
  const width = wide ? 8 : 4;
  // The parent's number counts among the wide ones, but not among the names.
  const count = bytes[0] ?? 0;
  let at = 2 + width;
  const entries: RawEntry[] = [];
  for (let index = 0; index < count; index++) {
    const length = bytes[at] ?? 0;
    const end = at + 3 + length;
    const next = end + (ftype ? 1 : 0) + width;
    if (length === 0 || next > bytes.length) throw damaged(place, 'its names do not fit into it');
    const name = bytes.subarray(at + 3, end);
    checkName(name, place);
    const number = wide ? be64(bytes, next - width) : be32(bytes, next - width);
    entries.push({ name, inode: number, kind: ftype ? kindOf(bytes[end] ?? 0, place) : null });
    at = next;
  }
  if (at !== bytes.length) throw damaged(place, `its names end at byte ${at} of ${bytes.length}`);
  return entries;
}
