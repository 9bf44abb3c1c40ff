/** What a sync could not look at is as it was last seen, and says why it is not known better. */
import type { ClusterListing, Problem } from '../../inventory/index.ts';
import type { CoverageReason } from '../../model/coverage.ts';
import type { ProviderId, Subscription } from '../../model/fleet.ts';
import type { StoredSubscription } from '../../model/inventory.ts';
import type { SyncContext } from './context.ts';
import { reasonOfProblem } from './problems.ts';

const DAY = 86_400_000;

/** The subscriptions of a provider that are known. */
export function subscriptionsOf({ fleet }: SyncContext, provider: ProviderId): readonly StoredSubscription[] {
  return fleet.inventory.subscriptions().filter((each) => each.provider === provider);
}

/** Writes what listing the clusters of a subscription came to. Those that an incomplete listing does not name are not gone. */
export function markListed(
  context: SyncContext,
  { id }: Pick<Subscription, 'id'>,
  { clusters, complete, problems }: ClusterListing,
): void {
  const reasons = problems.map(reasonOfProblem);
  if (complete)
    context.fleet.inventory.write((writer) =>
      writer.markListed(id, { at: context.now(), problems: reasons }),
    );
  else markUnseen(context, id, { reasons, but: new Set(clusters.map(({ cluster }) => cluster.id)) });
}

/** Writes that a provider could not look at anything. */
export function markFailed(context: SyncContext, provider: ProviderId, problem: Problem): void {
  for (const { id } of subscriptionsOf(context, provider))
    markUnseen(context, id, { reasons: [reasonOfProblem(problem)], but: new Set() });
}

/** Writes that the credentials do not see a subscription any more. */
export function markLost(context: SyncContext, { id, name }: StoredSubscription): void {
  const remedy = `If it still exists, let the credentials and the setting azure.subscriptions include it again; else it is forgotten after ${context.fleet.rules.forgetDays} days.`;
  const detail =
    'The credentials do not see this subscription any more: its clusters are as they were last seen.';
  context.problems.name(id, name);
  context.problems.add({ scope: id, detail, remedy });
  markUnseen(context, id, { reasons: [{ code: 'no-permission', detail, remedy }], but: new Set() });
}

function markUnseen(
  { fleet: { inventory } }: SyncContext,
  id: string,
  { reasons, but }: { readonly reasons: readonly CoverageReason[]; readonly but: ReadonlySet<string> },
): void {
  const unseen = inventory.clusters().filter((each) => each.subscription === id && !but.has(each.id));
  inventory.write((writer) => {
    writer.markListed(id, { at: null, problems: reasons });
    for (const { id: cluster, cursor } of unseen)
      writer.markSynced(cluster, { at: null, cursor, problems: reasons });
  });
}

/** Drops those of the subscriptions that were not seen for so long that they are to be forgotten. */
export function dropUnseen(context: SyncContext, which: (each: StoredSubscription) => boolean): void {
  const { fleet, totals } = context;
  const now = context.now();
  const before = Date.parse(now) - fleet.rules.forgetDays * DAY;
  const old = fleet.inventory
    .subscriptions()
    .filter((each) => which(each) && Date.parse(each.lastSeen) < before);
  fleet.inventory.write((writer) => {
    for (const { id } of old) writer.dropSubscription(id, now);
    totals.add(writer.tally);
  });
}
