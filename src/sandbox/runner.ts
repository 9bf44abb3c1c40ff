import { setImmediate as nextTurn } from 'node:timers/promises';
import { reasonOf } from '../base/errors.ts';
import type { Core } from './core.ts';

const TICK_MS = 200;
/** Every so many ticks the clock is stored, and other processes are told of it. */
const TICKS_PER_INFO = 15;
/** Events that are run before others get a turn. */
const EVENTS_PER_TURN = 200;
const DAY_MS = 86_400_000;

/** What the runner tells others. */
export interface RunnerHooks {
  /** The clock reached another day. */
  readonly onDay: (day: string) => Promise<void>;
  /** Writes `sandbox.json`. */
  readonly writeInfo: (running: boolean) => Promise<void>;
}

/** Moves the clock: lets events happen when they are due, one mover at a time. */
export class Runner {
  readonly #core: Core;
  readonly #hooks: RunnerHooks;
  #timer: NodeJS.Timeout | null = null;
  #ticks = 0;
  #day: number;
  #busy: Promise<void> = Promise.resolve();
  #moving = false;
  #stopping = false;
  /** What went wrong last while nobody waited, or with the last new day; null where all is well. */
  problem: string | null = null;

  constructor(core: Core, hooks: RunnerHooks) {
    this.#core = core;
    this.#hooks = hooks;
    this.#day = this.#dayNow();
  }

  async start(): Promise<void> {
    await this.#hooks.writeInfo(true);
    if (this.#core.clock.rate === 0) return;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  /** Moves the clock on from where it is once whoever moves it now is done. */
  advanceBy(ms: number): Promise<void> {
    return this.#advance(() => this.#core.now() + ms);
  }

  /** Moves the clock to an instant; one that is past is reached already. */
  advanceTo(at: number): Promise<void> {
    return this.#advance(() => at);
  }

  #advance(to: () => number): Promise<void> {
    return this.#alone(async () => {
      const at = to();
      while (!this.#stopping && this.#core.runDue(at, EVENTS_PER_TURN)) {
        this.#core.commitClock();
        await nextTurn();
      }
      if (this.#stopping) return;
      this.#core.clock.moveTo(at);
      // Where the last day failed, whoever moves the clock tries again.
      await this.#arrived(this.#dayNow() !== this.#day || this.problem !== null);
    });
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#stopping = true;
    await this.#alone(async () => {
      this.#core.commitClock();
      await this.#hooks.writeInfo(false);
    });
  }

  /** Between requests, so that those who watch see what happens. What goes wrong is told by the status: nobody waits. */
  #tick(): void {
    if (this.#moving) return;
    void this.#alone(async () => {
      while (!this.#stopping && this.#core.runDue(this.#core.now(), EVENTS_PER_TURN)) {
        this.#core.commit();
        await nextTurn();
      }
      this.#ticks++;
      const newDay = this.#dayNow() !== this.#day;
      if (newDay || this.#ticks % TICKS_PER_INFO === 0) await this.#arrived(newDay);
      else this.#core.commit();
    }).catch((thrown: unknown) => {
      this.problem = reasonOf(thrown);
    });
  }

  /** The clock is where it should be: stores it, and tells others. */
  async #arrived(tellDay: boolean): Promise<void> {
    this.#core.commitClock();
    this.#day = this.#dayNow();
    if (tellDay) {
      try {
        await this.#hooks.onDay(new Date(this.#day * DAY_MS).toISOString().slice(0, 10));
        this.problem = null;
      } catch (thrown) {
        this.problem = reasonOf(thrown);
        throw thrown;
      }
    }
    await this.#hooks.writeInfo(true);
  }

  #dayNow(): number {
    return Math.floor(this.#core.now() / DAY_MS);
  }

  #alone(work: () => Promise<void>): Promise<void> {
    const result = this.#busy.then(async () => {
      this.#moving = true;
      try {
        await work();
      } finally {
        this.#moving = false;
      }
    });
    this.#busy = result.catch(() => {});
    return result;
  }
}
