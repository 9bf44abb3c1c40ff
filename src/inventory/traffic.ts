import type { Traffic } from './types.ts';

/** Counts the requests of one provider. */
export class TrafficCounter {
  readonly #requests = new Map<string, number>();
  #throttled = 0;

  /** One request is sent, a retry too. */
  sent(kind: string): void {
    this.#requests.set(kind, (this.#requests.get(kind) ?? 0) + 1);
  }

  /** One answer said 429. */
  throttled(): void {
    this.#throttled++;
  }

  counts(): Traffic {
    return { requests: Object.fromEntries(this.#requests), throttled: this.#throttled };
  }
}
