import type { Blocks } from '../blocks.ts';
import { damaged } from '../bytes.ts';
import type { Run } from '../runs.ts';

/** The first read of a log is of this size, each next one twice the one before. */
const FIRST_WINDOW = 256 << 10;
const LAST_WINDOW = 1 << 20;

/** The blocks of the journal, read in large parts on the way along the log. */
export class Log {
  readonly #blocks: Blocks;
  /** Runs that cover the journal without a hole. */
  readonly #runs: readonly Run[];
  readonly #end: number;
  #window = new Uint8Array(0);
  #windowAt = 0;
  #windowBytes = FIRST_WINDOW;

  /** `end` is one past the last block. @throws NodewardError disk-damaged where the journal has holes */
  constructor(blocks: Blocks, runs: readonly Run[], end: number) {
    if (runs.some(({ start }) => start === null)) throw damaged('the journal', 'has a hole');
    this.#blocks = blocks;
    this.#runs = runs;
    this.#end = end;
  }

  /** Bytes of a block. */
  get blockSize(): number {
    return this.#blocks.blockSize;
  }

  /** A block, if it is in the part read last. */
  known(index: number): Uint8Array | null {
    const size = this.#blocks.blockSize;
    const offset = (index - this.#windowAt) * size;
    return offset >= 0 && offset < this.#window.length ? this.#window.subarray(offset, offset + size) : null;
  }

  /** A block, read together with those that follow it. @throws NodewardError disk-damaged, errors of the source */
  async read(index: number): Promise<Uint8Array> {
    const known = this.known(index);
    if (known !== null) return known;
    const { blockSize } = this.#blocks;
    const count = this.#together(index);
    const next = index + count;
    // A log that was long so far is probably longer.
    if (this.#windowBytes === LAST_WINDOW && next < this.#end)
      this.#blocks.prefetch(this.blockOf(next), this.#together(next));
    this.#window = Uint8Array.from(await this.#blocks.read(this.blockOf(index), count));
    this.#windowAt = index;
    this.#windowBytes = Math.min(LAST_WINDOW, this.#windowBytes * 2);
    return this.#window.subarray(0, blockSize);
  }

  /** Which block of the disk a block of the journal is. */
  blockOf(index: number): number {
    const run = this.#runOf(index);
    return (run.start ?? 0) + index - run.logical;
  }

  /** How many blocks from this one on are read at once. */
  #together(index: number): number {
    const run = this.#runOf(index);
    const wanted = Math.max(1, this.#windowBytes / this.#blocks.blockSize);
    return Math.min(wanted, run.logical + run.count - index, this.#end - index);
  }

  #runOf(index: number): Run {
    const run = this.#runs.find(({ logical, count }) => index >= logical && index < logical + count);
    if (run === undefined || index >= this.#end) throw damaged('the journal', `has no block ${index}`);
    return run;
  }
}
