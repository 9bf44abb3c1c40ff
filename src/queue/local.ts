import { once } from 'node:events';
import { type Job, type JobHandler, type JobKind, type JobQueue, RETRIES } from './types.ts';

/** However long earlier kinds take, a job is not held back for longer. */
const MAX_HELD_MS = 600_000;

/** A job with how often it failed, and since when it waits. */
interface Entry {
  readonly job: Job;
  readonly failures: number;
  readonly since: number;
}

/** Jobs of one process. They are gone with it: the next one finds by the store what is still to be done. */
export class LocalQueue implements JobQueue {
  readonly #kinds: ReadonlyMap<string, JobKind>;
  readonly #firstRetryMs: number;
  readonly #now: () => number;
  /** By kind and key, as all of these. In the order they came. */
  readonly #waiting = new Map<string, Entry>();
  readonly #running = new Map<string, { readonly kind: string; readonly done: Promise<void> }>();
  readonly #delayed = new Map<string, { entry: Entry; readonly timer: NodeJS.Timeout }>();
  readonly #stopping = new AbortController();
  readonly #quiet = new EventTarget();
  #handler: JobHandler | null = null;

  /**
   * @param options.firstRetryMs how long a job that failed waits, the first time
   * @param options.now milliseconds that only grow
   */
  constructor(
    kinds: readonly JobKind[],
    options: { readonly firstRetryMs?: number; readonly now?: () => number } = {},
  ) {
    this.#kinds = new Map(kinds.map((kind) => [kind.name, kind]));
    this.#firstRetryMs = options.firstRetryMs ?? RETRIES.firstSeconds * 1000;
    this.#now = options.now ?? (() => performance.now());
  }

  async send(jobs: readonly Job[]): Promise<void> {
    for (const job of jobs) {
      const id = idOf(job);
      const delayed = this.#delayed.get(id);
      if (delayed !== undefined) delayed.entry = { ...delayed.entry, job };
      else this.#waiting.set(id, { ...(this.#waiting.get(id) ?? { failures: 0, since: this.#now() }), job });
    }
    this.#pump();
  }

  async work(handler: JobHandler): Promise<void> {
    this.#handler = handler;
    this.#pump();
  }

  async waits(kind: string): Promise<boolean> {
    return [...this.#waiting.values()].some(({ job, failures }) => job.kind === kind && failures === 0);
  }

  async busy(kinds: readonly string[]): Promise<boolean> {
    const delayed = [...this.#delayed.values()];
    return kinds.some((kind) => this.#has(kind) || delayed.some(({ entry }) => entry.job.kind === kind));
  }

  async idle(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (!this.#isQuiet()) await once(this.#quiet, 'quiet', { signal });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const { timer } of this.#delayed.values()) clearTimeout(timer);
    this.#waiting.clear();
    this.#delayed.clear();
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  #pump(): void {
    if (this.#handler === null || this.#stopping.signal.aborted) return;
    for (const kind of this.#kinds.values()) {
      const held = kind.after.some((earlier) => this.#has(earlier));
      for (const [id, entry] of this.#waiting) {
        if (this.#count(kind.name) >= kind.parallel) break;
        if (entry.job.kind !== kind.name || this.#running.has(id)) continue;
        if (!held || this.#now() - entry.since >= MAX_HELD_MS) this.#start(id, entry, this.#handler);
      }
    }
    if (this.#isQuiet()) this.#quiet.dispatchEvent(new Event('quiet'));
  }

  #start(id: string, entry: Entry, handler: JobHandler): void {
    const { signal } = this.#stopping;
    this.#waiting.delete(id);
    const work = Promise.resolve().then(() => handler(entry.job, signal));
    const done = work
      .catch(() => this.#delay(id, entry))
      .finally(() => {
        this.#running.delete(id);
        this.#pump();
      });
    this.#running.set(id, { kind: entry.job.kind, done });
  }

  /** One that was sent again while it failed waits already. */
  #delay(id: string, { job, failures, since }: Entry): void {
    if (failures >= RETRIES.limit || this.#waiting.has(id) || this.#stopping.signal.aborted) return;
    const pause = Math.min(this.#firstRetryMs * 2 ** failures, RETRIES.maxSeconds * 1000);
    const timer = setTimeout(() => {
      const entry = this.#delayed.get(id)?.entry;
      this.#delayed.delete(id);
      if (entry !== undefined) this.#waiting.set(id, entry);
      this.#pump();
    }, pause);
    this.#delayed.set(id, { entry: { job, since, failures: failures + 1 }, timer });
  }

  #count(kind: string): number {
    let count = 0;
    for (const running of this.#running.values()) if (running.kind === kind) count++;
    return count;
  }

  /** Whether a job of a kind waits or runs. One that failed, and is tried again later, keeps nobody waiting. */
  #has(kind: string): boolean {
    if (this.#count(kind) > 0) return true;
    for (const { job } of this.#waiting.values()) if (job.kind === kind) return true;
    return false;
  }

  #isQuiet(): boolean {
    return this.#waiting.size + this.#running.size + this.#delayed.size === 0;
  }
}

function idOf({ kind, key }: Job): string {
  return `${kind} ${key}`;
}
