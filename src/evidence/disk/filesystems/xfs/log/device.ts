import type { BlockSource } from '../../../sources/types.ts';
import { be32 } from '../bytes.ts';
import { BASIC_BLOCK } from '../geometry.ts';

/** `0xFEEDBABE`: the first word of a record's header; every other block of the log starts with its cycle. */
export const RECORD_MAGIC = 0xfeedbabe;
const CHUNK_BLOCKS = 256;
const MAX_CHUNKS = 32;
/** Chunks asked for in advance when the log is read from front to back. */
const AHEAD = 8;

/** The log as a ring of blocks of 512 bytes. Reads chunks of 128 KiB and keeps the last 4 MiB of them. */
export class LogDevice {
  readonly blocks: number;
  /** Records have to have checksums. */
  readonly checksums: boolean;
  readonly #source: BlockSource;
  readonly #start: number;
  readonly #chunks = new Map<number, Promise<Uint8Array>>();

  /** `start` and `blocks`: where the log lies, in bytes and in blocks of 512. */
  constructor(
    source: BlockSource,
    is: { readonly start: number; readonly blocks: number; readonly checksums: boolean },
  ) {
    this.#source = source;
    this.#start = is.start;
    this.blocks = is.blocks;
    this.checksums = is.checksums;
  }

  /** A block by itself, for a search that jumps. */
  async block(index: number): Promise<Uint8Array> {
    return this.#source.read(this.#start + index * BASIC_BLOCK, BASIC_BLOCK);
  }

  /** A copy of `count` blocks from `from` on; behind the last block comes the first one. */
  async read(from: number, count: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(count * BASIC_BLOCK);
    const parts: {
      readonly chunk: number;
      readonly from: number;
      readonly count: number;
      readonly to: number;
    }[] = [];
    for (let done = 0; done < count; ) {
      const at = (from + done) % this.blocks;
      const chunk = Math.floor(at / CHUNK_BLOCKS);
      const end = Math.min((chunk + 1) * CHUNK_BLOCKS, this.blocks);
      const length = Math.min(count - done, end - at);
      parts.push({ chunk, from: at - chunk * CHUNK_BLOCKS, count: length, to: done });
      done += length;
    }
    await Promise.all(
      parts.map(async (part) => {
        const content = await this.#chunk(part.chunk);
        const within = content.subarray(part.from * BASIC_BLOCK, (part.from + part.count) * BASIC_BLOCK);
        bytes.set(within, part.to * BASIC_BLOCK);
      }),
    );
    return bytes;
  }

  /** Says that these blocks are about to be read one after the other. */
  prefetch(from: number, count: number): void {
    const chunks = Math.min(Math.ceil(count / CHUNK_BLOCKS), AHEAD);
    for (let ahead = 0; ahead < chunks; ahead++) {
      const at = (from + ahead * CHUNK_BLOCKS) % this.blocks;
      const length = Math.min(CHUNK_BLOCKS, count - ahead * CHUNK_BLOCKS, this.blocks - at);
      this.#source.prefetch(this.#start + at * BASIC_BLOCK, length * BASIC_BLOCK);
    }
  }

  #chunk(index: number): Promise<Uint8Array> {
    const known = this.#chunks.get(index);
    if (known !== undefined) return known;
    const from = index * CHUNK_BLOCKS;
    const count = Math.min(CHUNK_BLOCKS, this.blocks - from);
    const read = this.#source.read(this.#start + from * BASIC_BLOCK, count * BASIC_BLOCK);
    this.#chunks.set(index, read);
    read.catch(() => this.#chunks.delete(index));
    if (this.#chunks.size > MAX_CHUNKS) {
      const [oldest] = this.#chunks.keys();
      if (oldest !== undefined) this.#chunks.delete(oldest);
    }
    return read;
  }
}

/** The cycle a block was written in: its first word, or the second of a record's header. */
export function cycleOf(bytes: Uint8Array, at = 0): number {
  const first = be32(bytes, at);
  return first === RECORD_MAGIC ? be32(bytes, at + 4) : first;
}
