import type { PoolFindingLife, PoolHistory } from '../model/recommendation.ts';
import type { Judging, PoolFacts } from './types.ts';

/**
 * The lives of the findings of pools, as they follow from what was where and when.
 * @param history of these pools, and of any others
 * @returns for a pool, one life for each CVE that is or was in it, worst first, closed ones at the end
 */
export function poolLives(
  _history: PoolHistory,
  _judging: Judging,
): (pool: PoolFacts) => readonly PoolFindingLife[] {
  throw new Error('to be written');
}
