import type { Item } from './objects.ts';

/** One change of an object. `before` is null where it is new, `after` where it is gone. */
export interface Change {
  /** The resource version it was made with. */
  readonly version: number;
  readonly key: string;
  readonly before: Item | null;
  readonly after: Item | null;
}

/**
 * The latest changes of one resource of one cluster. It begins when somebody first looks at the resource; what
 * happened before it began, or was dropped since, is as good as compacted.
 */
export class ChangeLog {
  readonly #capacity: number;
  readonly #listeners = new Set<(change: Change) => void>();
  #changes: Change[] = [];
  #floor: number;

  /** @param floor the cluster's resource version now */
  constructor(floor: number, capacity: number) {
    this.#floor = floor;
    this.#capacity = capacity;
  }

  add(change: Change): void {
    this.#changes.push(change);
    // Dropped in lots, so that each change costs the same however many are kept.
    if (this.#changes.length >= this.#capacity * 1.25) {
      const dropped = this.#changes.length - this.#capacity;
      this.#floor = this.#changes[dropped - 1]?.version ?? this.#floor;
      this.#changes = this.#changes.slice(dropped);
    }
    for (const listener of [...this.#listeners]) listener(change);
  }

  /** The changes after a resource version, oldest first; null where some of them are no longer known. */
  since(version: number): readonly Change[] | null {
    if (version < this.#floor) return null;
    let low = 0;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#changes[middle]?.version ?? 0) <= version) low = middle + 1;
      else high = middle;
    }
    return this.#changes.slice(low);
  }

  /** @returns what ends the subscription */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** A list as it was before some changes, oldest first. */
export function undone(items: readonly Item[], changes: readonly Change[]): Item[] {
  if (changes.length === 0) return [...items];
  const byKey = new Map(items.map((item) => [item.key, item]));
  for (const { key, before } of changes.toReversed()) {
    if (before === null) byKey.delete(key);
    else byKey.set(key, before);
  }
  return [...byKey.values()];
}
