/** Findings and recommendations: keeping them up to date, and looking at them. */
export { staleLists } from './assess-lists.ts';
export { currency } from './currency.ts';
export { cveDetail } from './cve-detail.ts';
export { recommendationDetail } from './detail.ts';
export {
  type FindingQuery,
  findingList,
  type RecommendationQuery,
  recommendationList,
  rollups,
} from './lists.ts';
export { openFindings } from './open-findings.ts';
export { placeLists } from './place.ts';
export { refreshFindings } from './refresh.ts';
export { fleetReport } from './report.ts';
export { summariseFindings } from './summarise.ts';
