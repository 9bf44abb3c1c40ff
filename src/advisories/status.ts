import type { FeedId } from '../model/advisory.ts';
import type { BadRecords } from './types.ts';

/**
 * What one feed brought to the database. Every record read is counted once:
 * `records = used + covered + withdrawn + livepatch + outOfScope + superseded + badRecords.count`.
 */
export interface FeedStatus {
  readonly feed: FeedId;
  /** The feed's name for people. */
  readonly title: string;
  /** The files, archives and folders it was read from. */
  readonly sources: readonly string[];
  /** Records read, whatever became of them. */
  readonly records: number;
  /** Records that state something: advisories, entries of a catalogue, scores. */
  readonly used: number;
  /** Notices that say nothing beyond the per-CVE records; kept as aliases. */
  readonly covered: number;
  readonly withdrawn: number;
  /** Live patch notices: kept as aliases, because no package carries their fix. */
  readonly livepatch: number;
  /** Records about no package of an ecosystem Nodeward matches. */
  readonly outOfScope: number;
  /** Records of which a newer version was read too. */
  readonly superseded: number;
  readonly badRecords: BadRecords;
  /** ISO 8601 day of the newest fact; null where nothing was read. */
  readonly asOf: string | null;
  /** Whether it holds all of the vendors' records, or is a sample. */
  readonly complete: boolean;
  /** ISO 8601 instant the data was read from its sources. */
  readonly builtAt: string;
  /** Why the last build or update could not refresh it; null where it did. */
  readonly error: string | null;
  /** Whether the data is from an earlier build because the last one failed for this feed. */
  readonly keptOld: boolean;
}
