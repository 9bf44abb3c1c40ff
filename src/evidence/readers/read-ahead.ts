import type { FileInode } from '../filesystem/types.ts';

const CHUNK_BYTES = 1 << 20;
/** How far ahead of a read is asked for: on a distant disk some seconds' worth of single pages. */
const AHEAD_CHUNKS = 8;

/**
 * A file that is read whole in small pieces, such as a database by its pages, where each piece says where the next one
 * is. What lies behind a read is asked for in advance, so that the pieces do not cost a round trip each. Nothing is
 * asked for twice, and nothing but the file itself.
 */
export function readAhead(inode: FileInode): FileInode {
  const asked = new Set<number>();
  const { kind, id, size, mode } = inode;
  return {
    kind,
    id,
    size,
    mode,
    read(offset, length) {
      const first = Math.floor(offset / CHUNK_BYTES);
      const last = Math.min(first + AHEAD_CHUNKS, Math.ceil(size / CHUNK_BYTES) - 1);
      for (let chunk = first; chunk <= last; chunk++) {
        if (asked.has(chunk)) continue;
        asked.add(chunk);
        inode.prefetch(chunk * CHUNK_BYTES, Math.min(CHUNK_BYTES, size - chunk * CHUNK_BYTES));
      }
      return inode.read(offset, length);
    },
    prefetch: (offset, length) => inode.prefetch(offset, length),
  };
}
