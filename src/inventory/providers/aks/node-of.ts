import type { Cluster, NodePool } from '../../../model/fleet.ts';
import { type NodeFacts, nodeOf, readNode } from '../../kubernetes/node.ts';
import { agentPoolOf, hintedPool, hintedPoolId, poolHint } from '../../kubernetes/pools.ts';
import type { ReadNode } from '../../kubernetes/read-nodes.ts';
import type { FoundCluster } from '../../types.ts';
import { machinePlace, subscriptionId } from './ids.ts';

/** A Node object of a cluster of AKS: its machine by its ARM id, its pool among those that ARM lists. */
export function aksNode(found: FoundCluster): (value: unknown) => ReadNode {
  const pools = new Map(found.pools.map((pool) => [pool.name.toLowerCase(), pool]));
  return (value) => {
    const facts = readNode(value);
    if ('fault' in facts) return facts;
    const { cluster } = found;
    const hint = poolHint(facts);
    const listed = hint.kind === 'labels' ? listedPool(facts, pools) : null;
    const id = machineId(facts, cluster) ?? `${cluster.id}/nodes/${facts.uid}`;
    const pool = listed?.id ?? hintedPoolId(cluster.id, hint);
    return {
      node: nodeOf(facts, { id, cluster: cluster.id, pool }),
      pool: listed === null ? hintedPool(cluster.id, hint, facts) : null,
    };
  };
}

function listedPool(facts: NodeFacts, pools: ReadonlyMap<string, NodePool>): NodePool | null {
  return pools.get(agentPoolOf(facts)?.toLowerCase() ?? '') ?? null;
}

/**
 * The ARM id of a node's machine. Whoever may write nodes in the cluster may name any machine there, and its disk would be
 * read for theirs: one outside of the cluster's own resource group is not believed.
 */
function machineId({ providerId }: NodeFacts, cluster: Cluster): string | null {
  if (!providerId?.startsWith('azure://')) return null;
  const id = providerId.slice('azure://'.length).toLowerCase();
  const place = machinePlace(id);
  const own =
    place !== null &&
    subscriptionId(place.subscription) === cluster.subscription &&
    place.resourceGroup === cluster.nodeResourceGroup?.toLowerCase();
  return own ? id : null;
}
