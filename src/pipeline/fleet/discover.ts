import { inParallel } from '../../base/parallel.ts';
import type { ClusterListing, FoundCluster, NodeListing, Problem, Provider } from '../../inventory/index.ts';
import type { Cluster, Node, Subscription } from '../../model/fleet.ts';
import type { StoredCluster } from '../../model/inventory.ts';
import type { SyncContext } from './context.ts';
import { completed, merged } from './nodes.ts';
import { reasonOfProblem, thrownProblem } from './problems.ts';
import { refreshImageEvidence } from './refresh.ts';
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
  recordSubscriptions(context, provider, subscriptions);
  const listed = await listClusters(context, provider, subscriptions);
  const found = distinct(listed.flatMap(({ listing }) => listing.clusters));
  await latestImages(context, provider, found);
  const repeated = await readNodes(context, provider, found);
  for (const each of listed) dropMissing(context, each, repeated);
}

/** Clusters that a listing does not name are gone, if it is whole; those that another provider has found in any case. */
function dropMissing(
  { fleet: { inventory }, totals, now }: SyncContext,
  { subscription: { id }, listing }: Listed,
  repeated: ReadonlySet<string>,
): void {
  const known = inventory.clusters().filter(({ subscription }) => subscription === id);
  const kept = listing.complete ? listing.clusters.map(({ cluster }) => cluster) : known;
  const ids = new Set(kept.map((cluster) => cluster.id).filter((cluster) => !repeated.has(cluster)));
  inventory.write((writer) => {
    writer.keepClusters(id, ids, now());
    totals.add(writer.tally);
  });
}

function distinct(found: readonly FoundCluster[]): readonly FoundCluster[] {
  return [...new Map(found.map((each) => [each.cluster.id, each])).values()];
}

/** Subscriptions that are not among these are not gone at once: the credentials may have lost them. */
function recordSubscriptions(
  context: SyncContext,
  provider: Provider,
  subscriptions: readonly Subscription[],
): void {
  const { fleet, problems, totals } = context;
  const ids = new Set(subscriptions.map(({ id }) => id));
  const now = context.now();
  fleet.inventory.write((writer) => {
    for (const each of subscriptions) writer.putSubscription(each, now);
    totals.add(writer.tally);
  });
  for (const { id, name } of subscriptions) problems.name(id, name);
  dropUnseen(context, ({ id, provider: by }) => by === provider.id && !ids.has(id));
  for (const lost of subscriptionsOf(context, provider.id)) if (!ids.has(lost.id)) markLost(context, lost);
}

async function listClusters(
  context: SyncContext,
  provider: Provider,
  subscriptions: readonly Subscription[],
): Promise<readonly Listed[]> {
  const { options, run, problems } = context;
  const { progress, signal } = options;
  const mayRepeat = othersThan(context, provider).length > 0;
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
    markListed(context, subscription, listing);
    // Where two providers may find the same cluster, its nodes tell; until then it is not written.
    if (!mayRepeat) recordClusters(context, listing);
    listed.push({ subscription, listing });
    progress.step('Subscriptions', listed.length, subscriptions.length);
  });
  progress.end();
  return listed;
}

function recordClusters({ fleet, totals, now }: SyncContext, { clusters }: ClusterListing): void {
  fleet.inventory.write((writer) => {
    for (const { cluster, pools } of clusters) {
      writer.putCluster(cluster, now());
      writer.putPools(cluster.id, pools, now());
    }
    totals.add(writer.tally);
  });
}

async function latestImages(
  context: SyncContext,
  provider: Provider,
  found: readonly FoundCluster[],
): Promise<void> {
  const { fleet, run, problems, options } = context;
  try {
    const latest = await provider.latestImages(options.full ? found : dueForImages(context, found), run);
    for (const problem of latest.problems) problems.add(problem);
    fleet.inventory.write((writer) => writer.putLatestImages(latest.images, context.now()));
  } catch (thrown) {
    options.signal.throwIfAborted();
    problems.add(thrownProblem(provider.id, thrown));
  }
}

/** Regions get new images once a day at the most: what was told a short while ago is not asked again. */
const IMAGES_MS = 6 * 3_600_000;

/** The clusters with those of their pools that are new or changed, or were last told long ago. */
function dueForImages({ fleet }: SyncContext, found: readonly FoundCluster[]): readonly FoundCluster[] {
  const { inventory, clock } = fleet;
  const now = clock.now().getTime();
  return found.flatMap(({ cluster, pools }) => {
    const asked = new Map(
      inventory.pools({ cluster: cluster.id }).map((pool) => [pool.id, pool.latestAsked]),
    );
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
  const others = othersThan(context, provider);
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
function othersThan({ fleet }: SyncContext, provider: Provider): readonly StoredCluster[] {
  if (provider.id !== 'kubernetes') return [];
  return fleet.inventory.clusters().filter((each) => each.provider !== provider.id);
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
  found: FoundCluster,
): Promise<StoredCluster | null> {
  const { fleet, options, run, problems } = context;
  const { cluster } = found;
  const stored = fleet.inventory.cluster(cluster.id);
  const cursor = options.full || whole ? null : (stored?.cursor ?? null);
  const listing = await provider.nodes(found, cursor, run).catch((thrown: unknown): NodeListing => {
    options.signal.throwIfAborted();
    const nothing = { kind: 'changes', nodes: [], removed: [], pools: [], complete: false } as const;
    return { ...nothing, cursor, problems: [thrownProblem(cluster.id, thrown)] };
  });
  const { own, foreign } = claims(context, cluster, listing);
  if (foreign !== null) return foreign;
  const complete = listing.complete && own.length === listing.nodes.length;
  const left = listing.nodes.length - own.length;
  const told = left > 0 ? [...listing.problems, claimed(cluster.id, left)] : listing.problems;
  for (const problem of told) problems.add(problem);
  record(context, found, { ...listing, nodes: own, problems: told, complete });
  return null;
}

/**
 * Whose the nodes of a look are. A cluster that was found by its kubeconfig gives them to the cloud's own finding; of two
 * findings of one provider, the first keeps them.
 */
function claims(
  { fleet }: SyncContext,
  { id, provider }: Cluster,
  { nodes }: NodeListing,
): { readonly own: readonly Node[]; readonly foreign: StoredCluster | null } {
  const ids = nodes.map((node) => node.id);
  const elsewhere = fleet.inventory.nodesElsewhere(ids, id);
  const taken = new Set<string>();
  for (const node of elsewhere) {
    const owner = fleet.inventory.cluster(node.cluster);
    if (owner === null || (provider !== 'kubernetes' && owner.provider === 'kubernetes')) continue;
    if (owner.provider !== provider) return { own: [], foreign: owner };
    taken.add(node.id);
  }
  return { own: nodes.filter((node) => !taken.has(node.id)), foreign: null };
}

function claimed(scope: string, count: number): Problem {
  const detail = `${count} of its nodes have ids of nodes of another cluster; they were left out.`;
  return { scope, code: 'malformed', detail, remedy: 'Check the providerID of its nodes.' };
}

/** Writes what a look at one cluster gave. */
function record(context: SyncContext, found: FoundCluster, listing: NodeListing): void {
  const { fleet, totals } = context;
  const { inventory } = fleet;
  const { cluster, pools } = found;
  const at = context.now();
  inventory.write((writer) => {
    writer.putCluster(cluster, at);
    writer.putPools(cluster.id, pools, at);
    writer.putNodePools(listing.pools, at);
    const nodes = merged(listing.nodes, () => inventory.nodes({ cluster: cluster.id }));
    writer.putNodePools(completed(nodes, inventory.pools({ cluster: cluster.id })), at);
    writer.putNodes(nodes, at);
    const ids = nodes.map(({ id }) => id);
    if (listing.kind === 'changes') writer.markNodesGone(listing.removed, at);
    else if (listing.complete) writer.keepNodes(cluster.id, new Set(ids), at);
    if (!listing.complete) writer.touchNodes(ids, at);
    const problems = listing.problems.map(reasonOfProblem);
    writer.markSynced(cluster.id, { at: listing.complete ? at : null, cursor: listing.cursor, problems });
    const stored = inventory.cluster(cluster.id);
    if (stored !== null) refreshImageEvidence(context, writer, stored);
    totals.add(writer.tally);
  });
}
