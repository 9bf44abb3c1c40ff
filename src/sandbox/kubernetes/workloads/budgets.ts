import { isDeepStrictEqual } from 'node:util';
import type { SimCluster } from '../../types.ts';
import { selectorOf } from '../api/selectors.ts';
import {
  type Budget,
  type BudgetStatus,
  controllerOf,
  instant,
  isReady,
  isTerminating,
  type Pod,
  type Workload,
} from '../objects.ts';
import type { World } from '../world.ts';
import { DAEMON_LABELS, DAEMON_NAMESPACE } from './daemons.ts';

/** How long an eviction that was allowed counts before the pod must be seen to go. */
export const DISRUPTION_MS = 120_000;
const RESOURCE = 'poddisruptionbudgets';

/** Whether the disruption controller has seen the budget as it is now. */
export function isProcessed({ metadata, status }: Budget): boolean {
  return (status.observedGeneration ?? 0) >= (metadata.generation ?? 1);
}

/** What the disruption controller does: brings the status of every budget up to date that it has seen. */
export function settleBudgets(world: World, cluster: SimCluster): void {
  const budgets = world.stored<Budget>(cluster, RESOURCE);
  if (budgets.length === 0) return;
  // Daemon pods follow from the nodes: making those of a large cluster each time would take most of an upgrade's time.
  const pods = budgets.some(coversDaemons)
    ? world.items(cluster, 'pods').map((item) => item.body() as Pod)
    : world.stored<Pod>(cluster, 'pods');
  for (const budget of budgets) {
    if (!isProcessed(budget)) continue;
    const status = statusOf(world, cluster, { budget, pods });
    if (!isDeepStrictEqual(status, budget.status)) world.put(cluster, RESOURCE, { ...budget, status });
  }
}

/** The controller sees a budget for the first time since it was made or changed. */
export function observeBudget(world: World, cluster: SimCluster, key: string): void {
  const budget = world.find(cluster, RESOURCE, key) as Budget | undefined;
  if (budget === undefined || isProcessed(budget)) return;
  const status = { ...budget.status, observedGeneration: budget.metadata.generation ?? 1 };
  world.put(cluster, RESOURCE, { ...budget, status });
  settleBudgets(world, cluster);
}

/** The pods of a budget among those of its cluster. */
export function isCovered(budget: Budget, pod: Pod): boolean {
  return (
    pod.metadata.namespace === budget.metadata.namespace &&
    selectorOf(budget.spec.selector)(pod.metadata.labels ?? {})
  );
}

/** Budgets that never allow an eviction and have pods on these nodes, as `namespace/name`. */
export function hopelessBudgets(
  world: World,
  cluster: SimCluster,
  nodes: ReadonlySet<string>,
): readonly string[] {
  const pods = world.stored<Pod>(cluster, 'pods').filter(({ spec }) => nodes.has(spec.nodeName ?? ''));
  return world
    .stored<Budget>(cluster, RESOURCE)
    .filter(({ spec }) => spec.maxUnavailable === 0 || spec.maxUnavailable === '0%')
    .filter((budget) => pods.some((pod) => isCovered(budget, pod)))
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

function coversDaemons({ metadata, spec }: Budget): boolean {
  const selects = selectorOf(spec.selector);
  return metadata.namespace === DAEMON_NAMESPACE && DAEMON_LABELS.some(selects);
}

function statusOf(
  world: World,
  cluster: SimCluster,
  { budget, pods }: { budget: Budget; pods: readonly Pod[] },
): BudgetStatus {
  const now = world.core.now();
  const covered = pods.filter((pod) => isCovered(budget, pod));
  const disruptedPods = stillDisrupted(budget, covered, now);
  const healthy = covered.filter(
    (pod) => isReady(pod) && !isTerminating(pod) && disruptedPods[pod.metadata.name] === undefined,
  ).length;
  const { expected, desired } = wantedOf(budget, covered, scaleOf(world, cluster, covered));
  const allowed = expected > 0 ? Math.max(0, healthy - desired) : 0;
  const [status, reason] = allowed > 0 ? ['True', 'SufficientPods'] : ['False', 'InsufficientPods'];
  const before = budget.status.conditions?.find(({ type }) => type === 'DisruptionAllowed');
  const generation = budget.metadata.generation ?? 1;
  return {
    observedGeneration: generation,
    ...(Object.keys(disruptedPods).length === 0 ? {} : { disruptedPods }),
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    conditions: [
      {
        type: 'DisruptionAllowed',
        status: status ?? '',
        observedGeneration: generation,
        lastTransitionTime: (before?.status === status && before?.lastTransitionTime) || instant(now),
        reason: reason ?? '',
        message: '',
      },
    ],
  };
}

/** Pods whose eviction was allowed and that are not seen to go yet. */
function stillDisrupted(budget: Budget, covered: readonly Pod[], now: number): Record<string, string> {
  const entries = Object.entries(budget.status.disruptedPods ?? {}).filter(([name, since]) => {
    const pod = covered.find(({ metadata }) => metadata.name === name);
    return pod !== undefined && !isTerminating(pod) && Date.parse(since) + DISRUPTION_MS > now;
  });
  return Object.fromEntries(entries);
}

/** How many pods the controllers of these want; pods without one count for none. */
function scaleOf(world: World, cluster: SimCluster, covered: readonly Pod[]): number {
  const owners = new Set(covered.map((pod) => controllerOf(pod)?.uid));
  return ['replicasets', 'statefulsets']
    .flatMap((resource) => world.stored<Workload>(cluster, resource))
    .filter(({ metadata }) => owners.has(metadata.uid))
    .reduce((sum, { spec }) => sum + spec.replicas, 0);
}

function wantedOf(
  { spec }: Budget,
  covered: readonly Pod[],
  scale: number,
): { expected: number; desired: number } {
  const { maxUnavailable, minAvailable } = spec;
  if (maxUnavailable !== undefined)
    return { expected: scale, desired: Math.max(0, scale - share(maxUnavailable, scale)) };
  if (typeof minAvailable === 'number') return { expected: covered.length, desired: minAvailable };
  // A budget of neither kind expects no pods, and so never allows an eviction.
  if (minAvailable === undefined) return { expected: 0, desired: 0 };
  return { expected: scale, desired: share(minAvailable, scale) };
}

/** A number or a percentage of something, rounded up. */
function share(of: number | string, whole: number): number {
  return typeof of === 'number' ? of : Math.ceil((Number.parseInt(of, 10) / 100) * whole);
}
