import { SandboxClock, type Ticks } from './clock.ts';
import { EventQueue } from './engine/queue.ts';
import { Rollout } from './engine/regions.ts';
import type { Random, SandboxCore } from './ports.ts';
import { randomOf } from './random.ts';
import { openState, type StoredState } from './state/state.ts';
import type { FaultKind, SandboxImages, SimEvent, SimFault } from './types.ts';

/** What the core is made with. */
export interface CoreOptions {
  readonly folder: string;
  readonly images: SandboxImages;
  /** Epoch milliseconds where the state has no clock yet. */
  readonly start: number;
  readonly seed: number;
  readonly rate: number;
  readonly limits: boolean;
  readonly ticks: Ticks;
}

/** What the state says of the sandbox itself. */
interface Identity {
  readonly seed: number;
  readonly now: number;
}

const IDENTITY = 'sandbox';

/** The clock, the state and the event queue of a sandbox, and what its parts do with them. */
export class Core implements SandboxCore {
  readonly state: StoredState;
  readonly images: SandboxImages;
  readonly folder: string;
  readonly seed: number;
  readonly limits: boolean;
  readonly clock: SandboxClock;
  readonly queue: EventQueue;
  readonly rollout: Rollout;
  /** Whether the state was empty when it was opened. */
  readonly fresh: boolean;
  url = '';
  readonly #handlers = new Map<string, (event: SimEvent) => void>();

  /** @throws NodewardError file-unwritable, file-unreadable */
  constructor(options: CoreOptions) {
    this.state = openState(options.folder);
    const identity = this.state.setting(IDENTITY) as Identity | undefined;
    this.fresh = identity === undefined;
    this.seed = identity?.seed ?? options.seed;
    this.clock = new SandboxClock(identity?.now ?? options.start, options.rate, options.ticks);
    this.images = options.images;
    this.folder = options.folder;
    this.limits = options.limits;
    this.queue = new EventQueue(this.state.events);
    this.rollout = new Rollout(options.images);
  }

  now(): number {
    return this.clock.now();
  }

  random(name: string): Random {
    return randomOf(this.seed, name);
  }

  schedule(event: Omit<SimEvent, 'sequence'>): void {
    this.queue.put(event);
  }

  onEvent(kind: string, handler: (event: SimEvent) => void): void {
    if (this.#handlers.has(kind)) throw new RangeError(`events ${kind} have a handler already`);
    this.#handlers.set(kind, handler);
  }

  strikes(kind: FaultKind, things: readonly string[]): SimFault | null {
    const names = things.map((thing) => thing.toLowerCase());
    for (const fault of this.state.faults.values()) {
      const target = fault.target.toLowerCase();
      if (fault.kind !== kind || (target !== '*' && !names.includes(target))) continue;
      if (fault.left === null) return fault;
      fault.left--;
      if (fault.left > 0) this.state.faults.put(fault);
      else this.state.faults.delete(fault.id);
      return fault;
    }
    return null;
  }

  availableAt(image: string, location: string): number | null {
    return this.rollout.availableAt(image, location);
  }

  latestImage(family: string, location: string): string | null {
    return this.rollout.latest(family, location, this.now())?.name ?? null;
  }

  /** Runs the events that are due, each at its own instant, at most so many. @returns whether more are due */
  runDue(until: number, most = Number.POSITIVE_INFINITY): boolean {
    for (let count = 0; count < most; count++) {
      const event = this.queue.take(until);
      if (event === undefined) return false;
      this.clock.hold(event.at);
      try {
        this.#handlers.get(event.kind)?.(event);
      } finally {
        this.clock.release();
      }
    }
    return true;
  }

  /** Writes what changed, and the clock with it; nothing where nothing did. @throws NodewardError file-unwritable */
  commit(): void {
    if (this.state.changed) this.commitClock();
  }

  /** Writes the clock, and what changed with it. @throws NodewardError file-unwritable */
  commitClock(): void {
    this.state.putSetting(IDENTITY, { seed: this.seed, now: this.now() } satisfies Identity);
    this.state.commit();
  }
}
