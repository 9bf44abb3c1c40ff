import { clusterOf, type Engine } from '../../engine/engine.ts';
import type { SimPool } from '../../types.ts';
import { aksRefusal } from '../errors.ts';

/**
 * The check before an upgrade: a PodDisruptionBudget that allows no eviction at all can never be satisfied.
 * @throws ArmError 400 UnsatisfiablePDB
 */
export function requireEvictable({ core, api }: Engine, pool: SimPool): void {
  const cluster = clusterOf(core, pool);
  const override = cluster.upgradeOverride;
  if (override?.forceUpgrade === true && Date.parse(override.until) > core.now()) return;
  // The workloads of a cluster are made on first use.
  api.settlePods(cluster);
  for (const { body } of core.state.kubeOf(cluster.id, 'poddisruptionbudgets')) {
    const { maxUnavailable } = (body.spec ?? {}) as { maxUnavailable?: unknown };
    if (maxUnavailable !== 0 && maxUnavailable !== '0%') continue;
    const { namespace, name } = body.metadata;
    throw aksRefusal(
      400,
      'UnsatisfiablePDB',
      `1 error occurred:\n\t* PDB ${namespace}/${name} has maxunavailble == 0 can't proceed with put operation\n\n`,
    );
  }
}
