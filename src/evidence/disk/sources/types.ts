/** Bytes of a disk, a part of a disk or a disk image's content, read at any place. Read-only. */
export interface BlockSource {
  /** What errors call it: a path, or a URL without its query, which may hold a secret. */
  readonly name: string;
  /** Size in bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset` on. The bytes may be shared with a cache and must not be changed.
   * @throws NodewardError disk-damaged beyond the end, file-unreadable, network-failed, disk-changed, limit-reached
   */
  read(offset: number, length: number): Promise<Uint8Array>;
  /**
   * Says that these bytes are about to be read, so that they are fetched together with others. Never fails, never
   * waits; a range that cannot be had is reported by the `read` that needs it.
   */
  prefetch(offset: number, length: number): void;
}

/** What reading has cost. Travels with every result. */
export interface ReadCounters {
  /** Reads of the file, or requests to the server, retries included. */
  readonly requests: number;
  /** Bytes those gave. */
  readonly bytes: number;
}

/** A source that holds a file or connections open. */
export interface OpenSource {
  readonly source: BlockSource;
  counters(): ReadCounters;
  close(): Promise<void>;
}

/** How much may be read of one source; what goes beyond ends in `limit-reached`. */
export interface SourceLimits {
  readonly maxRequests: number;
  readonly maxBytes: number;
  /** Memory for pages kept in the cache, in bytes. */
  readonly cacheBytes: number;
}
