import type { ClusterApi, DrainResult } from '../ports.ts';
import type { SimCluster, SimNode } from '../types.ts';
import { recordEvent } from './events.ts';
import { isFinished, isTerminating, keyOf } from './objects.ts';
import { hopelessBudgets } from './workloads/budgets.ts';
import { isDaemonPod, podsOfNode } from './workloads/daemons.ts';
import { type Evicting, EvictionDenied, evict } from './workloads/eviction.ts';

/** What upgrades do in a cluster, on the objects its API shows. */
export function clusterApi(evicting: Evicting): ClusterApi {
  const { world, controllers } = evicting;
  const clusterOf = (node: SimNode): SimCluster => {
    const cluster = world.core.state.clusters.get(node.cluster);
    if (cluster === undefined) throw new RangeError(`node ${node.id} has no cluster`);
    return cluster;
  };
  return {
    nodeChanged(node, type) {
      const cluster = world.core.state.clusters.get(node.cluster);
      // A cluster that is being deleted takes its nodes with it, and nobody can watch them.
      if (cluster === undefined) return;
      const before = world.told(cluster, node);
      if (type === 'DELETED') world.removeNode(cluster, node);
      else world.putNode(cluster, node);
      const replaced = before !== null && before.uid !== node.uid;
      if (before !== null && (type === 'DELETED' || replaced)) tellDaemonPods(cluster, before, 'gone');
      if (type !== 'DELETED' && (before === null || replaced)) tellDaemonPods(cluster, node, 'new');
      // The caller is still at work on the node; its pods follow when that is done.
      if (type !== 'MODIFIED' || replaced) controllers.settleLater(cluster);
    },
    drain(node, { force }) {
      const cluster = clusterOf(node);
      controllers.ensure(cluster);
      return drain(evicting, cluster, { node, force });
    },
    hopelessBudgets(pool) {
      const cluster = world.core.state.clusters.get(pool.cluster);
      if (cluster === undefined) return [];
      controllers.ensure(cluster);
      const nodes = world.core.state.nodesOf(pool.id).map(({ name }) => name);
      return hopelessBudgets(world, cluster, new Set(nodes));
    },
    settlePods(cluster) {
      controllers.ensure(cluster);
      controllers.settle(cluster);
    },
    event: (node, reason, message) => recordEvent(world, clusterOf(node), { node, reason, message }),
  };

  function tellDaemonPods(cluster: SimCluster, node: SimNode, what: 'gone' | 'new'): void {
    for (const { key, body } of podsOfNode(world, cluster, node)) {
      const item = { key, body };
      const [before, after] = what === 'new' ? [null, item] : [item, null];
      world.tellDerived(cluster, 'pods', { key, before, after });
    }
  }
}

function drain(
  evicting: Evicting,
  cluster: SimCluster,
  { node, force }: { node: SimNode; force: boolean },
): DrainResult {
  const { controllers } = evicting;
  const blocked: DrainResult['blocked'][number][] = [];
  for (const pod of controllers.podsOn(cluster, node)) {
    if (isDaemonPod(pod) || isTerminating(pod)) continue;
    const key = keyOf(pod);
    if (force || isFinished(pod)) {
      controllers.terminate(cluster, pod, { grace: 30, reason: null });
      continue;
    }
    try {
      evict(evicting, cluster, { key, options: { dryRun: false } });
    } catch (thrown) {
      if (thrown instanceof EvictionDenied) blocked.push({ pod: key, by: thrown.by, kind: thrown.kind });
      else throw thrown;
    }
  }
  const done = controllers.podsOn(cluster, node).every(isDaemonPod);
  return { done, blocked };
}
