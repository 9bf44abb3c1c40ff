import type { BlockSource } from '../../../sources/types.ts';
import { BASIC_BLOCK } from '../geometry.ts';
import type { Superblock } from '../superblock.ts';
import type { Overlay } from '../volume.ts';
import { applyChanges } from './apply.ts';
import type { Changes } from './changes.ts';
import { LogError } from './error.ts';
import type { Change } from './items.ts';

/** Changes that overlap one another form one region; no genuine log has larger ones. */
const MAX_REGION = 16 * 1024 * 1024;

/** Part of the disk and the changes that touch it. */
interface Region {
  readonly from: number;
  to: number;
  readonly changes: Change[];
  /** Its bytes after the changes, once they were asked for. */
  content: Promise<Uint8Array> | null;
}

/**
 * The disk with changes applied to it. What is under a change is read and changed only when somebody reads it: most of
 * what a log changes is of no interest here.
 */
export class LogOverlay implements Overlay {
  readonly unfinished: ReadonlySet<number>;
  readonly moved: ReadonlySet<number>;
  readonly #source: BlockSource;
  readonly #superblock: Superblock;
  /** In the order of the disk; they do not overlap. */
  readonly #regions: readonly Region[];

  /** @throws LogError where the changes cannot be genuine */
  constructor(source: BlockSource, superblock: Superblock, { changes, unfinished, moved }: Changes) {
    this.#source = source;
    this.#superblock = superblock;
    this.unfinished = unfinished;
    this.moved = moved;
    this.#regions = regionsOf(changes);
  }

  covers(offset: number, length: number): boolean {
    const region = this.#regions[this.#firstBehind(offset)];
    return region !== undefined && region.from < offset + length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = offset + length;
    const first = this.#firstBehind(offset);
    const touched: Region[] = [];
    for (let index = first; index < this.#regions.length; index++) {
      const region = this.#regions[index];
      if (region === undefined || region.from >= end) break;
      touched.push(region);
    }
    const [only] = touched;
    if (only !== undefined && only.from <= offset && only.to >= end)
      return (await this.#load(only)).subarray(offset - only.from, end - only.from);
    const [below, ...contents] = await Promise.all([
      this.#source.read(offset, length),
      ...touched.map((region) => this.#load(region)),
    ]);
    const bytes = new Uint8Array(below);
    for (const [index, content] of contents.entries()) {
      const from = touched[index]?.from ?? 0;
      const skipped = Math.max(0, offset - from);
      bytes.set(content.subarray(skipped, end - from), from + skipped - offset);
    }
    return bytes;
  }

  /** The index of the first region that ends behind this byte. */
  #firstBehind(offset: number): number {
    let low = 0;
    let high = this.#regions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#regions[middle]?.to ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #load(region: Region): Promise<Uint8Array> {
    if (region.content !== null) return region.content;
    const content = this.#replay(region);
    region.content = content;
    // What failed may succeed when it is asked for again.
    content.catch(() => {
      region.content = null;
    });
    return content;
  }

  async #replay({ from, to, changes }: Region): Promise<Uint8Array> {
    const bytes = new Uint8Array(await this.#source.read(from, to - from));
    applyChanges({ at: from, bytes }, changes, this.#superblock);
    return bytes;
  }
}

function regionsOf(changes: readonly Change[]): Region[] {
  const order = changes.map((_, index) => index);
  const startOf = (index: number): number => floor(changes[index]?.at ?? 0);
  order.sort((one, other) => startOf(one) - startOf(other) || one - other);
  const regions: (Region & { readonly order: number[] })[] = [];
  for (const index of order) {
    const change = changes[index];
    if (change === undefined) continue;
    const from = floor(change.at);
    const to = from + Math.ceil((change.at - from + change.length) / BASIC_BLOCK) * BASIC_BLOCK;
    const last = regions.at(-1);
    if (last === undefined || last.to <= from) {
      regions.push({ from, to, changes: [], content: null, order: [index] });
      continue;
    }
    last.to = Math.max(last.to, to);
    last.order.push(index);
    if (last.to - last.from > MAX_REGION)
      throw new LogError(`changes that overlap from byte ${last.from} on`);
  }
  for (const region of regions) {
    region.order.sort((one, other) => one - other);
    for (const index of region.order) {
      const change = changes[index];
      if (change !== undefined) region.changes.push(change);
    }
  }
  return regions;
}

function floor(at: number): number {
  return Math.floor(at / BASIC_BLOCK) * BASIC_BLOCK;
}
