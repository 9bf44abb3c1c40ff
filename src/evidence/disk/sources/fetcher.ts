import type { CacheTuning } from './options.ts';

/** The thing itself, below its cache: a file or a server. */
export interface RangeReader {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Fills the targets, one after the other, with the bytes from `offset` on. */
  fill(offset: number, targets: readonly Uint8Array[]): Promise<void>;
  /** Whether all of these bytes are known to be zeros without asking. */
  isHole(offset: number, length: number): boolean;
}

/** A page that is wanted or under way. */
type Flight = PromiseWithResolvers<Uint8Array>;

/** A part of a large read that goes straight to its buffer. */
interface Piece {
  readonly offset: number;
  readonly target: Uint8Array;
  readonly arrival: PromiseWithResolvers<void>;
}

/**
 * Fetches pages and pieces, so many requests at a time. A page is fetched once for all that wait for it; pages wanted
 * in the same moment, or while all requests are taken, are asked for together where they are neighbours; what is
 * waited for comes before what is fetched ahead.
 */
export class PageFetcher {
  readonly #reader: RangeReader;
  readonly #tuning: CacheTuning;
  readonly #arrived: (page: number, bytes: Uint8Array) => void;
  readonly #flights = new Map<number, Flight>();
  /** Pages that a read waits for, and pages that are about to be read: none of them asked for yet. */
  readonly #urgent = new Set<number>();
  readonly #soon = new Set<number>();
  readonly #pieces: Piece[] = [];
  #active = 0;
  #scheduled = false;

  /** @param arrived told of every page that came, before those who wait for it */
  constructor(reader: RangeReader, tuning: CacheTuning, arrived: (page: number, bytes: Uint8Array) => void) {
    this.#reader = reader;
    this.#tuning = tuning;
    this.#arrived = arrived;
  }

  /** Pages fetched ahead that have not been asked for yet. */
  get waiting(): number {
    return this.#soon.size;
  }

  /** The page, if it is wanted or under way already; it is waited for from now on. */
  join(page: number): Promise<Uint8Array> | undefined {
    const flight = this.#flights.get(page);
    if (flight !== undefined && this.#soon.delete(page)) this.#urgent.add(page);
    return flight?.promise;
  }

  /** The page, which is waited for. */
  page(page: number): Promise<Uint8Array> {
    return this.join(page) ?? this.#want(page, this.#urgent);
  }

  /** Has the page fetched when nothing more urgent is left. */
  ahead(page: number): void {
    if (!this.#flights.has(page)) void this.#want(page, this.#soon);
  }

  /** Fills the target, in pieces that travel at the same time. */
  async fill(offset: number, target: Uint8Array): Promise<void> {
    const most = this.#tuning.requestBytes;
    const waits: Promise<void>[] = [];
    for (let done = 0; done < target.length; done += most) {
      const arrival = Promise.withResolvers<void>();
      this.#pieces.push({ offset: offset + done, target: target.subarray(done, done + most), arrival });
      waits.push(arrival.promise);
    }
    this.#schedule();
    await Promise.all(waits);
  }

  #want(page: number, queue: Set<number>): Promise<Uint8Array> {
    const flight = Promise.withResolvers<Uint8Array>();
    // Nobody may wait for it; those who do are told.
    flight.promise.catch(() => {});
    this.#flights.set(page, flight);
    queue.add(page);
    this.#schedule();
    return flight.promise;
  }

  /** After what runs now, so that all that is wanted in one moment can be asked for together. */
  #schedule(): void {
    if (this.#scheduled || this.#active >= this.#tuning.parallel) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  #start(): void {
    const { parallel } = this.#tuning;
    // What is fetched ahead leaves some requests to the reads that come in the meantime.
    const ahead = Math.max(1, parallel - (parallel >> 2));
    while (this.#active < parallel) {
      const page = first(this.#urgent);
      if (page !== undefined) {
        this.#fetchRun(page);
        continue;
      }
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#fetchPiece(piece);
        continue;
      }
      const soon = this.#active < ahead ? first(this.#soon) : undefined;
      if (soon === undefined) return;
      this.#fetchRun(soon);
    }
  }

  /** Asks for a page together with its wanted neighbours. */
  #fetchRun(page: number): void {
    const { pageBytes, requestBytes } = this.#tuning;
    const most = Math.max(1, Math.floor(requestBytes / pageBytes));
    const wanted = (other: number) => this.#urgent.has(other) || this.#soon.has(other);
    let from = page;
    let to = page + 1;
    while (to - from < most && wanted(to)) to++;
    while (to - from < most && wanted(from - 1)) from--;
    const pages: Uint8Array[] = [];
    for (let each = from; each < to; each++) {
      this.#urgent.delete(each);
      this.#soon.delete(each);
      // Each page has memory of its own, so that one that is kept keeps no other alive.
      pages.push(Buffer.allocUnsafeSlow(Math.min(pageBytes, this.#reader.size - each * pageBytes)));
    }
    this.#active++;
    this.#reader.fill(from * pageBytes, pages).then(
      () => this.#land(from, pages),
      (thrown: unknown) => this.#land(from, pages, { thrown }),
    );
  }

  #land(from: number, pages: readonly Uint8Array[], failure?: { readonly thrown: unknown }): void {
    this.#active--;
    for (const [index, bytes] of pages.entries()) {
      const page = from + index;
      const flight = this.#flights.get(page);
      this.#flights.delete(page);
      if (failure !== undefined) flight?.reject(failure.thrown);
      else {
        this.#arrived(page, bytes);
        flight?.resolve(bytes);
      }
    }
    this.#start();
  }

  #fetchPiece({ offset, target, arrival }: Piece): void {
    this.#active++;
    this.#reader
      .fill(offset, [target])
      .then(arrival.resolve, arrival.reject)
      .finally(() => {
        this.#active--;
        this.#start();
      });
  }
}

function first(pages: ReadonlySet<number>): number | undefined {
  for (const page of pages) return page;
  return undefined;
}
