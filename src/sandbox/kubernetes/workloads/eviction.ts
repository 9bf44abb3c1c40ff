import type { SimCluster } from '../../types.ts';
import { notFound, StatusError, type Subject } from '../api/status.ts';
import {
  type Budget,
  type Condition,
  instant,
  isFinished,
  isReady,
  isTerminating,
  keyOf,
  type Pod,
} from '../objects.ts';
import type { World } from '../world.ts';
import { DISRUPTION_MS, isCovered, isProcessed } from './budgets.ts';
import type { Controllers } from './controllers.ts';
import { checkPreconditions, type DeleteOptions, graceOf } from './deletion.ts';

/** An eviction that a budget or a webhook denies, as drains have to know what it was. */
export class EvictionDenied extends StatusError {
  readonly by: string;
  readonly kind: 'pdb' | 'webhook';

  constructor(status: StatusError, by: string, kind: 'pdb' | 'webhook') {
    super(status.code, status.message, {
      reason: status.reason,
      ...(status.details === null ? {} : { details: status.details }),
    });
    this.by = by;
    this.kind = kind;
  }
}

/** The webhook of the fault `webhook-denial`. */
const WEBHOOK = 'evictions.policy.contoso.example';
/** The budget of the fault `pdb-block`. */
const BLOCKING_BUDGET = 'sandbox-pdb-block';
const BUDGETS = 'poddisruptionbudgets';

/** What eviction works with. */
export interface Evicting {
  readonly world: World;
  readonly controllers: Controllers;
  /** The names and ids by which a fault may mean a pod: its node, pool, cluster and subscription. */
  things(cluster: SimCluster, pod: Pod): readonly string[];
}

/**
 * Evicts a pod as the API server does: within its budget it is deleted, beyond it the eviction is denied.
 * @throws StatusError 404, 409, 429, 500; EvictionDenied 403 and 429
 */
export function evict(
  evicting: Evicting,
  cluster: SimCluster,
  { key, options }: { key: string; options: DeleteOptions },
): void {
  const { world, controllers } = evicting;
  const pod = world.find(cluster, 'pods', key) as Pod | undefined;
  if (pod === undefined) throw notFound(podSubject(key));
  checkFaults(evicting, cluster, pod);
  if (!needsNoBudget(pod)) spendBudget(evicting, cluster, { pod, options });
  checkPreconditions(pod, options, { ...podSubject(key), resource: 'Pod' });
  if (options.dryRun) return;
  const reason: Condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastTransitionTime: instant(world.core.now()),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  controllers.terminate(cluster, pod, { grace: graceOf(pod, options), reason });
}

/** Pods that do not run disturb nobody when they go. */
function needsNoBudget(pod: Pod): boolean {
  return isFinished(pod) || pod.status.phase === 'Pending' || isTerminating(pod);
}

function checkFaults({ world, things }: Evicting, cluster: SimCluster, pod: Pod): void {
  const named = things(cluster, pod);
  if (world.core.strikes('webhook-denial', named) !== null) {
    const message = `admission webhook "${WEBHOOK}" denied the request: evictions are not allowed now`;
    throw new EvictionDenied(new StatusError(403, message, { reason: 'Forbidden' }), WEBHOOK, 'webhook');
  }
  if (world.core.strikes('pdb-block', named) !== null) {
    const cause = `The disruption budget ${BLOCKING_BUDGET} does not allow evicting pods currently`;
    throw new EvictionDenied(tooMany(cause), `${pod.metadata.namespace}/${BLOCKING_BUDGET}`, 'pdb');
  }
}

function spendBudget(
  { world, controllers }: Evicting,
  cluster: SimCluster,
  { pod, options }: { pod: Pod; options: DeleteOptions },
): void {
  const budgets = world.stored<Budget>(cluster, BUDGETS).filter((each) => isCovered(each, pod));
  const [budget] = budgets;
  if (budget === undefined) return;
  if (budgets.length > 1)
    throw new EvictionDenied(
      new StatusError(
        500,
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      ),
      budgets.map(keyOf).join(' and '),
      'pdb',
    );
  if (!isReady(pod) && letsUnhealthyGo(budget)) return;
  checkBudget(budget);
  if (options.dryRun) return;
  const { status } = budget;
  const disruptedPods = { ...status.disruptedPods, [pod.metadata.name]: instant(world.core.now()) };
  const spent = { ...status, disruptedPods, disruptionsAllowed: status.disruptionsAllowed - 1 };
  world.put(cluster, BUDGETS, { ...budget, status: spent });
  // Where the pod is not deleted after all, the controller forgets it then.
  controllers.observeLater(cluster, keyOf(budget), DISRUPTION_MS);
}

function letsUnhealthyGo({ spec, status }: Budget): boolean {
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  return status.desiredHealthy > 0 && status.currentHealthy >= status.desiredHealthy;
}

function checkBudget(budget: Budget): void {
  const { name } = budget.metadata;
  const by = keyOf(budget);
  if (!isProcessed(budget)) {
    const cause = `The disruption budget ${name} is still being processed by the server.`;
    throw new EvictionDenied(tooMany(cause, 10), by, 'pdb');
  }
  const { disruptionsAllowed, currentHealthy, desiredHealthy } = budget.status;
  if (disruptionsAllowed > 0) return;
  const cause =
    currentHealthy <= desiredHealthy
      ? `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
      : `The disruption budget ${name} does not allow evicting pods currently`;
  throw new EvictionDenied(tooMany(cause), by, 'pdb');
}

function tooMany(cause: string, retryAfterSeconds?: number): StatusError {
  const causes = [{ reason: 'DisruptionBudget', message: cause }];
  return new StatusError(429, "Cannot evict pod as it would violate the pod's disruption budget.", {
    reason: 'TooManyRequests',
    details: { causes, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) },
  });
}

function podSubject(key: string): Subject {
  return { group: '', resource: 'pods', kind: 'Pod', name: key.split('/').at(-1) ?? key };
}
