import type { CveRollup, FindingCounts, PoolHistory, Risk } from '../model/recommendation.ts';
import type { Judging, PoolFacts } from './types.ts';

/** The findings of a pool in numbers. */
export interface PoolSummary {
  readonly counts: FindingCounts;
  /** Of its worst open finding; 0 where there is none. */
  readonly risk: Risk;
  /** Earliest instant at which an open finding is due; null where none is. */
  readonly dueAt: string | null;
  /** Nodes with an open finding. */
  readonly affected: number;
  /** Nodes whose software list was never assessed, so that nothing can be said of them. */
  readonly pending: number;
}

/** The findings of many pools in numbers. */
export interface Summary {
  /** Of every pool that was given, by its id. */
  readonly pools: ReadonlyMap<string, PoolSummary>;
  /** Of `all` pools that were given, then of each of their subscriptions; by CVE. */
  readonly cves: readonly CveRollup[];
}

/** Counts what `poolLives` says of many pools, without making the lives. */
export function summarise(_pools: readonly PoolFacts[], _history: PoolHistory, _judging: Judging): Summary {
  throw new Error('to be written');
}
