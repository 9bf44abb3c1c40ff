/**
 * Pages kept up to a number, those used longest ago leave first. Two generations stand in for an exact order, so
 * that finding a page is one look-up: what is used moves to the young one, and when that is full the old one goes.
 */
export class PageStore {
  readonly #capacity: number;
  #young = new Map<number, Uint8Array>();
  #old = new Map<number, Uint8Array>();

  /** @param capacity the most pages that are kept in all; at least two are. */
  constructor(capacity: number) {
    this.#capacity = Math.max(1, Math.floor(capacity / 2));
  }

  get(page: number): Uint8Array | undefined {
    const young = this.#young.get(page);
    if (young !== undefined) return young;
    const old = this.#old.get(page);
    if (old !== undefined) this.set(page, old);
    return old;
  }

  set(page: number, bytes: Uint8Array): void {
    if (this.#young.size >= this.#capacity && !this.#young.has(page)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(page, bytes);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
