import { updateCrc32c } from '../../crc32c.ts';
import { damaged, le16, le32, wide } from './bytes.ts';
import { type DiskInode, inodePlace, MAP_AT, MAP_SIZE } from './inode.ts';
import { type BlockMap, checkBlocks, type MapContext, type Run, RunList } from './runs.ts';

const MAGIC = 0xf30a;
const ENTRY_SIZE = 12;
const MAX_DEPTH = 5;
const MAX_WRITTEN = 32768;
const MAX_CACHED_NODES = 64;
/** One past the last block number a file can have. */
const LOGICAL_END = 2 ** 32;

/** A node of an extent tree: extents at depth 0, pointers to nodes above. */
interface Node {
  readonly depth: number;
  readonly entries: readonly Run[];
}

/** The part of a file a node has to stay in, as first block and end. */
type Span = readonly [number, number];

/** The extent tree of an inode (Linux `ext4_extents.h`). Holes and extents never written read as zeros. */
export class ExtentMap implements BlockMap {
  readonly #context: MapContext;
  readonly #inode: DiskInode;
  readonly #root: Node;
  readonly #nodes = new Map<number, Node>();

  /** @throws NodewardError disk-damaged */
  constructor(context: MapContext, inode: DiskInode) {
    this.#context = context;
    this.#inode = inode;
    const root = inode.bytes.subarray(MAP_AT, MAP_AT + MAP_SIZE);
    this.#root = this.#parse(root, le16(root, 6), [0, LOGICAL_END]);
  }

  async runs(first: number, count: number): Promise<readonly Run[]> {
    const extents: Run[] = [];
    await this.#collect(this.#root, [first, first + count], extents);
    const list = new RunList();
    let at = first;
    for (const { logical, start, count: length } of extents) {
      const from = Math.max(first, logical);
      const end = Math.min(first + count, logical + length);
      list.add(at, null, from - at);
      list.add(from, start === null ? null : start + from - logical, end - from);
      at = end;
    }
    list.add(at, null, first + count - at);
    return list.runs;
  }

  /** Adds the extents below a node that meet the span, in order. Depth is bounded by `#parse`. */
  async #collect(node: Node, span: Span, found: Run[]): Promise<void> {
    const meets = node.entries.filter(({ logical, count }) => logical < span[1] && logical + count > span[0]);
    if (node.depth === 0) {
      for (const extent of meets) found.push(extent);
      return;
    }
    for (const { start } of meets) if (start !== null) this.#context.blocks.prefetch(start, 1);
    for (const { logical, start, count } of meets) {
      if (start === null) continue;
      const child = await this.#child(start, node.depth - 1, [logical, logical + count]);
      await this.#collect(child, span, found);
    }
  }

  async #child(block: number, depth: number, span: Span): Promise<Node> {
    const known = this.#nodes.get(block);
    if (known !== undefined && known.depth === depth) return known;
    const bytes = await this.#context.blocks.read(block, 1);
    const node = this.#parse(bytes, depth, span);
    if (node.entries.length === 0) throw this.#bad(`block ${block} is empty`);
    this.#verify(block, bytes);
    if (this.#nodes.size >= MAX_CACHED_NODES) this.#nodes.clear();
    this.#nodes.set(block, node);
    return node;
  }

  /** Nodes outside of the inode end in a checksum behind the last entry they have room for. */
  #verify(block: number, bytes: Uint8Array): void {
    const { checksumSeed } = this.#inode;
    if (checksumSeed === null) return;
    const end = ENTRY_SIZE * (le16(bytes, 4) + 1);
    if (end + 4 > bytes.length || updateCrc32c(checksumSeed, bytes.subarray(0, end)) !== le32(bytes, end))
      throw this.#bad(`block ${block} fails its checksum`);
  }

  #parse(bytes: Uint8Array, depth: number, span: Span): Node {
    const count = le16(bytes, 2);
    const room = Math.floor((bytes.length - ENTRY_SIZE) / ENTRY_SIZE);
    if (le16(bytes, 0) !== MAGIC) throw this.#bad('a node has no signature');
    if (le16(bytes, 6) !== depth || depth > MAX_DEPTH)
      throw this.#bad(`a node is at depth ${le16(bytes, 6)}`);
    if (le16(bytes, 4) > room || count > le16(bytes, 4)) throw this.#bad(`a node has ${count} entries`);
    const entries = depth === 0 ? this.#extents(bytes, count, span) : this.#pointers(bytes, count, span);
    return { depth, entries };
  }

  #extents(bytes: Uint8Array, count: number, [low, high]: Span): Run[] {
    const entries: Run[] = [];
    let at = low;
    for (let n = 1; n <= count; n++) {
      const offset = n * ENTRY_SIZE;
      const logical = le32(bytes, offset);
      const stored = le16(bytes, offset + 4);
      const written = stored <= MAX_WRITTEN;
      const length = written ? stored : stored - MAX_WRITTEN;
      const start = wide(le16(bytes, offset + 6), le32(bytes, offset + 8));
      if (length === 0 || logical < at || logical + length > high)
        throw this.#bad(`the extent at block ${logical} is out of order`);
      checkBlocks(this.#context, this.#inode, [start, length]);
      entries.push({ logical, start: written ? start : null, count: length });
      at = logical + length;
    }
    return entries;
  }

  #pointers(bytes: Uint8Array, count: number, [low, high]: Span): Run[] {
    const entries: Run[] = [];
    let before = low;
    for (let n = 1; n <= count; n++) {
      const offset = n * ENTRY_SIZE;
      const logical = le32(bytes, offset);
      const next = n === count ? high : le32(bytes, offset + ENTRY_SIZE);
      const start = wide(le16(bytes, offset + 8), le32(bytes, offset + 4));
      if (logical < before || next <= logical || next > high)
        throw this.#bad(`the node for block ${logical} is out of order`);
      checkBlocks(this.#context, this.#inode, [start, 1]);
      entries.push({ logical, start, count: next - logical });
      before = next;
    }
    if (count === 0) throw this.#bad('a node has no entries');
    return entries;
  }

  #bad(what: string): Error {
    return damaged(inodePlace(this.#inode.number), `has a damaged extent tree: ${what}`);
  }
}
