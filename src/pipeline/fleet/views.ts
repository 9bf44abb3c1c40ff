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
export function clusterViews(fleet: Fleet): readonly ClusterView[] {
  const viewer = new Viewer(fleet);
  return fleet.inventory.clusters().map((each) => {
    const { cluster, subscription, standing, pools, summary } = viewer.look(each);
    return {
      cluster,
      subscription,
      pools: pools.length,
      nodes: totalOf(summary.counts),
      enabled: standing.enabled,
      coverage: summary.counts,
      reasons: reasonsOf(summary),
    };
  });
}

/**
 * Every pool, by cluster and name.
 * @param cluster as for `resolveScope`; null for all
 * @throws NodewardError scope-unknown
 */
export function poolViews(fleet: Fleet, cluster: string | null): readonly PoolView[] {
  const viewer = new Viewer(fleet);
  return clustersOf(fleet, cluster).flatMap((each) => {
    const { subscription, pools } = viewer.look(each);
    return pools.map((look) => poolView(look, { cluster: each.name, subscription }));
  });
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
export function nodeViews(
  fleet: Fleet,
  of: { readonly cluster: string | null; readonly pool: string | null },
): Iterable<NodeView> {
  const clusters = clustersOf(fleet, of.cluster);
  const pools = of.pool === null ? null : poolsNamed(fleet, of.pool, clusters);
  return viewsOf(fleet, clusters, pools);
}

function* viewsOf(
  fleet: Fleet,
  clusters: readonly StoredCluster[],
  pools: ReadonlyMap<string, string> | null,
): Iterable<NodeView> {
  const viewer = new Viewer(fleet);
  const wanted = pools === null ? null : new Set(pools.values());
  for (const cluster of clusters) {
    if (wanted !== null && !wanted.has(cluster.id)) continue;
    for (const { pool, nodes } of viewer.look(cluster).pools) if (pools?.has(pool.id) ?? true) yield* nodes;
  }
}

function clustersOf({ inventory, ...fleet }: Fleet, text: string | null): readonly StoredCluster[] {
  if (text === null) return inventory.clusters();
  const { kind, id } = resolveScope({ inventory, ...fleet }, text);
  const cluster = kind === 'cluster' ? inventory.cluster(id) : null;
  if (cluster === null) throw new NodewardError('scope-unknown', `${printable(text)} is not a cluster`);
  return [cluster];
}

/** The pools that a word names, with the clusters they are in. */
function poolsNamed(
  fleet: Fleet,
  text: string,
  clusters: readonly StoredCluster[],
): ReadonlyMap<string, string> {
  const ids = new Set(clusters.map(({ id }) => id));
  const pools = fleet.inventory.pools().filter(({ cluster }) => ids.has(cluster));
  const named = pools.filter(({ name }) => name.toLowerCase() === text.toLowerCase());
  if (named.length > 0) return new Map(named.map(({ id, cluster }) => [id, cluster]));
  const scope = resolveScope(fleet, text);
  const pool = pools.find(({ id }) => id === scope.id);
  if (pool === undefined)
    throw new NodewardError('scope-unknown', `${printable(text)} is not a pool of these clusters`);
  return new Map([[pool.id, pool.cluster]]);
}

/**
 * One node with its software list and its findings.
 * @throws NodewardError scope-unknown where no node has that name or id, or several have
 */
export function nodeDetail(fleet: Fleet, nameOrId: string): NodeDetail {
  const node = findNode(fleet, nameOrId);
  const cluster = fleet.inventory.cluster(node.cluster);
  const view =
    cluster === null
      ? undefined
      : new Viewer(fleet)
          .look(cluster)
          .pools.flatMap(({ nodes }) => nodes)
          .find((each) => each.node.id === node.id);
  if (view === undefined) throw unknownNode(nameOrId);
  const evidence = view.enabled ? bySource(fleet.inventory.evidence({ node: node.id })) : [];
  const used = view.coverage.evidence;
  const list = used === null ? null : assessList(fleet, used);
  return {
    ...view,
    evidence,
    software: list?.software ?? null,
    findings: list?.findings ?? [],
    gaps: list?.gaps ?? [],
  };
}

/** The node of this name or id. @throws NodewardError scope-unknown */
export function findNode({ inventory }: Fleet, nameOrId: string): StoredNode {
  const found = inventory.findNodes(nameOrId);
  const [only] = found;
  if (only === undefined) throw unknownNode(nameOrId);
  if (found.length === 1) return only;
  const shown = found
    .slice(0, SHOWN)
    .map(({ id, cluster }) => `${id} (in ${inventory.cluster(cluster)?.name})`);
  const more = found.length > SHOWN ? `, and ${found.length - SHOWN} more` : '';
  const detail = `${found.length} nodes are called ${printable(nameOrId)}: ${shown.join(', ')}${more}`;
  throw new NodewardError('scope-unknown', detail, { remedy: 'Name the one you mean by its id.' });
}

function unknownNode(nameOrId: string): NodewardError {
  return new NodewardError('scope-unknown', `No node is called ${printable(nameOrId)}`, {
    remedy: 'List the nodes there are with `nodeward nodes`; new ones appear after `nodeward sync`.',
  });
}
