import { NodewardError } from '../../../../base/errors.ts';
import { inlineContent } from './inline.ts';
import { type DiskInode, INODE_FLAGS, inodePlace } from './inode.ts';
import { mapOf } from './map.ts';
import type { BlockMap, MapContext, Run } from './runs.ts';

/** One read gives at most this; larger files are read in parts. */
const MAX_READ_BYTES = 1 << 30;
/** Parts of a fragmented file that are read at the same time. */
const PARALLEL_READS = 64;

/** The bytes of an inode: of a file, a long link or a directory. */
export class Content {
  readonly #context: MapContext;
  readonly #inode: DiskInode;
  readonly #inline: Uint8Array | null;
  readonly #map: BlockMap | null;

  /** @throws NodewardError disk-damaged; file-unreadable for an encrypted one */
  constructor(context: MapContext, inode: DiskInode) {
    if ((inode.flags & INODE_FLAGS.encrypt) !== 0)
      throw new NodewardError('file-unreadable', `${inodePlace(inode.number)} is encrypted (fscrypt)`);
    this.#context = context;
    this.#inode = inode;
    const inline = (inode.flags & INODE_FLAGS.inlineData) !== 0;
    this.#inline = inline ? inlineContent(inode) : null;
    this.#map = inline ? null : mapOf(context, inode);
  }

  /** All of it where the inode holds it itself; null where it is in blocks. */
  get inline(): Uint8Array | null {
    return this.#inline;
  }

  /** `length` bytes from `offset` on, fewer only at the end. May be shared. @throws as inodes do */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.#inode.size - offset));
    if (wanted === 0 || offset < 0) return new Uint8Array(0);
    if (this.#map === null) return this.#inline?.subarray(offset, offset + wanted) ?? new Uint8Array(0);
    if (wanted > MAX_READ_BYTES)
      throw new NodewardError('limit-reached', `${wanted} bytes are more than are read at once`);
    const { blocks } = this.#context;
    const skipped = offset % blocks.blockSize;
    const runs = await this.#runs(offset, wanted);
    const [only] = runs;
    if (runs.length === 1 && only !== undefined && only.start !== null)
      return blocks.readBytes(only.start * blocks.blockSize + skipped, wanted);
    const bytes = Buffer.alloc(wanted);
    const parts = runs.filter(({ start }) => start !== null);
    for (let n = 0; n < parts.length; n += PARALLEL_READS)
      await Promise.all(parts.slice(n, n + PARALLEL_READS).map((run) => this.#fill(bytes, offset, run)));
    return bytes;
  }

  /** Says that this range is about to be read. Never fails, never waits. */
  prefetch(offset: number, length: number): void {
    const wanted = Math.max(0, Math.min(length, this.#inode.size - offset, MAX_READ_BYTES));
    if (wanted === 0 || offset < 0 || this.#map === null) return;
    this.#runs(offset, wanted).then(
      (runs) => {
        for (const { start, count } of runs) if (start !== null) this.#context.blocks.prefetch(start, count);
      },
      () => {
        // The read that needs the range meets the same error and throws it.
      },
    );
  }

  async #runs(offset: number, length: number): Promise<readonly Run[]> {
    const { blockSize } = this.#context.blocks;
    const first = Math.floor(offset / blockSize);
    return (await this.#map?.runs(first, Math.ceil((offset + length) / blockSize) - first)) ?? [];
  }

  /** Reads one run into the bytes that start at `offset` of the file. */
  async #fill(bytes: Uint8Array, offset: number, { logical, start, count }: Run): Promise<void> {
    const { blocks } = this.#context;
    const from = Math.max(offset, logical * blocks.blockSize);
    const end = Math.min(offset + bytes.length, (logical + count) * blocks.blockSize);
    const place = (start ?? 0) * blocks.blockSize + from - logical * blocks.blockSize;
    bytes.set(await blocks.readBytes(place, end - from), from - offset);
  }
}
