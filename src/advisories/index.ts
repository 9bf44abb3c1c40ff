/** Advisories: the feeds, the database built from them, and the look-ups on it. */

export {
  type AdvisorySourcePath,
  type BuildOptions,
  type BuildReport,
  buildAdvisories,
} from './build.ts';
export { type Advisories, openAdvisories, type PackageName } from './database/reader.ts';
export { buildPastAdvisories, type PastState } from './past.ts';
export { FEEDS } from './registry.ts';
export type { FeedStatus } from './status.ts';
export type { BadRecord, BadRecords, Feed } from './types.ts';
export { type FetchedFile, type UpdateOptions, type UpdateReport, updateAdvisories } from './update.ts';
