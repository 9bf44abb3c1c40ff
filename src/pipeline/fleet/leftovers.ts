import { inParallel } from '../../base/parallel.ts';
import type { Provider } from '../../inventory/index.ts';
import type { Subscription } from '../../model/fleet.ts';
import type { SyncContext } from './context.ts';
import { thrownProblem } from './problems.ts';

/**
 * Removes the snapshots that earlier runs left behind. Called before a sync makes any of its own. Where other processes may
 * be reading disks, one of a process that was killed is only told from theirs once its URL has expired.
 * @returns how many were removed; what could not be is a problem
 */
export async function removeLeftovers(
  { options, run, problems, idle }: SyncContext,
  { disks }: Provider,
  subscriptions: readonly Subscription[],
): Promise<number> {
  if (disks === null) return 0;
  const { parallel, signal } = options;
  let removed = 0;
  await inParallel(subscriptions, { limit: parallel, signal }, async (subscription) => {
    problems.name(subscription.id, subscription.name);
    try {
      for (const leftover of await disks.leftovers(subscription, run, idle)) {
        const problem = await disks.remove(leftover, run);
        if (problem === null) removed++;
        else problems.add(problem);
      }
    } catch (thrown) {
      signal.throwIfAborted();
      problems.add(thrownProblem(subscription.id, thrown));
    }
  });
  return removed;
}
