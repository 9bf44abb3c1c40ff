import { join } from 'node:path';
import { NodewardError, reasonOf } from '../../base/errors.ts';
import { lockFolder } from '../../base/lock.ts';
import { printable } from '../../base/text.ts';
import type { Provider } from '../../inventory/index.ts';
import { PROVIDER_IDS, type Subscription } from '../../model/fleet.ts';
import type { SyncReport } from '../../model/fleet-report.ts';
import { changesOf, type SyncContext, type SyncOptions, Totals } from './context.ts';
import { bestEvidence } from './coverage.ts';
import { discover } from './discover.ts';
import { scanDisks } from './disk-scans.ts';
import { removeLeftovers } from './leftovers.ts';
import { Problems, thrownProblem } from './problems.ts';
import { refreshing } from './refresh.ts';
import { standings } from './standing.ts';
import type { Fleet } from './types.ts';
import { dropUnseen, markFailed } from './unseen.ts';

const DAY = 86_400_000;

/** A provider and what it can see. */
interface Asked {
  readonly provider: Provider;
  readonly subscriptions: readonly Subscription[];
}

/**
 * Looks at the whole fleet: clusters, pools, nodes, evidence by image and, by the rules, disks. What cannot be looked at
 * is a problem of the report and stays as it was; each cluster is written as soon as it was read.
 * @throws NodewardError store-busy where another sync is running; file-unwritable; what the providers threw where
 *   none of them can read anything; and the reason of the signal, after every snapshot was released
 */
export async function syncFleet(fleet: Fleet, options: SyncOptions): Promise<SyncReport> {
  const unlock = lock(fleet);
  try {
    return await syncLocked(fleet, options);
  } finally {
    options.progress.end();
    unlock();
  }
}

/** One sync of a store at a time: two would take each other's snapshots for leftovers. */
function lock({ workspace }: Fleet): () => void {
  const folder = join(workspace.paths.dataDir, 'sync');
  try {
    return lockFolder(folder);
  } catch (thrown) {
    if (thrown instanceof NodewardError && thrown.code === 'database-busy')
      throw new NodewardError('store-busy', 'Another sync of this inventory is running', {
        place: folder,
      });
    throw thrown;
  }
}

async function syncLocked(fleet: Fleet, options: SyncOptions): Promise<SyncReport> {
  const { store } = fleet;
  const context = contextOf(fleet, options);
  const before = trafficOf(options.providers);
  const id = await store.write(({ inventory }) => inventory.beginSync(context.now()));
  const end = (): Promise<void> => {
    const requests = trafficOf(options.providers).total - before.total;
    const problems = context.problems.list.length;
    return store.write(({ inventory }) =>
      inventory.endSync(id, { endedAt: context.now(), requests, problems }),
    );
  };
  try {
    const steps = await runSteps(context);
    await end();
    return { ...(await reportOf(context, before)), ...steps };
  } catch (thrown) {
    // What is thrown is told by whoever catches it.
    options.unfinished(context.problems.list.filter(({ detail }) => detail !== printable(reasonOf(thrown))));
    // Only a process that was killed leaves a sync without an end; but what is thrown first is what is told.
    await end().catch(() => {});
    throw thrown;
  }
}

function contextOf(fleet: Fleet, options: SyncOptions): SyncContext {
  const { progress, signal } = options;
  return {
    ...refreshing(fleet),
    options,
    run: { progress, signal },
    problems: new Problems(),
    totals: new Totals(),
    now: () => fleet.clock.now().toISOString(),
  };
}

async function runSteps(context: SyncContext): Promise<Pick<SyncReport, 'leftovers' | 'scans'>> {
  const { fleet } = context;
  const asked = await askProviders(context);
  let leftovers = 0;
  for (const { provider, subscriptions } of asked)
    leftovers += await removeLeftovers(context, provider, subscriptions);
  for (const { provider, subscriptions } of asked) await discover(context, provider, subscriptions);
  const scans = await scanDisks(
    context,
    asked.map(({ provider }) => provider),
  );
  // Nobody asks any more about what a provider found that is not configured.
  const configured = new Set(context.options.providers.map(({ id }) => id));
  await dropUnseen(context, ({ provider }) => !configured.has(provider));
  const old = fleet.clock.now().getTime() - fleet.rules.forgetDays * DAY;
  await fleet.store.write(({ inventory }) => inventory.forget(new Date(old).toISOString()));
  return { leftovers, scans };
}

/** Asks each provider what it can see. One that can see nothing is a problem as long as another one can. */
async function askProviders(context: SyncContext): Promise<readonly Asked[]> {
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

interface RequestCount {
  readonly requests: ReadonlyMap<string, number>;
  readonly total: number;
  readonly throttled: number;
}

function trafficOf(providers: readonly Provider[]): RequestCount {
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

async function reportOf(
  context: SyncContext,
  before: RequestCount,
): Promise<Omit<SyncReport, 'leftovers' | 'scans'>> {
  const { fleet, totals, problems, options } = context;
  const counts = await fleet.store.inventory.counts();
  const { requests, throttled } = trafficOf(options.providers);
  const sent = [...requests].map(
    ([kind, count]) => [kind, count - (before.requests.get(kind) ?? 0)] as const,
  );
  return {
    clusters: changesOf(counts.clusters, totals.clusters),
    pools: changesOf(counts.pools, totals.pools),
    nodes: changesOf(counts.nodes, totals.nodes),
    evidence: await evidenceInUse(context),
    problems: problems.list,
    requests: Object.fromEntries(sent.filter(([, count]) => count > 0)),
    throttled: throttled - before.throttled,
  };
}

async function evidenceInUse({ fleet }: SyncContext): Promise<SyncReport['evidence']> {
  const { inventory } = fleet.store;
  const said = standings(await inventory.enablements(), fleet.rules.excludeTags);
  const counts = { disk: 0, sbom: 0, image: 0, none: 0 };
  for (const cluster of await inventory.clusters()) {
    const pools = await inventory.pools({ cluster: cluster.id });
    const enabled = new Set(pools.filter((pool) => said.of(cluster, pool).enabled).map(({ id }) => id));
    const evidence = Map.groupBy(await inventory.evidence({ cluster: cluster.id }), ({ node }) => node);
    for (const node of await inventory.nodes({ cluster: cluster.id })) {
      const best = enabled.has(node.pool) ? bestEvidence(evidence.get(node.id) ?? [], node) : null;
      counts[best?.source ?? 'none']++;
    }
  }
  return counts;
}
