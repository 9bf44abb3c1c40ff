/** Writes what a look at one cluster gave, in one transaction. */
import { type FoundCluster, joinPools, type NodeListing, type Problem } from '../../inventory/index.ts';
import type { Cluster, Node, NodePool } from '../../model/fleet.ts';
import type { StoredCluster } from '../../model/inventory.ts';
import type { InventoryReader, InventoryWriter, Tally } from '../../storage/index.ts';
import { completed, merged } from './nodes.ts';
import { reasonOfProblem } from './problems.ts';
import { type Refreshing, refreshImageEvidence } from './refresh.ts';

/** A cluster whose nodes were looked at. */
export interface LookedAt extends FoundCluster {
  /**
   * Where the cluster and its pools were written when it was listed: the cursor its nodes were asked with. Then a look is
   * left out that is older than what was written meanwhile.
   */
  readonly listed?: { readonly cursor: string | null };
}

/** What writing a look at one cluster came to. */
export interface Recorded {
  /** The cluster it is another finding of: then nothing of it was written. */
  readonly foreign: StoredCluster | null;
  /** What the look could not see, and what was left out of it. */
  readonly problems: readonly Problem[];
  readonly tally: Tally;
}

/**
 * Writes a cluster with its pools and nodes, and gives nodes that are assessed the evidence of their images. Whose the nodes
 * are is asked in the same transaction: clusters are looked at side by side.
 */
export function recordLook(
  context: Refreshing,
  { cluster, pools, listed }: LookedAt,
  listing: NodeListing,
): Promise<Recorded> {
  const at = context.fleet.clock.now().toISOString();
  return context.fleet.store.write(async ({ inventory }) => {
    const { tally } = inventory;
    if (listed !== undefined && (await inventory.cluster(cluster.id))?.cursor !== listed.cursor)
      return { foreign: null, problems: [], tally };
    const { own, foreign } = await claims(inventory, cluster, listing);
    if (foreign !== null) return { foreign, problems: [], tally };
    const left = listing.nodes.length - own.length;
    const problems = left > 0 ? [...listing.problems, claimed(cluster.id, left)] : listing.problems;
    const complete = listing.complete && left === 0;
    if (listed === undefined) {
      await inventory.putCluster(cluster, at);
      await inventory.putPools(cluster.id, pools, at);
    }
    await putNodes(inventory, cluster.id, { ...listing, nodes: own, complete, at });
    await putWorkloads(inventory, cluster.id, listing);
    const { cursor } = listing;
    const look = { at: complete ? at : null, cursor, problems: problems.map(reasonOfProblem) };
    await inventory.markSynced(cluster.id, look);
    const stored = await inventory.cluster(cluster.id);
    if (stored !== null) await refreshImageEvidence(context, inventory, stored);
    // Of a cluster whose pods nobody may list, all else is known.
    const told = listing.workloads?.problem ?? null;
    return { foreign: null, problems: told === null ? problems : [...problems, told], tally };
  });
}

/** The nodes of a look, with the pools that only they tell of. Those that it shows to be gone are marked so. */
async function putNodes(
  inventory: InventoryWriter,
  cluster: string,
  { at, ...listing }: NodeListing & { readonly at: string },
): Promise<void> {
  const known = new Map((await inventory.pools({ cluster })).map((pool) => [pool.id, pool]));
  await inventory.putNodePools(
    listing.kind === 'all' ? listing.pools : listing.pools.map((pool) => sinceThen(known.get(pool.id), pool)),
    at,
  );
  const nodes = await merged(listing.nodes, () => inventory.nodes({ cluster }));
  await inventory.putNodePools(completed(nodes, await inventory.pools({ cluster })), at);
  await inventory.putNodes(nodes, at);
  const ids = nodes.map(({ id }) => id);
  if (listing.kind === 'changes') await inventory.markNodesGone(listing.removed, at);
  else if (listing.complete) await inventory.keepNodes(cluster, new Set(ids), at);
  if (!listing.complete) await inventory.touchNodes(ids, at);
}

/** A pool by those of its nodes that changed: the others are as they were. What only nodes had that are gone stays until a whole look. */
function sinceThen(known: NodePool | undefined, pool: NodePool): NodePool {
  return known === undefined ? pool : joinPools(known, pool);
}

/** How many privileged pods run in each pool of the cluster. Where nobody could tell, it is as it was. */
async function putWorkloads(
  inventory: InventoryWriter,
  cluster: string,
  { workloads, complete }: NodeListing,
): Promise<void> {
  if (workloads === undefined ? !complete : workloads.privileged === null) return;
  const pools = await inventory.pools({ cluster });
  const privileged = workloads?.privileged ?? null;
  if (privileged === null) {
    const asked = pools.filter((pool) => pool.privileged !== null);
    return inventory.putWorkloads(new Map(asked.map(({ id }) => [id, null])));
  }
  const counts = new Map(pools.map(({ id }) => [id, 0]));
  if (privileged.size > 0) {
    for (const { name, pool } of await inventory.nodes({ cluster }))
      counts.set(pool, (counts.get(pool) ?? 0) + (privileged.get(name) ?? 0));
  }
  await inventory.putWorkloads(counts);
}

/**
 * Whose the nodes of a look are. A cluster that was found by its kubeconfig gives them to the cloud's own finding; of two
 * findings of one provider, the first keeps them.
 */
async function claims(
  inventory: InventoryReader,
  { id, provider }: Cluster,
  { nodes }: NodeListing,
): Promise<{ readonly own: readonly Node[]; readonly foreign: StoredCluster | null }> {
  const ids = nodes.map((node) => node.id);
  const elsewhere = Map.groupBy(await inventory.nodesElsewhere(ids, id), ({ cluster }) => cluster);
  const taken = new Set<string>();
  for (const [cluster, theirs] of elsewhere) {
    const owner = await inventory.cluster(cluster);
    if (owner === null || (provider !== 'kubernetes' && owner.provider === 'kubernetes')) continue;
    if (owner.provider !== provider) return { own: [], foreign: owner };
    for (const node of theirs) taken.add(node.id);
  }
  return { own: nodes.filter((node) => !taken.has(node.id)), foreign: null };
}

function claimed(scope: string, count: number): Problem {
  const detail = `${count} of its nodes have ids of nodes of another cluster; they were left out.`;
  return { scope, code: 'malformed', detail, remedy: 'Check the providerID of its nodes.' };
}
