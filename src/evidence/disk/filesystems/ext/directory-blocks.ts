import { NodewardError } from '../../../../base/errors.ts';
import { updateCrc32c } from '../../crc32c.ts';
import { damaged, le16, le32 } from './bytes.ts';
import { Content } from './content.ts';
import { INCOMPAT } from './features.ts';
import { type DiskInode, INODE_FLAGS, inodePlace } from './inode.ts';
import type { RecordArea } from './records.ts';
import type { MapContext } from './runs.ts';

/** The directories of a million files take less. */
const MAX_DIRECTORY_BYTES = 512 << 20;
/** So much of a directory is read at once. */
const PART_BYTES = 256 << 10;

const TAIL_SIZE = 12;
const TAIL_TYPE = 0xde;
/** Where the entries of an index begin: in its root, and in its other nodes. */
export const INDEX_ROOT_AT = 32;
export const INDEX_NODE_AT = 8;

/** The blocks of one directory, read and verified. */
export class DirectoryBlocks {
  readonly inode: DiskInode;
  readonly #context: MapContext;
  readonly #content: Content;
  readonly #place: string;

  /** @throws NodewardError as `Content`; disk-damaged, limit-reached */
  constructor(context: MapContext, inode: DiskInode) {
    this.#context = context;
    this.inode = inode;
    this.#place = `directory ${inodePlace(inode.number)}`;
    this.#content = new Content(context, inode);
    const { blockSize } = context.superblock;
    if (inode.size > MAX_DIRECTORY_BYTES)
      throw new NodewardError('limit-reached', `${this.#place} is of ${inode.size} bytes`);
    if (this.inline === null && (inode.size === 0 || inode.size % blockSize !== 0))
      throw damaged(this.#place, `is of ${inode.size} bytes, not of whole blocks`);
  }

  get place(): string {
    return this.#place;
  }

  /** The whole directory where the inode holds it itself; null where it is in blocks. */
  get inline(): Uint8Array | null {
    return this.#content.inline;
  }

  get count(): number {
    return this.inode.size / this.#context.superblock.blockSize;
  }

  /** One block. @throws NodewardError disk-damaged */
  async read(number: number): Promise<Uint8Array> {
    const { blockSize } = this.#context.superblock;
    const bytes = await this.#content.read(number * blockSize, blockSize);
    this.#verify(number, bytes);
    return bytes;
  }

  /** All blocks, in order, to `visit`, until it gives true. @throws NodewardError disk-damaged, what `visit` throws */
  async each(visit: (number: number, bytes: Uint8Array) => boolean): Promise<void> {
    const { blockSize } = this.#context.superblock;
    for (let at = 0; at < this.inode.size; at += PART_BYTES) {
      if (at + PART_BYTES < this.inode.size) this.#content.prefetch(at + PART_BYTES, PART_BYTES);
      const part = await this.#content.read(at, PART_BYTES);
      for (let offset = 0; offset < part.length; offset += blockSize) {
        const bytes = part.subarray(offset, offset + blockSize);
        const number = (at + offset) / blockSize;
        this.#verify(number, bytes);
        if (visit(number, bytes)) return;
      }
    }
  }

  /** How the entries of a block that `read` or `each` gave are gone through. */
  area(number: number, bytes: Uint8Array): RecordArea {
    const tail = this.inode.checksumSeed !== null && this.#indexEntriesAt(number, bytes) === null;
    return this.part({ bytes, start: 0, end: bytes.length - (tail ? TAIL_SIZE : 0) }, `block ${number} of`);
  }

  /** The same for any bytes of the directory. */
  part(range: Pick<RecordArea, 'bytes' | 'start' | 'end'>, which = ''): RecordArea {
    const { features, inodeCount } = this.#context.superblock;
    const typed = (features.incompat & INCOMPAT.filetype) !== 0;
    const place = which === '' ? this.#place : `${which} ${this.#place}`;
    return { ...range, place, typed, inodeCount };
  }

  /** Where the index entries of a block start; null where it is no part of the index. */
  #indexEntriesAt(number: number, bytes: Uint8Array): number | null {
    if ((this.inode.flags & INODE_FLAGS.index) === 0) return null;
    if (number === 0) return INDEX_ROOT_AT;
    return le32(bytes, 0) === 0 && isWholeBlock(bytes) ? INDEX_NODE_AT : null;
  }

  #verify(number: number, bytes: Uint8Array): void {
    const { checksumSeed } = this.inode;
    if (checksumSeed === null) return;
    const index = this.#indexEntriesAt(number, bytes);
    const fits = index === null ? leafFits(bytes, checksumSeed) : indexFits(bytes, checksumSeed, index);
    if (!fits) throw damaged(this.#place, `has a block ${number} that fails its checksum`);
  }
}

/** The first entry takes the whole block. */
function isWholeBlock(bytes: Uint8Array): boolean {
  const length = le16(bytes, 4);
  return length === bytes.length || (bytes.length === 65536 && (length === 0xffff || length === 0));
}

/** The checksum is in a last, unused entry of twelve bytes. */
function leafFits(bytes: Uint8Array, seed: number): boolean {
  const tail = bytes.length - TAIL_SIZE;
  if (le32(bytes, tail) !== 0 || le16(bytes, tail + 4) !== TAIL_SIZE || bytes[tail + 6] !== 0) return false;
  if (bytes[tail + 7] !== TAIL_TYPE) return false;
  return updateCrc32c(seed, bytes.subarray(0, tail)) === le32(bytes, tail + 8);
}

/** The checksum is behind the last entry there is room for, and covers those in use. */
function indexFits(bytes: Uint8Array, seed: number, start: number): boolean {
  const limit = le16(bytes, start);
  const count = le16(bytes, start + 2);
  const tail = start + limit * 8;
  if (count > limit || tail + 8 > bytes.length) return false;
  const used = updateCrc32c(seed, bytes.subarray(0, start + count * 8));
  const sum = updateCrc32c(updateCrc32c(used, bytes.subarray(tail, tail + 4)), new Uint8Array(4));
  return sum === le32(bytes, tail + 4);
}
