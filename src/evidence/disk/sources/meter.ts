import { NodewardError } from '../../../base/errors.ts';
import type { ReadCounters, SourceLimits } from './types.ts';

/** Far above what a scan of a real node needs: walking every file reads some 30 MB in some 500 requests. */
export const DEFAULT_LIMITS: SourceLimits = {
  maxRequests: 500_000,
  maxBytes: 16 * 2 ** 30,
  cacheBytes: 64 * 2 ** 20,
};

/** Counts what reading costs and stops it at the limits. */
export class Meter {
  readonly #name: string;
  readonly #limits: SourceLimits;
  #requests = 0;
  #bytes = 0;
  /** Bytes asked for and not received yet. */
  #expected = 0;

  constructor(name: string, limits: Partial<SourceLimits> = {}) {
    this.#name = name;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  get cacheBytes(): number {
    return this.#limits.cacheBytes;
  }

  /**
   * Before a request for `length` bytes; `end` follows in every case.
   * @throws NodewardError limit-reached, with nothing counted
   */
  begin(length: number): void {
    const { maxRequests, maxBytes } = this.#limits;
    if (this.#requests >= maxRequests) throw this.#reached(`${maxRequests} reads`);
    if (this.#bytes + this.#expected + length > maxBytes) throw this.#reached(`${maxBytes} bytes`);
    this.#requests++;
    this.#expected += length;
  }

  /** Bytes arrived. */
  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** The request that `begin` announced is over. */
  end(length: number): void {
    this.#expected -= length;
  }

  counters(): ReadCounters {
    return { requests: this.#requests, bytes: this.#bytes };
  }

  #reached(limit: string): NodewardError {
    return new NodewardError('limit-reached', `Reading ${this.#name} takes more than the limit of ${limit}`, {
      place: this.#name,
    });
  }
}
