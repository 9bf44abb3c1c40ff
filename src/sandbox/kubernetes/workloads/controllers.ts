import { isDeepStrictEqual } from 'node:util';
import type { SimCluster, SimEvent, SimNode } from '../../types.ts';
import { randomSuffix } from '../nodes/identity.ts';
import {
  type Condition,
  controllerOf,
  instant,
  isFinished,
  isReady,
  isTerminating,
  keyOf,
  type Pod,
  type Workload,
} from '../objects.ts';
import type { World } from '../world.ts';
import { observeBudget, settleBudgets } from './budgets.ts';
import { isDaemonPod, successorOf } from './daemons.ts';
import { hasWorkloads, makeWorkloads } from './make.ts';
import { Placing } from './placing.ts';

/** From being placed on a node to being ready. */
const START_MS = 15_000;
/** How long the disruption controller needs to see a budget that was made or changed. */
const OBSERVE_MS = 1_000;
const EVENTS = { pod: 'kube-pod', budget: 'kube-budget', settle: 'kube-settle' } as const;

/** What the scheduler, the kubelets and the controllers do in every cluster, on the sandbox's clock. */
export class Controllers {
  readonly #world: World;
  /** Clusters that are about to be settled. */
  readonly #waiting = new Set<string>();

  constructor(world: World) {
    this.#world = world;
    world.core.onEvent(EVENTS.pod, (event) => this.#podEvent(event));
    world.core.onEvent(EVENTS.budget, ({ data }) => {
      const cluster = world.core.state.clusters.get(String(data.cluster));
      if (cluster !== undefined) observeBudget(world, cluster, String(data.key));
      if (cluster !== undefined) settleBudgets(world, cluster);
    });
    world.core.onEvent(EVENTS.settle, ({ data }) => {
      this.#waiting.delete(String(data.cluster));
      const cluster = world.core.state.clusters.get(String(data.cluster));
      if (cluster !== undefined) this.settle(cluster);
    });
  }

  /** Makes the workloads of a cluster where that was not done yet. */
  ensure(cluster: SimCluster): void {
    if (hasWorkloads(this.#world, cluster)) return;
    makeWorkloads(this.#world, cluster);
    this.#createPods(cluster);
    this.#placePods(cluster, true);
    this.#settleStatus(cluster);
  }

  /** Gives workloads the pods they want, and pods without a node a place. */
  settle(cluster: SimCluster): void {
    if (!hasWorkloads(this.#world, cluster)) return;
    this.#collect(cluster);
    this.#createPods(cluster);
    this.#placePods(cluster, false);
    this.#settleStatus(cluster);
  }

  /** Does so as soon as what is being done now is done. */
  settleLater(cluster: SimCluster): void {
    if (!hasWorkloads(this.#world, cluster) || this.#waiting.has(cluster.id)) return;
    this.#waiting.add(cluster.id);
    this.#world.core.schedule({
      at: this.#world.core.now(),
      kind: EVENTS.settle,
      data: { cluster: cluster.id },
    });
  }

  /** A pod that somebody made: it gets a place, and starts there. */
  adopt(cluster: SimCluster, pod: Pod): void {
    if (pod.spec.nodeName !== undefined) this.#later(cluster, pod);
    this.settle(cluster);
  }

  /**
   * Deletes a pod: at once where it does not run, else when its grace period is over.
   * @param grace seconds
   * @param reason why it is disrupted, as a condition; null for a plain deletion
   * @returns the pod as it is now, or was
   */
  terminate(
    cluster: SimCluster,
    pod: Pod,
    { grace, reason }: { grace: number; reason: Condition | null },
  ): Pod {
    const terminated = this.#terminated(cluster, pod, { grace, reason });
    this.settle(cluster);
    return terminated;
  }

  /** The stored pods on a node: all but the daemon pods that nobody touched. */
  podsOn(cluster: SimCluster, { name }: Pick<SimNode, 'name'>): readonly Pod[] {
    return this.#world.stored<Pod>(cluster, 'pods').filter(({ spec }) => spec.nodeName === name);
  }

  /** The disruption controller will see a budget that was made or changed. */
  observeLater(cluster: SimCluster, key: string, after = OBSERVE_MS): void {
    const at = this.#world.core.now() + after;
    this.#world.core.schedule({ at, kind: EVENTS.budget, data: { cluster: cluster.id, key } });
  }

  #terminated(cluster: SimCluster, pod: Pod, how: { grace: number; reason: Condition | null }): Pod {
    const { metadata, spec, status } = pod;
    if (how.grace === 0 || spec.nodeName === undefined || isFinished(pod)) {
      this.#gone(cluster, pod);
      return pod;
    }
    if (isTerminating(pod)) return pod;
    const conditions = [...(status.conditions ?? []), ...(how.reason === null ? [] : [how.reason])];
    const terminating = this.#world.put(cluster, 'pods', {
      ...pod,
      metadata: {
        ...metadata,
        generation: (metadata.generation ?? 1) + 1,
        deletionTimestamp: instant(this.#world.core.now() + how.grace * 1000),
        deletionGracePeriodSeconds: how.grace,
      },
      status: { ...status, conditions },
    }) as Pod;
    this.#later(cluster, terminating, how.grace * 1000);
    return terminating;
  }

  #gone(cluster: SimCluster, pod: Pod): void {
    const removed = this.#world.remove(cluster, 'pods', keyOf(pod));
    if (!isDaemonPod(pod)) return;
    if (removed === undefined)
      this.#world.tellDerived(cluster, 'pods', {
        key: keyOf(pod),
        before: { key: keyOf(pod), body: () => pod },
        after: null,
      });
    const suffix = randomSuffix(this.#world.core.random(`pod ${cluster.id} ${cluster.resourceVersion}`));
    this.#world.put(cluster, 'pods', successorOf(pod, suffix, instant(this.#world.core.now())));
  }

  /** @param stopAfter milliseconds until the pod stops; without them it starts, in the time that takes */
  #later(cluster: SimCluster, pod: Pod, stopAfter?: number): void {
    const step = stopAfter === undefined ? 'start' : 'stop';
    const data = { cluster: cluster.id, key: keyOf(pod), uid: pod.metadata.uid, step };
    const at = this.#world.core.now() + (stopAfter ?? START_MS);
    this.#world.core.schedule({ at, kind: EVENTS.pod, data });
  }

  #podEvent({ data }: SimEvent): void {
    const cluster = this.#world.core.state.clusters.get(String(data.cluster));
    if (cluster === undefined) return;
    const pod = this.#world.find(cluster, 'pods', String(data.key)) as Pod | undefined;
    if (pod === undefined || pod.metadata.uid !== data.uid) return;
    if (data.step === 'stop') this.#gone(cluster, pod);
    else if (!isTerminating(pod) && this.#world.node(cluster, pod.spec.nodeName ?? '') !== undefined)
      this.#world.put(cluster, 'pods', running(pod, instant(this.#world.core.now())));
    this.settle(cluster);
  }

  /** Pods of a machine that is gone go with it, also where another one has its name. */
  #collect(cluster: SimCluster): void {
    const nodes = new Map(this.#world.core.state.nodesOfCluster(cluster.id).map((node) => [node.name, node]));
    for (const pod of this.#world.stored<Pod>(cluster, 'pods')) {
      const { nodeName } = pod.spec;
      if (nodeName === undefined) continue;
      const node = nodes.get(nodeName);
      if (node === undefined || instant(node.created) > pod.metadata.creationTimestamp)
        this.#world.remove(cluster, 'pods', keyOf(pod));
    }
  }

  #createPods(cluster: SimCluster): void {
    const pods = this.#world.stored<Pod>(cluster, 'pods');
    for (const set of this.#world.stored<Workload>(cluster, 'replicasets')) {
      const active = pods.filter((pod) => isOf(pod, set) && !isTerminating(pod) && !isFinished(pod)).length;
      for (let missing = set.spec.replicas - active; missing > 0; missing--)
        this.#createPod(cluster, set, null);
    }
    for (const set of this.#world.stored<Workload>(cluster, 'statefulsets')) {
      const names = new Set(pods.filter((pod) => isOf(pod, set)).map(({ metadata }) => metadata.name));
      for (let ordinal = 0; ordinal < set.spec.replicas; ordinal++) {
        const name = `${set.metadata.name}-${ordinal}`;
        if (!names.has(name)) this.#createPod(cluster, set, name);
      }
    }
  }

  #createPod(cluster: SimCluster, set: Workload, name: string | null): void {
    const { core } = this.#world;
    const random = core.random(`pod ${cluster.id} ${cluster.resourceVersion}`);
    const { metadata, spec, kind, apiVersion } = set;
    const owner = { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true };
    this.#world.put(cluster, 'pods', {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: {
        name: name ?? `${metadata.name}-${randomSuffix(random)}`,
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
        uid: random.guid(),
        resourceVersion: '',
        generation: 1,
        creationTimestamp: instant(core.now()),
        labels: spec.template.metadata.labels,
        ownerReferences: [owner],
      },
      spec: spec.template.spec,
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    });
  }

  /** @param ready whether pods are running as soon as they have a place */
  #placePods(cluster: SimCluster, ready: boolean): void {
    const pending = this.#world
      .stored<Pod>(cluster, 'pods')
      .filter((pod) => pod.spec.nodeName === undefined && !isTerminating(pod));
    if (pending.length === 0) return;
    const placing = new Placing(this.#world, cluster);
    const now = instant(this.#world.core.now());
    for (const pod of pending) {
      const nodeName = placing.place(pod);
      if (nodeName === null) continue;
      const placed: Pod = { ...pod, spec: { ...pod.spec, nodeName }, status: scheduled(pod, now) };
      this.#world.put(cluster, 'pods', ready ? running(placed, now) : placed);
      if (!ready) this.#later(cluster, placed);
    }
  }

  #settleStatus(cluster: SimCluster): void {
    const pods = this.#world
      .stored<Pod>(cluster, 'pods')
      .filter((pod) => !isTerminating(pod) && !isFinished(pod));
    const counts = new Map<string, Record<string, unknown>>();
    for (const resource of ['replicasets', 'statefulsets'])
      for (const set of this.#world.stored<Workload>(cluster, resource)) {
        const own = pods.filter((pod) => isOf(pod, set));
        const status = countsOf(own.length, own.filter(isReady).length);
        counts.set(controllerOf(set)?.uid ?? '', status);
        this.#setStatus(cluster, set, status);
      }
    for (const set of this.#world.stored<Workload>(cluster, 'deployments')) {
      const status = counts.get(set.metadata.uid);
      if (status !== undefined)
        this.#setStatus(cluster, set, { ...status, updatedReplicas: status.replicas });
    }
    settleBudgets(this.#world, cluster);
  }

  #setStatus(cluster: SimCluster, set: Workload, status: Record<string, unknown>): void {
    const resource = `${set.kind.toLowerCase()}s`;
    if (!isDeepStrictEqual(set.status, status)) this.#world.put(cluster, resource, { ...set, status });
  }
}

function isOf(pod: Pod, set: Workload): boolean {
  return controllerOf(pod)?.uid === set.metadata.uid;
}

function countsOf(replicas: number, ready: number): Record<string, unknown> {
  return {
    observedGeneration: 1,
    replicas,
    ...(ready === 0 ? {} : { readyReplicas: ready, availableReplicas: ready }),
  };
}

function scheduled({ status }: Pod, at: string): Pod['status'] {
  return { ...status, conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: at }] };
}

function running(pod: Pod, at: string): Pod {
  const types = ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'];
  const others = (pod.status.conditions ?? []).filter(({ type }) => !types.includes(type));
  const conditions = types.map((type) => ({
    type,
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: at,
  }));
  return {
    ...pod,
    status: { ...pod.status, phase: 'Running', conditions: [...conditions, ...others], startTime: at },
  };
}
