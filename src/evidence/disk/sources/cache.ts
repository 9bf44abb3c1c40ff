import { NodewardError } from '../../../base/errors.ts';
import { PageFetcher, type RangeReader } from './fetcher.ts';
import type { CacheTuning } from './options.ts';
import { PageStore } from './pages.ts';
import { rangeFault } from './range.ts';
import type { BlockSource } from './types.ts';

/** How a cache is made. */
export interface CacheOptions extends CacheTuning {
  /** Memory for the pages that are kept, in bytes. */
  readonly cacheBytes: number;
}

/** More than any structure of a disk that is read in one piece. */
const MAX_READ = 256 * 2 ** 20;
const NOTHING = new Uint8Array(0);

/**
 * A block source of pages: what lies together is fetched together, and once. What is not asked for is not fetched:
 * guessing further pages costs bytes, and the readers above know what comes next.
 */
export class PageCache implements BlockSource {
  readonly name: string;
  readonly size: number;
  readonly #reader: RangeReader;
  readonly #options: CacheOptions;
  readonly #pageBytes: number;
  readonly #zeros: Uint8Array;
  readonly #kept: PageStore;
  readonly #fetcher: PageFetcher;

  constructor(reader: RangeReader, options: CacheOptions) {
    this.name = reader.name;
    this.size = reader.size;
    this.#reader = reader;
    this.#options = options;
    this.#pageBytes = options.pageBytes;
    this.#zeros = new Uint8Array(options.pageBytes);
    this.#kept = new PageStore(options.cacheBytes / options.pageBytes);
    this.#fetcher = new PageFetcher(reader, options, (page, bytes) => this.#kept.set(page, bytes));
  }

  /** Bytes from the start that are there already; whole pages of them are kept. */
  seed(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += this.#pageBytes) {
      const end = Math.min(start + this.#pageBytes, this.size);
      if (end <= bytes.length) this.#kept.set(start / this.#pageBytes, bytes.slice(start, end));
    }
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    const fault = this.#faultOf(offset, length);
    if (fault !== null) return Promise.reject(fault);
    if (length === 0) return Promise.resolve(NOTHING);
    const page = Math.floor(offset / this.#pageBytes);
    const start = offset - page * this.#pageBytes;
    if (start + length > this.#pageBytes) return this.#gather(offset, length);
    const bytes = this.#pageAt(page);
    if (bytes !== undefined) return Promise.resolve(bytes.subarray(start, start + length));
    return this.#fetcher.page(page).then((arrived) => arrived.subarray(start, start + length));
  }

  prefetch(offset: number, length: number): void {
    if (length === 0 || rangeFault(this, offset, length) !== null) return;
    // What is fetched ahead must not drive out of the cache what was fetched ahead before it.
    const room = Math.floor(this.#options.cacheBytes / this.#pageBytes / 4) - this.#fetcher.waiting;
    const from = Math.floor(offset / this.#pageBytes);
    const last = Math.min(Math.floor((offset + length - 1) / this.#pageBytes), from + room - 1);
    for (let page = from; page <= last; page++)
      if (this.#pageAt(page) === undefined) this.#fetcher.ahead(page);
  }

  /** Lets go of the pages that are kept. */
  clear(): void {
    this.#kept.clear();
  }

  #faultOf(offset: number, length: number): NodewardError | null {
    const fault = rangeFault(this, offset, length);
    if (fault !== null || length <= MAX_READ) return fault;
    const detail = `${this.name}: ${length} bytes at offset ${offset} are more than the limit of ${MAX_READ} for one read`;
    return new NodewardError('limit-reached', detail, { place: `${this.name}, offset ${offset}` });
  }

  #pageAt(page: number): Uint8Array | undefined {
    const kept = this.#kept.get(page);
    if (kept !== undefined) return kept;
    const start = page * this.#pageBytes;
    const length = Math.min(this.#pageBytes, this.size - start);
    return this.#reader.isHole(start, length) ? this.#zeros.subarray(0, length) : undefined;
  }

  /** A read of more than one page. A large one goes past the cache, but for the pages that are there already. */
  async #gather(offset: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafe(length);
    const direct = length >= this.#options.directBytes;
    const waits: Promise<void>[] = [];
    // Where the bytes begin that are not there and are not asked for as pages.
    let missing = 0;
    const fillMissing = (end: number) => {
      if (end > missing) waits.push(this.#fetcher.fill(offset + missing, bytes.subarray(missing, end)));
    };
    for (let at = 0; at < length; ) {
      const page = Math.floor((offset + at) / this.#pageBytes);
      const start = offset + at - page * this.#pageBytes;
      const part = Math.min(this.#pageBytes - start, length - at);
      const to = at;
      const copy = (from: Uint8Array) => void bytes.set(from.subarray(start, start + part), to);
      const here = this.#pageAt(page);
      const coming = here === undefined ? this.#coming(page, direct) : undefined;
      at += part;
      if (here === undefined && coming === undefined) continue;
      fillMissing(to);
      missing = at;
      if (here !== undefined) copy(here);
      else if (coming !== undefined) waits.push(coming.then(copy));
    }
    fillMissing(length);
    await Promise.all(waits);
    return bytes;
  }

  #coming(page: number, direct: boolean): Promise<Uint8Array> | undefined {
    return direct ? this.#fetcher.join(page) : this.#fetcher.page(page);
  }
}
