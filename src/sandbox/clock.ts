/** Milliseconds of the machine that only ever grow, whatever becomes of its time of day. */
export type Ticks = () => number;

/** The machine's own, from any start. */
export const machineTicks: Ticks = () => performance.now();

/**
 * The clock of the sandbox. It runs `rate` times as fast as the machine's, never goes back, and stands while events of
 * the past are run, so that each sees its own instant.
 */
export class SandboxClock {
  readonly rate: number;
  readonly #ticks: Ticks;
  #base: number;
  #since: number;
  #held: number | null = null;
  /** How far it was moved, rather than ran. */
  #moved = 0;
  readonly #started: number;

  /** @param start epoch milliseconds */
  constructor(start: number, rate: number, ticks: Ticks) {
    this.rate = rate;
    this.#ticks = ticks;
    this.#base = start;
    this.#since = ticks();
    this.#started = this.#since;
  }

  /** Epoch milliseconds. */
  now(): number {
    return this.#held ?? Math.floor(this.#base + (this.#ticks() - this.#since) * this.rate);
  }

  /**
   * Milliseconds as a client waits them: the machine's, whatever the rate, and those the clock was moved by. Request
   * limits count by it, as `Retry-After` is waited out in real seconds.
   */
  waited(): number {
    return this.#ticks() - this.#started + this.#moved;
  }

  /** Stands at an instant that is not before now, until `release`. */
  hold(at: number): void {
    this.#held = Math.max(at, this.#held ?? 0);
  }

  /** Runs on from where it should be by now, or from where it stood if that is later. */
  release(): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null && held > this.now()) this.#set(held);
  }

  /** Moves on to a later instant. */
  moveTo(at: number): void {
    this.#held = null;
    if (at > this.now()) this.#set(at);
  }

  #set(at: number): void {
    this.#moved += at - this.now();
    this.#base = at;
    this.#since = this.#ticks();
  }
}
