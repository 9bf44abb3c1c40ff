import type { Random } from '../support/random.ts';

/** Values at the edges of what fields can hold. */
const EDGES = [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff];
const CHUNK = 512;

/** Gives one mutation of a sample after the other, in the same memory: samples of disks are large. */
export class Mutator {
  readonly #sound: Buffer;
  readonly #bytes: Buffer;
  /** Where the sample holds anything: most of a disk is empty, and changing that is for nothing. */
  readonly #filled: readonly number[];
  #touched: (readonly [from: number, to: number])[] = [];

  constructor(sample: Buffer) {
    this.#sound = sample;
    this.#bytes = Buffer.from(sample);
    this.#filled = filledChunks(sample);
  }

  /** The sample with some bytes changed; at times its end is cut off. Stands until the next one is asked for. */
  next(random: Random): Buffer {
    for (const [from, to] of this.#touched) this.#sound.copy(this.#bytes, from, from, to);
    this.#touched = [];
    for (let count = 1 + random(5); count > 0; count--) {
      // Headers come first in most formats.
      const among = random(4) === 0 ? Math.min(8, this.#filled.length) : this.#filled.length;
      const chunk = this.#filled[random(among)] ?? 0;
      this.#change(Math.min(this.#bytes.length - 1, chunk + random(CHUNK)), random);
    }
    return random(16) === 0 ? this.#bytes.subarray(0, random(this.#bytes.length)) : this.#bytes;
  }

  #change(at: number, random: Random): void {
    const bytes = this.#bytes;
    const end = Math.min(bytes.length, at + ([1, 1, 1, 2, 4, 8, 32][random(7)] ?? 1));
    this.#touched.push([at, end]);
    const value = bytes[at] ?? 0;
    switch (random(5)) {
      case 0:
        bytes.fill(EDGES[random(EDGES.length)] ?? 0, at, end);
        break;
      case 1:
        bytes[at] = value ^ (1 << random(8));
        break;
      case 2:
        bytes[at] = value + (random(2) === 0 ? 1 : 255);
        break;
      case 3: {
        // A piece of the sample in another place: plausible, and wrong.
        const from = random(bytes.length);
        this.#sound.copy(bytes, at, from, from + (end - at));
        break;
      }
      default:
        for (let place = at; place < end; place++) bytes[place] = random(256);
    }
  }
}

function filledChunks(bytes: Buffer): readonly number[] {
  const empty = Buffer.alloc(CHUNK);
  const filled: number[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK) {
    const chunk = bytes.subarray(at, at + CHUNK);
    if (!chunk.equals(empty.subarray(0, chunk.length))) filled.push(at);
  }
  return filled.length === 0 ? [0] : filled;
}
