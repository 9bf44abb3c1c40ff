import type { Fleet } from './types.ts';

const DAY = 86_400_000;

/** Forgets what of the fleet has been gone for longer than the rules keep it. @returns how many rows */
export function forgetGone({ store, clock, rules }: Fleet): Promise<number> {
  const before = new Date(clock.now().getTime() - rules.forgetDays * DAY).toISOString();
  return store.write(({ inventory }) => inventory.forget(before));
}
