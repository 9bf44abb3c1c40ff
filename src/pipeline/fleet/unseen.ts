/** What a sync could not look at is as it was last seen, and says why it is not known better. */
import type { ClusterListing, Problem } from '../../inventory/index.ts';
import type { CoverageReason } from '../../model/coverage.ts';
import type { ProviderId, Subscription } from '../../model/fleet.ts';
import type { StoredSubscription } from '../../model/inventory.ts';
import type { SyncContext } from './context.ts';
import { reasonOfProblem } from './problems.ts';

const DAY = 86_400_000;

/** The subscriptions of a provider that are known. */
export async function subscriptionsOf(
  { fleet }: SyncContext,
  provider: ProviderId,
): Promise<readonly StoredSubscription[]> {
  const all = await fleet.store.inventory.subscriptions();
  return all.filter((each) => each.provider === provider);
}

/** Writes what listing the clusters of a subscription came to. Those that an incomplete listing does not name are not gone. */
export async function markListed(
  context: SyncContext,
  { id }: Pick<Subscription, 'id'>,
  { clusters, complete, problems }: ClusterListing,
): Promise<void> {
  const reasons = problems.map(reasonOfProblem);
  if (complete)
    await context.fleet.store.write(({ inventory }) =>
      inventory.markListed(id, { at: context.now(), problems: reasons }),
    );
  else await markUnseen(context, id, { reasons, but: new Set(clusters.map(({ cluster }) => cluster.id)) });
}

/** Writes that a provider could not look at anything. */
export async function markFailed(
  context: SyncContext,
  provider: ProviderId,
  problem: Problem,
): Promise<void> {
  for (const { id } of await subscriptionsOf(context, provider))
    await markUnseen(context, id, { reasons: [reasonOfProblem(problem)], but: new Set() });
}

/** Writes that the credentials do not see a subscription any more. */
export async function markLost(context: SyncContext, { id, name }: StoredSubscription): Promise<void> {
  const remedy = `If it still exists, let the credentials and the setting azure.subscriptions include it again; else it is forgotten after ${context.fleet.rules.forgetDays} days.`;
  const detail =
    'The credentials do not see this subscription any more: its clusters are as they were last seen.';
  context.problems.name(id, name);
  context.problems.add({ scope: id, detail, remedy });
  await markUnseen(context, id, { reasons: [{ code: 'no-permission', detail, remedy }], but: new Set() });
}

function markUnseen(
  { fleet: { store } }: SyncContext,
  id: string,
  { reasons, but }: { readonly reasons: readonly CoverageReason[]; readonly but: ReadonlySet<string> },
): Promise<void> {
  return store.write(async ({ inventory }) => {
    const clusters = await inventory.clusters();
    await inventory.markListed(id, { at: null, problems: reasons });
    for (const { id: cluster, cursor } of clusters.filter(
      (each) => each.subscription === id && !but.has(each.id),
    ))
      await inventory.markSynced(cluster, { at: null, cursor, problems: reasons });
  });
}

/** Nobody asks any more about what a provider found that is not configured: it is dropped when it is old enough. */
export async function dropUnasked(context: SyncContext): Promise<void> {
  const configured = new Set(context.options.providers.map(({ id }) => id));
  await dropUnseen(context, ({ provider }) => !configured.has(provider));
}

/** Drops those of the subscriptions that were not seen for so long that they are to be forgotten. */
export async function dropUnseen(
  context: SyncContext,
  which: (each: StoredSubscription) => boolean,
): Promise<void> {
  const { fleet, totals } = context;
  const now = context.now();
  const before = Date.parse(now) - fleet.rules.forgetDays * DAY;
  const tally = await fleet.store.write(async ({ inventory }) => {
    for (const each of await inventory.subscriptions())
      if (which(each) && Date.parse(each.lastSeen) < before) await inventory.dropSubscription(each.id, now);
    return inventory.tally;
  });
  totals.add(tally);
}
