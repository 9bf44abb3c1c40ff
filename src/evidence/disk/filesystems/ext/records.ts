import type { InodeKind } from '../../../filesystem/types.ts';
import { damaged, le16, le32 } from './bytes.ts';

const HEADER_SIZE = 8;
const MIN_LENGTH = 12;
const MAX_BLOCK_SIZE = 65536;
const SLASH = 0x2f;

/** What the file types of directory entries stand for; null where the entry does not say. */
const KINDS: readonly (InodeKind | null)[] = [
  null,
  'file',
  'directory',
  'special',
  'special',
  'special',
  'special',
  'symlink',
];

/** Bytes that hold directory entries, and how they are to be read. */
export interface RecordArea {
  readonly bytes: Uint8Array;
  /** Where the entries start and end. */
  readonly start: number;
  readonly end: number;
  /** What errors call it. */
  readonly place: string;
  /** Entries say the type of their inode (`filetype`). */
  readonly typed: boolean;
  readonly inodeCount: number;
}

/**
 * Goes through the entries of one area (Linux `struct ext4_dir_entry_2`), unused ones left out, and checks each as it
 * comes by. One object for all entries: `next` moves it on.
 */
export class Records {
  inode = 0;
  nameStart = 0;
  nameEnd = 0;
  /** The bytes the current entry takes. */
  length = 0;
  #type = 0;
  #at: number;
  readonly #area: RecordArea;

  constructor(area: RecordArea) {
    this.#area = area;
    this.#at = area.start;
  }

  /** Moves to the next used entry; false at the end. @throws NodewardError disk-damaged */
  next(): boolean {
    const { bytes, end } = this.#area;
    while (this.#at < end) {
      const at = this.#at;
      const length = at + HEADER_SIZE <= end ? this.#lengthAt(at) : 0;
      if (length < MIN_LENGTH || length % 4 !== 0 || at + length > end)
        throw this.#bad(at, `says a length of ${length}`);
      this.#at = at + length;
      this.inode = le32(bytes, at);
      if (this.inode === 0) continue;
      this.length = length;
      this.#type = this.#area.typed ? (bytes[at + 7] ?? 0) : 0;
      this.nameStart = at + HEADER_SIZE;
      this.nameEnd = this.nameStart + (this.#area.typed ? (bytes[at + 6] ?? 0) : le16(bytes, at + 6));
      this.#check(at);
      return true;
    }
    return false;
  }

  /** What the entry says its inode is; null where it does not say. */
  get kind(): InodeKind | null {
    return KINDS[this.#type] ?? null;
  }

  /** The name is `.` (1) or `..` (2) or another (0). */
  get dots(): 0 | 1 | 2 {
    const { bytes } = this.#area;
    const length = this.nameEnd - this.nameStart;
    if (length > 2 || bytes[this.nameStart] !== 0x2e) return 0;
    if (length === 1) return 1;
    return bytes[this.nameStart + 1] === 0x2e ? 2 : 0;
  }

  /** Whether the entry has this name. */
  isNamed(name: Uint8Array): boolean {
    const { bytes } = this.#area;
    if (this.nameEnd - this.nameStart !== name.length) return false;
    for (let n = 0; n < name.length; n++) if (bytes[this.nameStart + n] !== name[n]) return false;
    return true;
  }

  /** With blocks of 64 KiB a length of 65,536 does not fit and is written as 65,535 or 0. */
  #lengthAt(at: number): number {
    const { bytes } = this.#area;
    const stored = le16(bytes, at + 4);
    if (bytes.length < MAX_BLOCK_SIZE) return stored;
    return stored === 0xffff || stored === 0 ? MAX_BLOCK_SIZE : (stored & 0xfffc) | ((stored & 3) << 16);
  }

  #check(at: number): void {
    const { bytes, inodeCount } = this.#area;
    if (this.inode > inodeCount) throw this.#bad(at, `names inode ${this.inode}, which does not exist`);
    if (this.nameEnd === this.nameStart || this.nameEnd > at + this.length)
      throw this.#bad(at, `says a name of ${this.nameEnd - this.nameStart} bytes`);
    if (this.#type >= KINDS.length) throw this.#bad(at, `says an unknown file type (${this.#type})`);
    for (let n = this.nameStart; n < this.nameEnd; n++) {
      const byte = bytes[n];
      if (byte === 0 || byte === SLASH) throw this.#bad(at, 'has a name with a byte that none can have');
    }
  }

  #bad(at: number, what: string): Error {
    return damaged(this.#area.place, `has a damaged entry at byte ${at}: it ${what}`);
  }
}
