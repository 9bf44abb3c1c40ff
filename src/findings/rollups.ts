import type { RollupRow } from '../model/findings-report.ts';
import type { Recommendation, ScorePoint } from '../model/recommendation.ts';
import type { PoolSubject } from './recommendations.ts';

/**
 * How `all`, each subscription and each cluster stand.
 * @param pools of the recommendations
 * @param day ISO 8601
 */
export function scorePoints(
  _recommendations: readonly Recommendation[],
  _pools: readonly Pick<PoolSubject, 'pool' | 'coverage'>[],
  _day: string,
): readonly ScorePoint[] {
  throw new Error('to be written');
}

/**
 * Recommendations added up: the fleet, then subscriptions and clusters by name.
 * @param trend the points of a scope, oldest first
 */
export function rollupRows(
  _recommendations: readonly Recommendation[],
  _trend: (scope: string) => readonly ScorePoint[],
): readonly RollupRow[] {
  throw new Error('to be written');
}
