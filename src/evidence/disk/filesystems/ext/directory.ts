import { NodewardError } from '../../../../base/errors.ts';
import type { DirectoryEntry, DirectoryInode, Inode, InodeKind } from '../../../filesystem/types.ts';
import { damaged, le32 } from './bytes.ts';
import { DirectoryBlocks } from './directory-blocks.ts';
import { COMPAT } from './features.ts';
import { HashIndex } from './htree.ts';
import { type DiskInode, INODE_FLAGS, MAP_SIZE } from './inode.ts';
import { Records } from './records.ts';
import type { Volume } from './volume.ts';

const MAX_ENTRIES = 5_000_000;
const MAX_NAME_BYTES = 255;
/** Directories up to here are read as a whole: one read instead of one for the index and one for the leaf. */
const SMALL_DIRECTORY = 32 << 10;
/** An inline directory starts with the number of its parent. */
const INLINE_HEADER = 4;

/** What a directory says about one name. */
interface Named {
  readonly inode: number;
  readonly kind: InodeKind | null;
}

/** A directory of ext. Encrypted ones can be opened but not read: file-unreadable. */
export class ExtDirectory implements DirectoryInode {
  readonly kind = 'directory';
  readonly id: number;
  readonly mode: number;
  readonly #volume: Volume;
  readonly #inode: DiskInode;

  constructor(volume: Volume, inode: DiskInode) {
    this.#volume = volume;
    this.#inode = inode;
    this.id = inode.number;
    this.mode = inode.mode;
  }

  async list(): Promise<readonly DirectoryEntry[]> {
    const entries: ExtEntry[] = [];
    await this.#scan((records, bytes) => {
      if (entries.length >= MAX_ENTRIES)
        throw new NodewardError('limit-reached', `a directory has more than ${MAX_ENTRIES} entries`);
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const name = text.toString('utf8', records.nameStart, records.nameEnd);
      entries.push(new ExtEntry(this.#volume, name, { inode: records.inode, kind: records.kind }));
      return false;
    });
    // A walk opens the directories next, the files perhaps.
    const next = entries.filter(({ kind }) => kind === 'directory' || kind === null);
    if (next.length > 0) this.#volume.inodes.prefetch(next.map(({ number }) => number));
    return entries;
  }

  async lookup(name: string): Promise<Inode | null> {
    const bytes = Buffer.from(name, 'utf8');
    if (bytes.length === 0 || bytes.length > MAX_NAME_BYTES || name === '.' || name === '..') return null;
    const found = await this.#find(bytes);
    if (found !== null) return this.#volume.open(found.inode, found.kind);
    if ((this.#inode.flags & INODE_FLAGS.casefold) === 0) return null;
    const wanted = folded(name);
    const alike = (await this.list()).find((entry) => folded(entry.name) === wanted);
    return alike === undefined ? null : alike.open();
  }

  async #find(name: Uint8Array): Promise<Named | null> {
    const { superblock } = this.#volume;
    const { flags, size, checksumSeed } = this.#inode;
    const indexed = (flags & INODE_FLAGS.index) !== 0 && (superblock.features.compat & COMPAT.dirIndex) !== 0;
    // In such a directory the hash is of the folded name.
    const folds = (flags & INODE_FLAGS.casefold) !== 0;
    if (indexed && !folds && size > SMALL_DIRECTORY) {
      const blocks = new DirectoryBlocks(this.#volume, this.#inode);
      const found = await new HashIndex(superblock, blocks).search(name, (number, bytes) =>
        named(new Records(blocks.area(number, bytes)), name),
      );
      if (found !== undefined && found !== null) return found;
      // Without checksums an index that leads astray cannot be told from a name that is not there.
      if (found === undefined && checksumSeed !== null) return null;
    }
    let result: Named | null = null;
    await this.#scan((records) => {
      if (!records.isNamed(name)) return false;
      result = { inode: records.inode, kind: records.kind };
      return true;
    });
    return result;
  }

  /** Shows every entry but `.` and `..` to `visit`, which ends the scan by giving true. */
  async #scan(visit: (records: Records, bytes: Uint8Array) => boolean): Promise<void> {
    const blocks = new DirectoryBlocks(this.#volume, this.#inode);
    const { inline } = blocks;
    if (inline !== null) return this.#scanInline(blocks, inline, visit);
    await blocks.each((number, bytes) => {
      const records = new Records(blocks.area(number, bytes));
      if (number === 0) checkDots(records, this.#inode.number, blocks.place);
      while (records.next()) {
        if (records.dots !== 0) throw damaged(blocks.place, `has a second . or .. in its block ${number}`);
        if (visit(records, bytes)) return true;
      }
      return false;
    });
  }

  #scanInline(
    blocks: DirectoryBlocks,
    bytes: Uint8Array,
    visit: (records: Records, bytes: Uint8Array) => boolean,
  ): void {
    if (bytes.length < MAP_SIZE || le32(bytes, 0) === 0)
      throw damaged(blocks.place, `holds ${bytes.length} bytes, less than a directory has`);
    for (const [start, end] of [
      [INLINE_HEADER, MAP_SIZE],
      [MAP_SIZE, bytes.length],
    ] as const) {
      const records = new Records(blocks.part({ bytes, start, end }));
      while (records.next()) {
        if (records.dots !== 0) throw damaged(blocks.place, 'has an entry . or .. where none can be');
        if (visit(records, bytes)) return;
      }
    }
  }
}

/** A directory starts with itself and its parent: a block of something else does not. */
function checkDots(records: Records, self: number, place: string): void {
  const first = records.next() && records.dots === 1 && records.inode === self;
  if (!first || !isParent(records))
    throw damaged(place, 'does not start with itself (.) and its parent (..)');
}

function isParent(records: Records): boolean {
  return records.next() && records.dots === 2;
}

function named(records: Records, name: Uint8Array): Named | undefined {
  while (records.next()) if (records.isNamed(name)) return { inode: records.inode, kind: records.kind };
  return undefined;
}

/** Names that differ in case or in how characters are composed are one in a directory with `casefold`. */
function folded(name: string): string {
  const plain = name.normalize('NFD').replace(/\p{Default_Ignorable_Code_Point}/gu, '');
  return plain.toUpperCase().toLowerCase().normalize('NFD');
}

/** One name; without a closure of its own, since directories have many. */
class ExtEntry implements DirectoryEntry {
  readonly name: string;
  readonly kind: InodeKind | null;
  readonly number: number;
  readonly #volume: Volume;

  constructor(volume: Volume, name: string, { inode, kind }: Named) {
    this.#volume = volume;
    this.name = name;
    this.kind = kind;
    this.number = inode;
  }

  open(): Promise<Inode> {
    return this.#volume.open(this.number, this.kind);
  }
}
