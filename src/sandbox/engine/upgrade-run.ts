import type { Core } from '../core.ts';
import type { SimOperation, SimPool } from '../types.ts';
import { clusterOf, type Engine, strikesOn } from './engine.ts';
import type { NodeTarget } from './nodes.ts';

const MINUTE = 60_000;
const DRAIN_MINUTES = 30;

/** Why an upgrade stopped. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** How far an upgrade is; kept with its operation, as JSON. */
export interface UpgradeRun {
  readonly image: string | null;
  readonly kubelet: string;
  /** How many nodes are added, and how many are worked on at a time. */
  readonly slots: { readonly surge: number; readonly atOnce: number };
  readonly drainMs: number;
  readonly soakMs: number;
  readonly undrainable: 'Schedule' | 'Cordon';
  /** Evict whatever budgets say. */
  readonly force: boolean;
  /** After how many nodes it is to fail; null for never. */
  readonly failAfter: number | null;
  readonly parent: string | null;
  /** Ids of nodes still to be upgraded, of surge nodes, and of nodes that could not be drained. */
  readonly queue: string[];
  surge: string[];
  quarantined: string[];
  /** How many surge nodes are not ready yet. */
  waiting: number;
  /** Nodes being worked on, and since when they are drained. */
  active: { readonly node: string; readonly since: number }[];
  upgraded: number;
  ended: boolean;
}

/** An upgrade, its pool and how far it is. */
export interface Upgrade {
  readonly operation: SimOperation;
  readonly pool: SimPool;
  readonly run: UpgradeRun;
}

/** How far the upgrade of an operation is. */
export function runOf(operation: SimOperation): UpgradeRun {
  return operation.data.run as UpgradeRun;
}

/** Says that it got further. */
export function saveRun(core: Core, operation: SimOperation): void {
  core.state.operations.put(operation);
}

/** What an upgrade of a pool has to do, and how the pool's settings want it done. */
export function planOf(
  { core }: Engine,
  pool: SimPool,
  target: NodeTarget,
): Pick<UpgradeRun, 'slots' | 'drainMs' | 'soakMs' | 'undrainable' | 'force' | 'queue'> {
  const settings = pool.upgradeSettings;
  const old = core.state
    .nodesOf(pool.id)
    .filter(({ image, kubelet, surge }) => !surge && (image !== target.image || kubelet !== target.kubelet));
  const surge = Math.min(share(settings.maxSurge ?? '10%', pool.count), old.length);
  const unavailable = Math.min(share(settings.maxUnavailable ?? '0', pool.count), old.length);
  const override = clusterOf(core, pool).upgradeOverride;
  return {
    slots: { surge, atOnce: Math.max(1, surge > 0 ? surge : unavailable) },
    drainMs: numberOf(settings.drainTimeoutInMinutes, DRAIN_MINUTES) * MINUTE,
    soakMs: numberOf(settings.nodeSoakDurationInMinutes, 0) * MINUTE,
    undrainable: settings.undrainableNodeBehavior === 'Cordon' ? 'Cordon' : 'Schedule',
    force: override?.forceUpgrade === true && Date.parse(override.until) > core.now(),
    queue: old.map(({ id }) => id),
  };
}

/** A number of nodes or a share of them, rounded up. */
export function share(setting: unknown, of: number): number {
  const text = String(setting);
  const value = Number.parseInt(text, 10);
  if (!Number.isFinite(value) || value < 0) return 0;
  return text.endsWith('%') ? Math.ceil((of * value) / 100) : value;
}

function numberOf(setting: unknown, otherwise: number): number {
  return typeof setting === 'number' && Number.isFinite(setting) ? setting : otherwise;
}

/** Why Azure has no machines to add now; null where it has. */
export function capacityFailure({ core }: Engine, pool: SimPool, nodes: number): Failure | null {
  const cores = nodes * coresOf(pool.vmSize);
  if (strikesOn(core, 'quota', pool) !== null) {
    const message = `Operation results in exceeding quota limits of Core. Maximum allowed: 450, Current in use: ${450 - cores + 1}, Additional requested: ${cores}. Please read more about quota increase at https://aka.ms/corequotaincrease.`;
    return { code: 'QuotaExceeded', message };
  }
  if (strikesOn(core, 'subnet-full', pool) !== null) {
    const message = `VMSSAgentPoolReconciler retry failed: Code='SubnetIsFull' Message='Subnet aks-subnet with address prefix 10.224.0.0/24 does not have enough capacity for ${nodes * 31} IP addresses.'`;
    return { code: 'SubnetIsFull', message };
  }
  if (strikesOn(core, 'capacity', pool) !== null) {
    const message = `Allocation failed. We do not have sufficient capacity for the requested VM size ${pool.vmSize} in this region. Read more about improving likelihood of allocation success at https://aka.ms/allocation-guidance.`;
    return { code: 'AllocationFailed', message };
  }
  return null;
}

function coresOf(vmSize: string): number {
  return Number(/^Standard_[A-Z]+(\d+)/.exec(vmSize)?.[1] ?? 4);
}
