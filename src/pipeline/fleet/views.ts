import { NodewardError } from '../../base/errors.ts';
import { compareText, printable } from '../../base/text.ts';
import type { ClusterView, NodeDetail, NodeView, PoolView } from '../../model/fleet-report.ts';
import type { StoredCluster, StoredNode } from '../../model/inventory.ts';
import { bySource, totalOf } from './coverage.ts';
import { assessList } from './findings.ts';
import { type PoolLook, reasonsOf, Viewer } from './look.ts';
import { resolveScope } from './scopes.ts';
import type { Fleet } from './types.ts';

/** Nodes that an error lists. */
const SHOWN = 10;

/** Every cluster that is there, by name. */
export async function clusterViews(fleet: Fleet): Promise<readonly ClusterView[]> {
  const viewer = await Viewer.of(fleet);
  const views: ClusterView[] = [];
  for (const each of await fleet.store.inventory.clusters()) {
    const { cluster, subscription, standing, pools, summary } = await viewer.look(each);
    views.push({
      cluster,
      subscription,
      pools: pools.length,
      nodes: totalOf(summary.counts),
      enabled: standing.enabled,
      coverage: summary.counts,
      reasons: reasonsOf(summary),
    });
  }
  return views;
}

/**
 * Every pool, by cluster and name.
 * @param cluster as for `resolveScope`; null for all
 * @throws NodewardError scope-unknown
 */
export async function poolViews(fleet: Fleet, cluster: string | null): Promise<readonly PoolView[]> {
  const viewer = await Viewer.of(fleet);
  const views: PoolView[] = [];
  for (const each of await clustersOf(fleet, cluster)) {
    const { subscription, pools } = await viewer.look(each);
    views.push(...pools.map((look) => poolView(look, { cluster: each.name, subscription })));
  }
  return views;
}

function poolView(
  { pool, standing, nodes, summary }: PoolLook,
  names: { readonly cluster: string; readonly subscription: string },
): PoolView {
  const images = Map.groupBy(nodes, ({ node }) => node.image);
  return {
    pool,
    ...names,
    nodes: nodes.length,
    enabled: standing.enabled,
    images: Array.from(images, ([name, those]) => ({ name, nodes: those.length })).sort(
      (a, b) => b.nodes - a.nodes || compareText(a.name ?? '', b.name ?? ''),
    ),
    coverage: summary.counts,
    reasons: reasonsOf(summary),
  };
}

/**
 * The nodes of the fleet, read one cluster at a time.
 * @param of.cluster as for `resolveScope`; null for all
 * @param of.pool a pool's name, in any of the clusters, or as for `resolveScope`; null for all
 * @throws NodewardError scope-unknown, before the first node
 */
export async function nodeViews(
  fleet: Fleet,
  of: { readonly cluster: string | null; readonly pool: string | null },
): Promise<AsyncIterable<NodeView>> {
  const clusters = await clustersOf(fleet, of.cluster);
  const pools = of.pool === null ? null : await poolsNamed(fleet, of.pool, clusters);
  return viewsOf(fleet, clusters, pools);
}

async function* viewsOf(
  fleet: Fleet,
  clusters: readonly StoredCluster[],
  pools: ReadonlyMap<string, string> | null,
): AsyncIterable<NodeView> {
  const viewer = await Viewer.of(fleet);
  const wanted = pools === null ? null : new Set(pools.values());
  for (const cluster of clusters) {
    if (wanted !== null && !wanted.has(cluster.id)) continue;
    const look = await viewer.look(cluster);
    for (const { pool, nodes } of look.pools) if (pools?.has(pool.id) ?? true) yield* nodes;
  }
}

async function clustersOf(fleet: Fleet, text: string | null): Promise<readonly StoredCluster[]> {
  const { inventory } = fleet.store;
  if (text === null) return inventory.clusters();
  const { kind, id } = await resolveScope(fleet, text);
  const cluster = kind === 'cluster' ? await inventory.cluster(id) : null;
  if (cluster === null) throw new NodewardError('scope-unknown', `${printable(text)} is not a cluster`);
  return [cluster];
}

/** The pools that a word names, with the clusters they are in. */
async function poolsNamed(
  fleet: Fleet,
  text: string,
  clusters: readonly StoredCluster[],
): Promise<ReadonlyMap<string, string>> {
  const ids = new Set(clusters.map(({ id }) => id));
  const pools = (await fleet.store.inventory.pools()).filter(({ cluster }) => ids.has(cluster));
  const named = pools.filter(({ name }) => name.toLowerCase() === text.toLowerCase());
  if (named.length > 0) return new Map(named.map(({ id, cluster }) => [id, cluster]));
  const scope = await resolveScope(fleet, text);
  const pool = pools.find(({ id }) => id === scope.id);
  if (pool === undefined)
    throw new NodewardError('scope-unknown', `${printable(text)} is not a pool of these clusters`);
  return new Map([[pool.id, pool.cluster]]);
}

/**
 * One node with its software list and its findings.
 * @throws NodewardError scope-unknown where no node has that name or id, or several have
 */
export async function nodeDetail(fleet: Fleet, nameOrId: string): Promise<NodeDetail> {
  const { inventory } = fleet.store;
  const node = await findNode(fleet, nameOrId);
  const cluster = await inventory.cluster(node.cluster);
  const look = cluster === null ? null : await (await Viewer.of(fleet)).look(cluster);
  const view = look?.pools.flatMap(({ nodes }) => nodes).find((each) => each.node.id === node.id);
  if (view === undefined) throw unknownNode(nameOrId);
  const evidence = view.enabled ? bySource(await inventory.evidence({ node: node.id })) : [];
  const used = view.coverage.evidence;
  const list = used === null ? null : await assessList(fleet, used);
  return {
    ...view,
    evidence,
    software: list?.software ?? null,
    findings: list?.findings ?? [],
    gaps: list?.gaps ?? [],
  };
}

/** The node of this name or id. @throws NodewardError scope-unknown */
export async function findNode({ store }: Fleet, nameOrId: string): Promise<StoredNode> {
  const found = await store.inventory.findNodes(nameOrId);
  const [only] = found;
  if (only === undefined) throw unknownNode(nameOrId);
  if (found.length === 1) return only;
  const clusters = new Map((await store.inventory.clusters()).map(({ id, name }) => [id, name]));
  const shown = found.slice(0, SHOWN).map(({ id, cluster }) => `${id} (in ${clusters.get(cluster)})`);
  const more = found.length > SHOWN ? `, and ${found.length - SHOWN} more` : '';
  const detail = `${found.length} nodes are called ${printable(nameOrId)}: ${shown.join(', ')}${more}`;
  throw new NodewardError('scope-unknown', detail, { remedy: 'Name the one you mean by its id.' });
}

function unknownNode(nameOrId: string): NodewardError {
  return new NodewardError('scope-unknown', `No node is called ${printable(nameOrId)}`, {
    remedy: 'List the nodes there are with `nodeward nodes`; new ones appear after `nodeward sync`.',
  });
}
