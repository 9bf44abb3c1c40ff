import { reasonOf } from '../../../base/errors.ts';
import { problemOf } from '../outcome.ts';
import type { Problem } from '../types.ts';

/** More than these are counted, not listed. */
const MAX_PROBLEMS = 1000;
/** Programs that are read at the same time; on a remote disk each waits several times. */
const WIDTH = 32;

/**
 * Runs many small reads, some of which may fail: each failure is a problem of its place. What ends the scan (its time
 * or its limits) ends the work, and what was found until then stays.
 */
export class Guard {
  readonly #signal: AbortSignal;
  readonly #problems: Problem[] = [];
  #more = 0;
  #ended: Problem | null = null;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether no more work is to be started. */
  get stopped(): boolean {
    return this.#ended !== null || this.#signal.aborted;
  }

  add(problem: Problem): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
    else this.#more++;
  }

  /** Takes what was thrown at a place. */
  take(place: string, thrown: unknown): void {
    try {
      this.add(problemOf(place, thrown));
    } catch {
      this.end(place, reasonOf(thrown));
    }
  }

  /** Ends all work, and says why. */
  end(place: string, why: string): void {
    this.#ended ??= { place, why: `the search ended here: ${why}` };
  }

  /** Runs one piece of work; null where it failed. */
  async attempt<T>(place: string, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (thrown) {
      this.take(place, thrown);
      return null;
    }
  }

  /** Runs the work for every item, several at a time, until all are done or it ends. Work must not throw. */
  async each<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
    const queue = items[Symbol.iterator]();
    const worker = async (): Promise<void> => {
      for (let next = queue.next(); !next.done; next = queue.next()) {
        if (this.stopped) return;
        await work(next.value);
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, worker));
  }

  /** All problems, sorted by place. */
  problems(): readonly Problem[] {
    const problems = this.#problems.toSorted((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0));
    if (this.#more > 0) problems.push({ place: 'elsewhere', why: `there were ${this.#more} more problems` });
    if (this.#ended !== null) problems.push(this.#ended);
    else if (this.#signal.aborted) problems.push({ place: 'the search', why: 'it was ended before its end' });
    return problems;
  }
}
