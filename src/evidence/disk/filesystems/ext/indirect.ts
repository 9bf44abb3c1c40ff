import { damaged, le32 } from './bytes.ts';
import { type DiskInode, inodePlace, MAP_AT } from './inode.ts';
import { type BlockMap, checkBlocks, type MapContext, type Run, RunList } from './runs.ts';

const DIRECT = 12;
const LEVELS = 3;
const MAX_CACHED_BLOCKS = 64;

/** A tree of pointers: level 0 is a block of content. */
interface Branch {
  readonly block: number;
  readonly level: number;
  /** The first block of the file that it covers. */
  readonly logical: number;
}

/** The part of a file that is asked for, as first block and end. */
type Span = readonly [number, number];

/** The block map of ext2 and ext3: twelve pointers, then trees of pointers with one, two and three levels. */
export class IndirectMap implements BlockMap {
  readonly #context: MapContext;
  readonly #inode: DiskInode;
  /** Pointers in one block. */
  readonly #width: number;
  readonly #cache = new Map<number, Uint8Array>();

  constructor(context: MapContext, inode: DiskInode) {
    this.#context = context;
    this.#inode = inode;
    this.#width = context.superblock.blockSize / 4;
  }

  async runs(first: number, count: number): Promise<readonly Run[]> {
    const end = first + count;
    const list = new RunList();
    const { bytes } = this.#inode;
    let logical = 0;
    for (let n = 0; n < DIRECT + LEVELS; n++) {
      const level = Math.max(0, n - DIRECT + 1);
      const block = le32(bytes, MAP_AT + 4 * n);
      await this.#collect({ block, level, logical }, [first, end], list);
      logical += this.#width ** level;
    }
    if (end > logical) throw damaged(inodePlace(this.#inode.number), `has no block ${end - 1}`);
    return list.runs;
  }

  /** Adds the runs below a branch that meet the span. Levels are at most three. */
  async #collect({ block, level, logical }: Branch, span: Span, list: RunList): Promise<void> {
    const from = Math.max(logical, span[0]);
    const end = Math.min(logical + this.#width ** level, span[1]);
    if (from >= end) return;
    if (block === 0) return list.add(from, null, end - from);
    checkBlocks(this.#context, this.#inode, [block, 1]);
    if (level === 0) return list.add(from, block, 1);
    const pointers = await this.#pointers(block);
    const step = this.#width ** (level - 1);
    const firstChild = Math.floor((from - logical) / step);
    const lastChild = Math.floor((end - 1 - logical) / step);
    if (level === 1) return this.#leaves({ block, level, logical }, [from, end], { pointers, list });
    for (let n = firstChild; n <= lastChild; n++) {
      const child = le32(pointers, 4 * n);
      if (child === block) throw damaged(inodePlace(this.#inode.number), `has block ${block} below itself`);
      if (child !== 0) this.#context.blocks.prefetch(child, 1);
    }
    for (let n = firstChild; n <= lastChild; n++) {
      const child = { block: le32(pointers, 4 * n), level: level - 1, logical: logical + n * step };
      await this.#collect(child, span, list);
    }
  }

  /** The last level without a promise for each block. */
  #leaves(
    { logical }: Branch,
    [from, end]: Span,
    { pointers, list }: { pointers: Uint8Array; list: RunList },
  ): void {
    for (let at = from; at < end; at++) {
      const block = le32(pointers, 4 * (at - logical));
      if (block !== 0) checkBlocks(this.#context, this.#inode, [block, 1]);
      list.add(at, block === 0 ? null : block, 1);
    }
  }

  async #pointers(block: number): Promise<Uint8Array> {
    const known = this.#cache.get(block);
    if (known !== undefined) return known;
    const bytes = await this.#context.blocks.read(block, 1);
    if (this.#cache.size >= MAX_CACHED_BLOCKS) this.#cache.clear();
    this.#cache.set(block, bytes);
    return bytes;
  }
}
