import { join } from 'node:path';
import { NodewardError } from '../../base/errors.ts';
import { lockFolder } from '../../base/lock.ts';
import type { SyncReport } from '../../model/fleet-report.ts';
import { askProviders } from './ask.ts';
import { changesOf, type SyncContext, type SyncOptions, syncContext } from './context.ts';
import { bestEvidence } from './coverage.ts';
import { discover } from './discover.ts';
import { scanDisks } from './disk-scans.ts';
import { forgetGone } from './forget.ts';
import { removeLeftovers } from './leftovers.ts';
import { type RequestCount, recorded, trafficOf } from './recorded.ts';
import { standings } from './standing.ts';
import type { Fleet } from './types.ts';
import { dropUnasked } from './unseen.ts';

/**
 * Looks at the whole fleet: clusters, pools, nodes, evidence by image and, by the rules, disks. What cannot be looked at
 * is a problem of the report and stays as it was; each cluster is written as soon as it was read.
 * @throws NodewardError store-busy where another sync is running; file-unwritable; what the providers threw where
 *   none of them can read anything; and the reason of the signal, after every snapshot was released
 */
export async function syncFleet(fleet: Fleet, options: SyncOptions): Promise<SyncReport> {
  const unlock = lockSync(fleet);
  try {
    return await syncLocked(fleet, options);
  } finally {
    options.progress.end();
    unlock();
  }
}

/**
 * One sync of a store at a time: two would take each other's snapshots for leftovers.
 * @returns what gives the lock back
 * @throws NodewardError store-busy, file-unwritable
 */
export function lockSync({ workspace }: Fleet): () => void {
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
  // The lock is of this machine: processes elsewhere that share the store may be reading disks.
  const context = syncContext(fleet, options, fleet.store.database === 'sqlite');
  const before = trafficOf(options.providers);
  const steps = await recorded(context, () => runSteps(context));
  return { ...(await reportOf(context, before)), ...steps };
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
  await dropUnasked(context);
  await forgetGone(fleet);
  return { leftovers, scans };
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
