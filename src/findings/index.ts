export { driftOf, type NodeSoftware, type PoolDrift } from './drift.ts';
export { poolLives } from './life.ts';
export {
  type ClusterSubject,
  type PoolSubject,
  recommendationsOf,
  type Subjects,
} from './recommendations.ts';
export { rollupRows, scorePoints } from './rollups.ts';
export { type PoolSummary, type Summary, summarise } from './summary.ts';
export type { ExemptionBook, FindingFacts, Judging, PoolFacts } from './types.ts';
