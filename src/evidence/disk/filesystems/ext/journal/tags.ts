import { be16, be32, damaged, wide } from '../bytes.ts';
import type { JournalSuperblock } from './superblock.ts';

const HEADER_SIZE = 12;
const REVOKE_HEADER_SIZE = 16;
const UUID_SIZE = 16;
const TAIL_SIZE = 4;
const FLAGS = { escaped: 0x1, sameUuid: 0x2, last: 0x8 } as const;

/** One logged block, as its descriptor names it. */
export interface Tag {
  /** Which block of the file system it is. */
  readonly block: number;
  /** Its first four bytes were taken out because they look like the journal's signature. */
  readonly escaped: boolean;
  readonly checksum: number;
}

/** The blocks that follow a descriptor block, in their order. */
export function tagsOf(journal: JournalSuperblock, bytes: Uint8Array): Tag[] {
  const size = tagSize(journal);
  const end = bytes.length - (journal.checksumVersion === 0 ? 0 : TAIL_SIZE);
  const tags: Tag[] = [];
  for (let at = HEADER_SIZE; at + size <= end; ) {
    const v3 = journal.checksumVersion === 3;
    const flags = v3 ? be32(bytes, at + 4) : be16(bytes, at + 6);
    const high = journal.bits64 ? be32(bytes, at + 8) : 0;
    tags.push({
      block: wide(high, be32(bytes, at)),
      escaped: (flags & FLAGS.escaped) !== 0,
      checksum: v3 ? be32(bytes, at + 12) : be16(bytes, at + 4),
    });
    if ((flags & FLAGS.last) !== 0) break;
    at += size + ((flags & FLAGS.sameUuid) !== 0 ? 0 : UUID_SIZE);
  }
  return tags;
}

/** Bytes of one tag; with version 2 of the checksums two of them are unused. */
function tagSize({ checksumVersion, bits64 }: JournalSuperblock): number {
  if (checksumVersion === 3) return 16;
  return 8 + (bits64 ? 4 : 0) + (checksumVersion === 2 ? 2 : 0);
}

/** The blocks a revoke block says must not be replayed. @throws NodewardError disk-damaged */
export function revokedBy({ bits64, checksumVersion }: JournalSuperblock, bytes: Uint8Array): number[] {
  const used = be32(bytes, HEADER_SIZE);
  const room = bytes.length - (checksumVersion === 0 ? 0 : TAIL_SIZE);
  if (used > room) throw damaged('a revoke block of the journal', `says ${used} bytes`);
  const size = bits64 ? 8 : 4;
  const blocks: number[] = [];
  for (let at = REVOKE_HEADER_SIZE; at + size <= used; at += size)
    blocks.push(bits64 ? wide(be32(bytes, at), be32(bytes, at + 4)) : be32(bytes, at));
  return blocks;
}
