import { damaged, le16, le32 } from './bytes.ts';
import { type DirectoryBlocks, INDEX_NODE_AT, INDEX_ROOT_AT } from './directory-blocks.ts';
import { INCOMPAT } from './features.ts';
import { nameHash } from './hash.ts';
import type { Superblock } from './superblock.ts';

const INFO_SIZE = 8;
const BLOCK_MASK = 0x0fffffff;
const ENTRY_SIZE = 8;
/** Hash versions from here on are the ones before with unsigned characters. */
const UNSIGNED_VERSIONS = 3;

/** A node of the index, and which of its entries leads to the current leaf. */
interface Frame {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly count: number;
  index: number;
}

/** A damaged index, which says nothing about the entries themselves. */
class IndexDamage extends Error {}

/**
 * Finds the blocks of a directory that can hold a name, through its index (`dir_index`): the leaf of the name's hash,
 * then the following ones while the hash continues there.
 */
export class HashIndex {
  readonly #superblock: Superblock;
  readonly #blocks: DirectoryBlocks;

  constructor(superblock: Superblock, blocks: DirectoryBlocks) {
    this.#superblock = superblock;
    this.#blocks = blocks;
  }

  /**
   * Visits the leaves in question until `visit` gives something; undefined where none did. Null where the index
   * cannot be used: it is damaged (where checksums cannot tell), or hashes in a way that is not known.
   * @throws NodewardError disk-damaged where the index has checksums, and what `visit` throws
   */
  async search<T>(
    name: Uint8Array,
    visit: (number: number, bytes: Uint8Array) => T | undefined,
  ): Promise<T | undefined | null> {
    try {
      const found = await this.#descend(name);
      if (found === null) return null;
      const { frames, hash } = found;
      for (let leaf = 0; leaf < this.#blocks.count; leaf++) {
        const number = this.#target(frames);
        const result = visit(number, await this.#blocks.read(number));
        if (result !== undefined) return result;
        if (!(await this.#advance(frames, hash))) return undefined;
      }
      throw new IndexDamage('has a loop');
    } catch (thrown) {
      if (!(thrown instanceof IndexDamage)) throw thrown;
      if (this.#blocks.inode.checksumSeed === null) return null;
      throw damaged(this.#blocks.place, `has a damaged index: it ${thrown.message}`);
    }
  }

  /** The way from the root of the index to the leaf for a name. */
  async #descend(name: Uint8Array): Promise<{ frames: Frame[]; hash: number } | null> {
    const root = await this.#blocks.read(0);
    const info = INDEX_ROOT_AT - INFO_SIZE;
    const levels = root[info + 6] ?? 0;
    const largedir = (this.#superblock.features.incompat & INCOMPAT.largedir) !== 0;
    if (le32(root, info) !== 0 || root[info + 5] !== INFO_SIZE || levels > (largedir ? 2 : 1))
      throw new IndexDamage('has an unknown root');
    const hash = this.#hash(name, root[info + 4] ?? 0);
    if (hash === null) return null;
    const frames = [this.#frame(root, INDEX_ROOT_AT)];
    pick(frames, hash);
    for (let level = 0; level < levels; level++) {
      frames.push(await this.#node(frames));
      pick(frames, hash);
    }
    return { frames, hash };
  }

  #hash(name: Uint8Array, stored: number): number | null {
    const { hashSeed, hashUnsigned } = this.#superblock;
    const explicit = stored >= UNSIGNED_VERSIONS;
    if (!explicit && hashUnsigned === null) return null;
    const version = explicit ? stored - UNSIGNED_VERSIONS : stored;
    return nameHash(name, { version, unsigned: explicit || hashUnsigned === true, seed: hashSeed });
  }

  async #node(frames: readonly Frame[]): Promise<Frame> {
    const bytes = await this.#blocks.read(this.#target(frames));
    if (le32(bytes, 0) !== 0) throw new IndexDamage('has a node with a name in it');
    return this.#frame(bytes, INDEX_NODE_AT);
  }

  #frame(bytes: Uint8Array, start: number): Frame {
    const tail = this.#blocks.inode.checksumSeed === null ? 0 : 8;
    const limit = Math.floor((bytes.length - start - tail) / ENTRY_SIZE);
    const count = le16(bytes, start + 2);
    if (le16(bytes, start) !== limit) throw new IndexDamage(`has a node with room for ${le16(bytes, start)}`);
    if (count < 1 || count > limit) throw new IndexDamage(`has a node with ${count} entries`);
    return { bytes, start, count, index: 0 };
  }

  /** The block the innermost frame leads to. */
  #target(frames: readonly Frame[]): number {
    const frame = frames.at(-1);
    const block =
      frame === undefined ? 0 : le32(frame.bytes, frame.start + frame.index * ENTRY_SIZE + 4) & BLOCK_MASK;
    if (block < 1 || block >= this.#blocks.count) throw new IndexDamage(`leads to block ${block}`);
    return block;
  }

  /** Moves to the next leaf if names of this hash continue there. */
  async #advance(frames: Frame[], hash: number): Promise<boolean> {
    let depth = frames.length - 1;
    for (; depth >= 0; depth--) {
      const frame = frames[depth];
      if (frame !== undefined && frame.index + 1 < frame.count) break;
    }
    const turned = frames[depth];
    if (turned === undefined) return false;
    const next = le32(turned.bytes, turned.start + (turned.index + 1) * ENTRY_SIZE);
    // The lowest bit says that the hash continues from the leaf before.
    if ((next & 1) === 0 || (next & ~1) >>> 0 !== hash) return false;
    turned.index++;
    const depthBefore = frames.length;
    frames.length = depth + 1;
    while (frames.length < depthBefore) frames.push(await this.#node(frames));
    return true;
  }
}

/** Points the innermost frame to the last entry whose hash is not above; the first entry stands for all below. */
function pick(frames: readonly Frame[], hash: number): void {
  const frame = frames.at(-1);
  if (frame === undefined) return;
  let low = 0;
  let high = frame.count - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (le32(frame.bytes, frame.start + middle * ENTRY_SIZE) > hash) high = middle - 1;
    else low = middle;
  }
  frame.index = low;
}
