import type { Clock } from '../../base/clock.ts';
import type { DiskMode, TagPattern } from '../../config/index.ts';
import type { Store } from '../../storage/index.ts';
import type { Workspace } from '../workspace.ts';

/** What the user decided about the fleet. */
export interface FleetRules {
  /** Names and values are compared in any case. */
  readonly excludeTags: readonly TagPattern[];
  /** Evidence from disks and SBOMs that is older is told to be old, and disks are read again. Hours. */
  readonly maxAgeHours: number;
  readonly disks: DiskMode;
  /** What is gone for longer is forgotten. Days. */
  readonly forgetDays: number;
}

/** The fleet that is worked on: what is known of it, and what it is judged with. */
export interface Fleet {
  readonly store: Store;
  readonly workspace: Workspace;
  readonly clock: Clock;
  readonly rules: FleetRules;
}

/** What a word of the user names. */
export interface ResolvedScope {
  readonly kind: 'all' | 'subscription' | 'cluster' | 'pool';
  /** `all`, or the id of the subscription, cluster or pool. */
  readonly id: string;
  /** `all`, `Contoso Production`, `prod-weu`, `prod-weu/np1`. */
  readonly name: string;
}
