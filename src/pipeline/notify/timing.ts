import type { Clock } from '../../base/clock.ts';
import type { Delivery } from '../../model/governance.ts';
import type { Store } from '../../storage/index.ts';

/** How long a digest that is being sent belongs to the process that sends it: far longer than any attempt lasts. */
export const LEASE_MS = 120_000;

const FIRST_PAUSE_MS = 30_000;
const MAX_PAUSE_MS = 3_600_000;

/** Pauses and leases end before that: what is due later than so was written by a clock that was wrong. */
const MAX_AHEAD_MS = 2 * MAX_PAUSE_MS;

/**
 * The clock that pauses and leases go by: that of the store, so that of two processes whose machines tell different times
 * none takes over what the other one is sending.
 */
export async function storeClock(store: Pick<Store, 'now'>): Promise<Clock> {
  const asked = performance.now();
  const start = (await store.now()).getTime();
  return { now: () => new Date(start + performance.now() - asked) };
}

/** Whether it may be sent now. One that is being sent may once its lease is over: its process is gone. */
export function isDue({ state, nextAt }: Pick<Delivery, 'state' | 'nextAt'>, now: Date): boolean {
  if (state !== 'waiting' && state !== 'sending') return false;
  const ahead = Date.parse(nextAt) - now.getTime();
  return !(ahead > 0 && ahead <= MAX_AHEAD_MS);
}

/**
 * Milliseconds until the next attempt, after so many: they double up to an hour. The id spreads them by a fifth either
 * way, so that not everybody asks a receiver again in the same second.
 */
export function pauseAfter(attempts: number, id: string): number {
  const spread = 0.8 + (Number.parseInt(id.slice(0, 8), 16) / 0xffff_ffff) * 0.4;
  const pause = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, attempts - 1));
  return Math.round(pause * (Number.isFinite(spread) ? spread : 1));
}

/** The longer one of our own pause and the one that a receiver asks for, which is bounded. */
export function duePause(own: number, asked: number | null): number {
  return Math.max(own, Math.min(asked ?? 0, MAX_PAUSE_MS));
}
