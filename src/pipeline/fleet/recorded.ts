import { reasonOf } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import type { Provider } from '../../inventory/index.ts';
import type { SyncContext } from './context.ts';

/** Runs the steps of a sync, and keeps when it began, when it ended, and with how many requests and problems. */
export async function recorded<T>(context: SyncContext, steps: () => Promise<T>): Promise<T> {
  const { fleet, options, problems } = context;
  const before = trafficOf(options.providers);
  const id = await fleet.store.write(({ inventory }) => inventory.beginSync(context.now()));
  const end = (): Promise<void> => {
    const requests = trafficOf(options.providers).total - before.total;
    const count = problems.list.length;
    return fleet.store.write(({ inventory }) =>
      inventory.endSync(id, { endedAt: context.now(), requests, problems: count }),
    );
  };
  try {
    const result = await steps();
    await end();
    return result;
  } catch (thrown) {
    // What is thrown is told by whoever catches it.
    options.unfinished(problems.list.filter(({ detail }) => detail !== printable(reasonOf(thrown))));
    // Only a process that was killed leaves a sync without an end; but what is thrown first is what is told.
    await end().catch(() => {});
    throw thrown;
  }
}

/** What was asked so far. */
export interface RequestCount {
  readonly requests: ReadonlyMap<string, number>;
  readonly total: number;
  readonly throttled: number;
}

/** Counts what providers were asked so far. */
export function trafficOf(providers: readonly Provider[]): RequestCount {
  const requests = new Map<string, number>();
  let [total, throttled] = [0, 0];
  for (const provider of providers) {
    const traffic = provider.traffic();
    throttled += traffic.throttled;
    for (const [kind, count] of Object.entries(traffic.requests)) {
      requests.set(kind, (requests.get(kind) ?? 0) + count);
      total += count;
    }
  }
  return { requests, total, throttled };
}
