/** How long an attempt may take. Milliseconds. */
export interface Patience {
  /** Until there is a connection, with its name resolved and encryption agreed. */
  readonly connectMs: number;
  readonly totalMs: number;
}

/** Ends an attempt that takes too long: first to connect, then in all. */
export class Deadline {
  /** Aborted when the time is over, or when the caller's is. */
  readonly signal: AbortSignal;
  readonly #over = new AbortController();
  readonly #connecting: NodeJS.Timeout;
  readonly #all: NodeJS.Timeout;
  #why: string | null = null;

  constructor({ connectMs, totalMs }: Patience, caller: AbortSignal) {
    this.signal = AbortSignal.any([caller, this.#over.signal]);
    this.#connecting = setTimeout(() => this.#end(`no connection in ${connectMs / 1000} s`), connectMs);
    this.#all = setTimeout(() => this.#end(`no answer in ${totalMs / 1000} s`), totalMs);
  }

  /** Why the time is over; null while it is not. */
  get why(): string | null {
    return this.#why;
  }

  connected(): void {
    clearTimeout(this.#connecting);
  }

  /** What a step comes to, unless the time is over before. @throws the reason of the signal */
  race<T>(step: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const stop = (): void => reject(this.signal.reason);
      if (this.signal.aborted) stop();
      this.signal.addEventListener('abort', stop, { once: true });
      step.then(resolve, reject).finally(() => this.signal.removeEventListener('abort', stop));
    });
  }

  stop(): void {
    clearTimeout(this.#connecting);
    clearTimeout(this.#all);
  }

  #end(why: string): void {
    this.#why = why;
    this.#over.abort();
  }
}
