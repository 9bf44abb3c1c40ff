import { inParallel } from '../../base/parallel.ts';
import type { ClusterListing, FoundCluster, NodeListing, Problem, Provider } from '../../inventory/index.ts';
import type { PoolKind, Subscription } from '../../model/fleet.ts';
import type { StoredCluster } from '../../model/inventory.ts';
import type { SyncContext } from './context.ts';
import { thrownProblem } from './problems.ts';
import { type LookedAt, recordLook } from './record.ts';
import { dropUnseen, markListed, markLost, subscriptionsOf } from './unseen.ts';

/** A subscription whose clusters were listed. */
interface Listed {
  readonly subscription: Subscription;
  readonly listing: ClusterListing;
}

/** Finds the clusters, pools and nodes of one provider and writes them, each cluster as soon as it is there. */
export async function discover(
  context: SyncContext,
  provider: Provider,
  subscriptions: readonly Subscription[],
): Promise<void> {
  const listed = await list(context, provider, subscriptions);
  const repeated = await readNodes(context, provider, foundIn(listed));
  for (const each of listed) await dropMissing(context, each, repeated);
}

/**
 * Finds the clusters and pools of one provider and writes them. Nodes are left for `discoverCluster`, but where they are
 * needed to tell whether two providers have found the same cluster.
 * @returns the ids of the clusters whose nodes are still to be read
 */
export async function discoverClusters(
  context: SyncContext,
  provider: Provider,
  subscriptions: readonly Subscription[],
): Promise<readonly string[]> {
  if ((await othersThan(context, provider)).length > 0) {
    await discover(context, provider, subscriptions);
    return [];
  }
  const listed = await list(context, provider, subscriptions);
  for (const each of listed) await dropMissing(context, each, new Set());
  return foundIn(listed).map(({ cluster }) => cluster.id);
}

/** Reads the nodes of one cluster that is known. @returns false where it is not there any more, or has no provider */
export async function discoverCluster(context: SyncContext, id: string): Promise<boolean> {
  const { inventory } = context.fleet.store;
  const cluster = await inventory.cluster(id);
  const provider = context.options.providers.find((each) => each.id === cluster?.provider);
  if (cluster === null || provider === undefined) return false;
  context.problems.name(id, cluster.name);
  const pools = (await inventory.pools({ cluster: id })).filter(({ kind }) => LISTED.has(kind));
  await readCluster(
    context,
    { provider, whole: false },
    { cluster, pools, listed: { cursor: cluster.cursor } },
  );
  return true;
}

/** Pools that the cloud lists, and not their nodes alone. */
const LISTED: ReadonlySet<PoolKind> = new Set(['scale-set', 'machines']);

async function list(
  context: SyncContext,
  provider: Provider,
  subscriptions: readonly Subscription[],
): Promise<readonly Listed[]> {
  await recordSubscriptions(context, provider, subscriptions);
  const listed = await listClusters(context, provider, subscriptions);
  await latestImages(context, provider, foundIn(listed));
  return listed;
}

/** Clusters that a listing does not name are gone, if it is whole; those that another provider has found in any case. */
async function dropMissing(
  { fleet, totals, now }: SyncContext,
  { subscription: { id }, listing }: Listed,
  repeated: ReadonlySet<string>,
): Promise<void> {
  const tally = await fleet.store.write(async ({ inventory }) => {
    const known = (await inventory.clusters()).filter(({ subscription }) => subscription === id);
    const kept = listing.complete ? listing.clusters.map(({ cluster }) => cluster) : known;
    const ids = new Set(kept.map((cluster) => cluster.id).filter((cluster) => !repeated.has(cluster)));
    await inventory.keepClusters(id, ids, now());
    return inventory.tally;
  });
  totals.add(tally);
}

/** Each cluster once. */
function foundIn(listed: readonly Listed[]): readonly FoundCluster[] {
  const found = listed.flatMap(({ listing }) => listing.clusters);
  return [...new Map(found.map((each) => [each.cluster.id, each])).values()];
}

/** Subscriptions that are not among these are not gone at once: the credentials may have lost them. */
async function recordSubscriptions(
  context: SyncContext,
  provider: Provider,
  subscriptions: readonly Subscription[],
): Promise<void> {
  const { fleet, problems, totals } = context;
  const ids = new Set(subscriptions.map(({ id }) => id));
  const now = context.now();
  const tally = await fleet.store.write(async ({ inventory }) => {
    for (const each of subscriptions) await inventory.putSubscription(each, now);
    return inventory.tally;
  });
  totals.add(tally);
  for (const { id, name } of subscriptions) problems.name(id, name);
  await dropUnseen(context, ({ id, provider: by }) => by === provider.id && !ids.has(id));
  for (const lost of await subscriptionsOf(context, provider.id))
    if (!ids.has(lost.id)) await markLost(context, lost);
}

async function listClusters(
  context: SyncContext,
  provider: Provider,
  subscriptions: readonly Subscription[],
): Promise<readonly Listed[]> {
  const { options, run, problems } = context;
  const { progress, signal } = options;
  const mayRepeat = (await othersThan(context, provider)).length > 0;
  const listed: Listed[] = [];
  await inParallel(subscriptions, { limit: options.parallel, signal }, async (subscription) => {
    const listing = await provider.clusters(subscription, run).catch((thrown: unknown): ClusterListing => {
      signal.throwIfAborted();
      return { clusters: [], complete: false, problems: [thrownProblem(subscription.id, thrown)] };
    });
    for (const { cluster, pools } of listing.clusters) {
      problems.name(cluster.id, cluster.name);
      for (const pool of pools) problems.name(pool.id, `${cluster.name}/${pool.name}`);
    }
    for (const problem of listing.problems) problems.add(problem);
    await markListed(context, subscription, listing);
    // Where two providers may find the same cluster, its nodes tell; until then it is not written.
    if (!mayRepeat) await recordClusters(context, listing);
    listed.push({ subscription, listing });
    progress.step('Subscriptions', listed.length, subscriptions.length);
  });
  progress.end();
  return listed;
}

async function recordClusters(
  { fleet, totals, now }: SyncContext,
  { clusters }: ClusterListing,
): Promise<void> {
  const tally = await fleet.store.write(async ({ inventory }) => {
    for (const { cluster, pools } of clusters) {
      await inventory.putCluster(cluster, now());
      await inventory.putPools(cluster.id, pools, now());
    }
    return inventory.tally;
  });
  totals.add(tally);
}

async function latestImages(
  context: SyncContext,
  provider: Provider,
  found: readonly FoundCluster[],
): Promise<void> {
  const { fleet, run, problems, options } = context;
  try {
    const latest = await provider.latestImages(
      options.full ? found : await dueForImages(context, found),
      run,
    );
    for (const problem of latest.problems) problems.add(problem);
    await fleet.store.write(({ inventory }) => inventory.putLatestImages(latest.images, context.now()));
  } catch (thrown) {
    options.signal.throwIfAborted();
    problems.add(thrownProblem(provider.id, thrown));
  }
}

/** Regions get new images once a day at the most: what was told a short while ago is not asked again. */
const IMAGES_MS = 6 * 3_600_000;

/** The clusters with those of their pools that are new or changed, or were last told long ago. */
async function dueForImages(
  { fleet }: SyncContext,
  found: readonly FoundCluster[],
): Promise<readonly FoundCluster[]> {
  const now = fleet.clock.now().getTime();
  const known = await fleet.store.inventory.pools();
  const asked = new Map(known.map(({ id, latestAsked }) => [id, latestAsked]));
  return found.flatMap(({ cluster, pools }) => {
    const due = pools.filter(({ id }) => {
      const at = asked.get(id) ?? null;
      return at === null || Math.abs(now - Date.parse(at)) >= IMAGES_MS;
    });
    return due.length === 0 ? [] : [{ cluster, pools: due }];
  });
}

/** @returns the ids of clusters that another provider has found already */
async function readNodes(
  context: SyncContext,
  provider: Provider,
  found: readonly FoundCluster[],
): Promise<ReadonlySet<string>> {
  const { options } = context;
  const repeated = new Set<string>();
  const others = await othersThan(context, provider);
  const hosts = new Map(others.map((each) => [each.apiHost, each]));
  let done = 0;
  await inParallel(found, { limit: options.parallel, signal: options.signal }, async (each) => {
    const { id, name, apiHost } = each.cluster;
    const twin = apiHost === null ? undefined : hosts.get(apiHost);
    const same = twin ?? (await readCluster(context, { provider, whole: others.length > 0 }, each));
    if (same !== null) {
      repeated.add(id);
      context.problems.add(repetition(id, name, same));
    }
    options.progress.step('Nodes of clusters', ++done, found.length);
  });
  options.progress.end();
  return repeated;
}

function repetition(scope: string, name: string, twin: StoredCluster): Omit<Problem, 'code'> {
  const detail = `${name} is the cluster ${twin.name}, which the provider ${twin.provider} has found; it is shown once.`;
  return {
    scope,
    detail,
    remedy: 'Nothing has to be done; leave it out of the kubeconfig to be rid of this note.',
  };
}

/** Clusters of other providers, which those of a kubeconfig may be other findings of. */
async function othersThan({ fleet }: SyncContext, provider: Provider): Promise<readonly StoredCluster[]> {
  if (provider.id !== 'kubernetes') return [];
  return (await fleet.store.inventory.clusters()).filter((each) => each.provider !== provider.id);
}

/** How one cluster is looked at: by which provider, and whether anew. */
interface Looking {
  readonly provider: Provider;
  readonly whole: boolean;
}

/** Reads the nodes of one cluster and writes it all in one transaction. @returns the cluster it is another finding of */
async function readCluster(
  context: SyncContext,
  { provider, whole }: Looking,
  found: LookedAt,
): Promise<StoredCluster | null> {
  const { fleet, options, run, problems, totals } = context;
  const { cluster } = found;
  const known = found.listed ?? (await fleet.store.inventory.cluster(cluster.id));
  const cursor = options.full || whole ? null : (known?.cursor ?? null);
  const listing = await provider.nodes(found, cursor, run).catch((thrown: unknown): NodeListing => {
    options.signal.throwIfAborted();
    const nothing = { kind: 'changes', nodes: [], removed: [], pools: [], complete: false } as const;
    return { ...nothing, cursor, problems: [thrownProblem(cluster.id, thrown)] };
  });
  const { problems: told, foreign, tally } = await recordLook(context, found, listing);
  for (const problem of told) problems.add(problem);
  totals.add(tally);
  return foreign;
}
