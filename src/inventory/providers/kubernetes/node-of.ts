import { type NodeFacts, nodeOf, readNode } from '../../kubernetes/node.ts';
import { hintedPool, hintedPoolId, poolHint } from '../../kubernetes/pools.ts';
import type { ReadNode } from '../../kubernetes/read-nodes.ts';

/** A Node object of a cluster of whatever kind: its pool by its labels. */
export function labelledNode(cluster: string): (value: unknown) => ReadNode {
  return (value) => {
    const facts = readNode(value);
    if ('fault' in facts) return facts;
    const hint = poolHint(facts);
    const id = machineId(facts) ?? `${cluster}/nodes/${facts.uid}`;
    return {
      node: nodeOf(facts, { id, cluster, pool: hintedPoolId(cluster, hint) }),
      pool: hintedPool(cluster, hint, facts),
    };
  };
}

/** Clouds whose ids name one machine in the world; those of others may be the same in two clusters. */
const CLOUD = /^(?:azure|aws|gce):\/\/(.+)$/;

function machineId({ providerId }: NodeFacts): string | null {
  return CLOUD.exec(providerId ?? '')?.[1]?.toLowerCase() ?? null;
}
