import type { SourceLimits } from './types.ts';

/** How pages are kept and fetched. */
export interface CacheTuning {
  /** Size of a page in bytes: a power of two. */
  readonly pageBytes: number;
  /** The most one request asks for, in bytes; more is split, so that the parts travel at the same time. */
  readonly requestBytes: number;
  /** Reads of at least this many bytes go straight to the reader's buffer: they are not kept. */
  readonly directBytes: number;
  /** Requests under way at the same time. */
  readonly parallel: number;
}

/** How patient requests are. */
export interface HttpTiming {
  /** Longest time without a byte, in milliseconds. */
  readonly idleMs: number;
  /** Longest time one request may take in all. */
  readonly requestMs: number;
  readonly attempts: number;
  /** First pause between attempts; it doubles each time, and a random part of it is left out. */
  readonly backoffMs: number;
  /** Longest pause, whatever the server asks for. */
  readonly maxPauseMs: number;
}

/** How a source is opened. */
export interface SourceOptions {
  readonly limits?: Partial<SourceLimits>;
  readonly cache?: Partial<CacheTuning>;
  readonly timing?: Partial<HttpTiming>;
  /** Ends every read with `interrupted`. */
  readonly signal?: AbortSignal | null;
}
