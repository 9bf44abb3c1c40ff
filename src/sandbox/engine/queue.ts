import type { StoredCollection } from '../state/collection.ts';
import type { SimEvent } from '../types.ts';

/** Events by instant, then in the order in which they were put in. Stored with the state. */
export class EventQueue {
  readonly #stored: StoredCollection<SimEvent>;
  readonly #heap: SimEvent[] = [];
  #sequence = 0;

  constructor(stored: StoredCollection<SimEvent>) {
    this.#stored = stored;
    for (const event of stored.values()) {
      this.#push(event);
      this.#sequence = Math.max(this.#sequence, event.sequence);
    }
  }

  get size(): number {
    return this.#heap.length;
  }

  /** The next event, which stays. */
  peek(): SimEvent | undefined {
    return this.#heap[0];
  }

  /** The next few events, in order. */
  next(count: number): readonly SimEvent[] {
    return [...this.#heap].sort(order).slice(0, count);
  }

  put(event: Omit<SimEvent, 'sequence'>): void {
    const numbered = { ...event, sequence: ++this.#sequence };
    this.#stored.put(numbered);
    this.#push(numbered);
  }

  /** Takes the next event if it is due. */
  take(now: number): SimEvent | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
    this.#stored.delete(String(first.sequence));
    return first;
  }

  #push(event: SimEvent): void {
    let at = this.#heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#heap[parent];
      if (above === undefined || order(above, event) <= 0) break;
      this.#heap[at] = above;
      at = parent;
    }
    this.#heap[at] = event;
  }

  /** Puts an event at the top and lets it sink to its place. */
  #sink(event: SimEvent): void {
    let at = 0;
    for (;;) {
      const left = this.#heap[2 * at + 1];
      if (left === undefined) break;
      const right = this.#heap[2 * at + 2];
      const [child, index] =
        right !== undefined && order(right, left) < 0 ? [right, 2 * at + 2] : [left, 2 * at + 1];
      if (order(event, child) <= 0) break;
      this.#heap[at] = child;
      at = index;
    }
    this.#heap[at] = event;
  }
}

function order(a: SimEvent, b: SimEvent): number {
  return a.at - b.at || a.sequence - b.sequence;
}
