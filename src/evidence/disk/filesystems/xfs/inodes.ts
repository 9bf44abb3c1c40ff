import { damaged } from './damage.ts';
import { placeOfInode } from './geometry.ts';
import { parseInode, type XfsInode } from './inode.ts';
import type { Volume } from './volume.ts';

/** Inodes are allocated in chunks of 64: neighbours of one are read with it. */
const CHUNK = 64;
const MIN_WINDOW = 16 * 1024;
const MAX_WINDOWS = 64;

/** Inodes by number. Reads them in runs and remembers some runs, because a directory's inodes lie side by side. */
export class InodeTable {
  readonly #volume: Volume;
  readonly #windowBytes: number;
  readonly #windows = new Map<number, Promise<Uint8Array>>();

  constructor(volume: Volume) {
    this.#volume = volume;
    this.#windowBytes = Math.max(MIN_WINDOW, Math.min(CHUNK * volume.superblock.inodeSize, 2 * MIN_WINDOW));
  }

  /** The inode of this number. @throws NodewardError disk-damaged; the errors of the block source */
  async get(number: number): Promise<XfsInode> {
    const window = this.#windowOf(number);
    const bytes = await this.#load(window);
    const { inodeSize } = this.#volume.superblock;
    const at = window.inodeAt - window.at;
    return parseInode(bytes.subarray(at, at + inodeSize), number, this.#volume.superblock);
  }

  /** Says that these inodes are about to be read. */
  prefetch(numbers: readonly number[]): void {
    const asked = new Set<number>();
    for (const number of numbers) {
      if (placeOfInode(this.#volume.superblock, number) === null) continue;
      const { at, length } = this.#windowOf(number);
      if (asked.has(at) || this.#windows.has(at)) continue;
      asked.add(at);
      this.#volume.prefetch(at, length);
    }
  }

  /** The run of bytes around an inode: aligned within its group, as chunks are. */
  #windowOf(number: number): Window {
    const { superblock } = this.#volume;
    const place = placeOfInode(superblock, number);
    if (place === null) throw damaged(`inode ${number}`, 'there can be no inode of this number');
    const size = this.#windowBytes;
    const at = place.groupAt + Math.floor((place.at - place.groupAt) / size) * size;
    const groupEnd = place.groupAt + superblock.groupBlocks * superblock.blockSize;
    const end = Math.min(at + size, groupEnd, superblock.blocks * superblock.blockSize);
    return { at, length: end - at, inodeAt: place.at };
  }

  #load({ at, length }: Window): Promise<Uint8Array> {
    const known = this.#windows.get(at);
    if (known !== undefined) {
      // Moved to the end, so that the first is the one not used for longest.
      this.#windows.delete(at);
      this.#windows.set(at, known);
      return known;
    }
    const read = this.#volume.read(at, length);
    this.#windows.set(at, read);
    read.catch(() => this.#windows.delete(at));
    if (this.#windows.size > MAX_WINDOWS) {
      const [oldest] = this.#windows.keys();
      if (oldest !== undefined) this.#windows.delete(oldest);
    }
    return read;
  }
}

interface Window {
  readonly at: number;
  readonly length: number;
  readonly inodeAt: number;
}
