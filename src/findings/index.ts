export { verifyAudit } from './audit.ts';
export { driftOf, type NodeSoftware, type PoolDrift } from './drift.ts';
export { exemptionIds } from './exemption-ids.ts';
export { countingBook } from './exemption-use.ts';
export { contradictions, exemptionBook, exemptionState } from './exemptions.ts';
export { poolLives } from './life.ts';
export { noticesOf, type TellableFinding, type TellablePool } from './notices.ts';
export { type OwnerFacts, ownerOf, owning } from './owners.ts';
export { changePolicy, policyEntries } from './policy.ts';
export {
  type ClusterSubject,
  type PoolSubject,
  recommendationsOf,
  type Subjects,
} from './recommendations.ts';
export { rollupRows, scorePoints } from './rollups.ts';
export { type PoolSummary, type Summary, summarise } from './summary.ts';
export { tellableFindings } from './tellable.ts';
export type { ExemptionBook, FindingFacts, Judging, PoolFacts } from './types.ts';
export { MAX_VEX_BYTES, readVex } from './vex/document.ts';
export { mergeVex } from './vex/merge.ts';
export type { ImageOf } from './vex/products.ts';
export { vulnerabilityId } from './vulnerability-id.ts';
