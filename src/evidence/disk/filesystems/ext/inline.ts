import { damaged, le16, le32 } from './bytes.ts';
import { type DiskInode, inodePlace, MAP_AT, MAP_SIZE } from './inode.ts';

const BASE_SIZE = 128;
const ATTRIBUTES_MAGIC = 0xea020000;
const ENTRY_SIZE = 16;
const SYSTEM_INDEX = 7;
const DATA_NAME = 'data';

/**
 * The content an inode holds itself (`inline_data`): the 60 bytes of its block map, continued in its attribute
 * `system.data`. As many bytes as the inode's size says.
 * @throws NodewardError disk-damaged
 */
export function inlineContent(inode: DiskInode): Uint8Array {
  const start = inode.bytes.subarray(MAP_AT, MAP_AT + MAP_SIZE);
  if (inode.size <= MAP_SIZE) return start.subarray(0, inode.size);
  const rest = dataAttribute(inode);
  if (rest === null || MAP_SIZE + rest.length < inode.size)
    throw damaged(inodePlace(inode.number), `holds less than the ${inode.size} bytes it says`);
  return Buffer.concat([start, rest], inode.size);
}

/** The value of `system.data` among the attributes behind the inode's fields; null where there is none. */
function dataAttribute({ number, bytes }: DiskInode): Uint8Array | null {
  const bad = (): Error => damaged(inodePlace(number), 'has damaged attributes');
  const first = BASE_SIZE + le16(bytes, BASE_SIZE) + 4;
  if (first > bytes.length || le32(bytes, first - 4) !== ATTRIBUTES_MAGIC) return null;
  for (let at = first; at + 4 <= bytes.length && le32(bytes, at) !== 0; ) {
    const nameLength = bytes[at] ?? 0;
    const end = at + ENTRY_SIZE + nameLength;
    if (end > bytes.length) throw bad();
    const name = Buffer.from(bytes.subarray(at + ENTRY_SIZE, end)).toString('latin1');
    if (bytes[at + 1] === SYSTEM_INDEX && name === DATA_NAME) {
      const value = first + le16(bytes, at + 2);
      const size = le32(bytes, at + 8);
      if (le32(bytes, at + 4) !== 0 || value + size > bytes.length) throw bad();
      return bytes.subarray(value, value + size);
    }
    at = end + ((4 - (end % 4)) % 4);
  }
  return null;
}
