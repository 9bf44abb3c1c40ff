import type { Provider } from '../../inventory/index.ts';
import { PROVIDER_IDS, type Subscription } from '../../model/fleet.ts';
import type { SyncContext } from './context.ts';
import { thrownProblem } from './problems.ts';
import { markFailed } from './unseen.ts';

/** A provider and what it can see. */
interface Asked {
  readonly provider: Provider;
  readonly subscriptions: readonly Subscription[];
}

/**
 * Asks each provider what it can see. One that can see nothing is a problem as long as another one can.
 * @throws what the first one threw where none can see anything
 */
export async function askProviders(context: SyncContext): Promise<readonly Asked[]> {
  const { options, run, problems } = context;
  const asked: Asked[] = [];
  const failures: unknown[] = [];
  for (const id of PROVIDER_IDS) {
    for (const provider of options.providers.filter((each) => each.id === id)) {
      try {
        asked.push({ provider, subscriptions: await provider.subscriptions(run) });
      } catch (thrown) {
        options.signal.throwIfAborted();
        failures.push(thrown);
        const problem = thrownProblem(id, thrown);
        problems.add(problem);
        await markFailed(context, id, problem);
      }
    }
  }
  if (asked.length === 0 && failures.length > 0) throw failures[0];
  return asked;
}
