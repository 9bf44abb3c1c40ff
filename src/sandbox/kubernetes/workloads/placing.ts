import type { SimCluster, SimNode } from '../../types.ts';
import { taintsOf } from '../nodes/body.ts';
import { baseLabels, osOf, overlaid } from '../nodes/labels.ts';
import { isFinished, isTerminating, type Pod, type Taint } from '../objects.ts';
import type { World } from '../world.ts';

/** Finds nodes for pods; it knows how full each is while it is in use. */
export class Placing {
  readonly #world: World;
  readonly #cluster: SimCluster;
  readonly #nodes: readonly SimNode[];
  /** How many pods a node has, and how many of one app. */
  readonly #counts = new Map<string, number>();

  constructor(world: World, cluster: SimCluster) {
    this.#world = world;
    this.#cluster = cluster;
    this.#nodes = world.core.state
      .nodesOfCluster(cluster.id)
      .filter((node) => node.ready && !node.unschedulable && osOf(node, world.poolOf(node)) === 'linux');
    for (const pod of world.stored<Pod>(cluster, 'pods'))
      if (!isTerminating(pod) && !isFinished(pod) && pod.spec.nodeName !== undefined)
        this.#count(pod, pod.spec.nodeName);
  }

  /** The node with the fewest pods of the same app, then of any, that takes the pod; null where none does. */
  place(pod: Pod): string | null {
    let best: { name: string; cost: number } | null = null;
    for (const node of this.#nodes) {
      if (!this.#takes(node, pod)) continue;
      const cost = this.#of(appKey(pod, node.name)) * 1_000 + this.#of(node.name);
      if (best === null || cost < best.cost) best = { name: node.name, cost };
    }
    if (best !== null) this.#count(pod, best.name);
    return best?.name ?? null;
  }

  #takes(node: SimNode, pod: Pod): boolean {
    const pool = this.#world.poolOf(node);
    const wanted = Object.entries(pod.spec.nodeSelector ?? {});
    if (wanted.length > 0) {
      const labels = overlaid(baseLabels(node, pool, this.#cluster), node.labels);
      if (!wanted.every(([key, value]) => labels[key] === value)) return false;
    }
    return taintsOf(node, pool).every(
      (taint) => taint.effect === 'PreferNoSchedule' || tolerates(pod, taint),
    );
  }

  #count(pod: Pod, node: string): void {
    for (const key of [node, appKey(pod, node)]) this.#counts.set(key, this.#of(key) + 1);
  }

  #of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }
}

function appKey(pod: Pod, node: string): string {
  return `${node} ${pod.metadata.namespace} ${pod.metadata.labels?.app ?? pod.metadata.name}`;
}

function tolerates(pod: Pod, taint: Taint): boolean {
  return (pod.spec.tolerations ?? []).some(({ key, operator = 'Equal', value = '', effect }) => {
    if (effect !== undefined && effect !== taint.effect) return false;
    if (key === undefined) return operator === 'Exists';
    return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''));
  });
}
