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
  const [budget] = api.hopelessBudgets(pool);
  if (budget === undefined) return;
  const message = `1 error occurred:\n\t* PDB ${budget} has maxunavailble == 0 can't proceed with put operation\n\n`;
  throw aksRefusal(400, 'UnsatisfiablePDB', message);
}
