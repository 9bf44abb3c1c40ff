import type { BlockSource } from '../../sources/types.ts';
import { damaged } from './bytes.ts';

/** A block's newer content, which the journal holds. */
export interface JournalCopy {
  /** Byte offset of the copy in the partition. */
  readonly offset: number;
  /** The copy's first four bytes were taken out because they look like the journal's own signature. */
  readonly escaped: boolean;
  /** The copy fails its checksum: neither it nor the older content on the disk can be used. */
  readonly failed: boolean;
}

/** Block number → the content that replaces the disk's. */
export type Overlay = ReadonlyMap<number, JournalCopy>;

const JOURNAL_MAGIC = [0xc0, 0x3b, 0x39, 0x98] as const;

/** What `Blocks` needs to know of the file system. */
export interface BlockGeometry {
  readonly blockSize: number;
  readonly blockCount: number;
}

/** The blocks of a file system as they are once its journal is replayed. Every read of the driver goes through here. */
export class Blocks {
  readonly blockSize: number;
  readonly blockCount: number;
  readonly #source: BlockSource;
  readonly #overlay: Overlay;

  constructor(source: BlockSource, geometry: BlockGeometry, overlay: Overlay = new Map()) {
    this.#source = source;
    this.blockSize = geometry.blockSize;
    this.blockCount = geometry.blockCount;
    this.#overlay = overlay;
  }

  /** Whole blocks; not to be changed, they may be shared. @throws NodewardError disk-damaged, errors of the source */
  read(block: number, count: number): Promise<Uint8Array> {
    return this.readBytes(block * this.blockSize, count * this.blockSize);
  }

  /** `length` bytes from `offset` (of the partition) on. Shared and throwing as `read`. */
  async readBytes(offset: number, length: number): Promise<Uint8Array> {
    const first = Math.floor(offset / this.blockSize);
    const end = Math.ceil((offset + length) / this.blockSize);
    if (first < 0 || end > this.blockCount)
      throw damaged(`block ${Math.max(first, this.blockCount)}`, 'is outside of the file system');
    const replaced = this.#replaced(first, end);
    if (replaced.length === 0) return this.#source.read(offset, length);
    const whole = Buffer.alloc((end - first) * this.blockSize);
    await Promise.all([
      ...this.#gaps(first, end, replaced).map(async ([from, to]) => {
        const bytes = await this.#source.read(from * this.blockSize, (to - from) * this.blockSize);
        whole.set(bytes, (from - first) * this.blockSize);
      }),
      ...replaced.map((block) => this.#copy(block, whole.subarray((block - first) * this.blockSize))),
    ]);
    return whole.subarray(offset - first * this.blockSize).subarray(0, length);
  }

  /** Says that these blocks are about to be read. Never fails, never waits. */
  prefetch(block: number, count: number): void {
    const last = Math.min(block + count, this.blockCount);
    if (block < 0 || block >= last) return;
    const copy = count === 1 ? this.#overlay.get(block) : undefined;
    if (copy === undefined) this.#source.prefetch(block * this.blockSize, (last - block) * this.blockSize);
    else this.#source.prefetch(copy.offset, this.blockSize);
  }

  /** The blocks of the range that the journal replaces, ascending. */
  #replaced(first: number, end: number): number[] {
    const overlay = this.#overlay;
    if (overlay.size === 0) return [];
    const found: number[] = [];
    if (end - first <= overlay.size) {
      for (let block = first; block < end; block++) if (overlay.has(block)) found.push(block);
      return found;
    }
    for (const block of overlay.keys()) if (block >= first && block < end) found.push(block);
    return found.sort((a, b) => a - b);
  }

  /** The parts of the range between the replaced blocks, as first block and end. */
  #gaps(first: number, end: number, replaced: readonly number[]): [number, number][] {
    const gaps: [number, number][] = [];
    let at = first;
    for (const block of [...replaced, end]) {
      if (block > at) gaps.push([at, block]);
      at = block + 1;
    }
    return gaps;
  }

  async #copy(block: number, into: Uint8Array): Promise<void> {
    const copy = this.#overlay.get(block);
    if (copy === undefined) return;
    if (copy.failed) throw damaged(`block ${block}`, "has its newest content in the journal's damaged part");
    into.set(await this.#source.read(copy.offset, this.blockSize));
    if (copy.escaped) into.set(JOURNAL_MAGIC);
  }
}
