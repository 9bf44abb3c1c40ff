import type { Severity } from '../model/advisory.ts';
import type { ExemptionUse } from '../model/exemption.ts';
import type { Gap } from '../model/gap.ts';
import type {
  Candidate,
  CandidateRole,
  CveRollup,
  FindingStatus,
  FixAvailability,
  ListAssessment,
  PoolHistory,
  PoolList,
  Recommendation,
  RecommendationKind,
  RecommendationState,
  ScorePoint,
  Vulnerability,
} from '../model/recommendation.ts';

/** When a list was last assessed, and with which advisories. */
export interface AssessedList {
  /** Digest of the software list. */
  readonly list: string;
  readonly revision: string;
  readonly at: string;
  readonly gaps: readonly Gap[];
}

/** A part of a longer list: `offset` rows are left out, then come at most `limit`. */
export interface Page {
  readonly offset: number;
  readonly limit: number;
}

/** A part of a list, with how many there are in all. */
export interface Paged<T> {
  readonly items: readonly T[];
  readonly total: number;
}

/** Which recommendations are asked for; what is left out does not matter. */
export interface RecommendationFilter {
  readonly kind?: RecommendationKind;
  readonly state?: RecommendationState;
  /** Ids. */
  readonly subscription?: string;
  readonly cluster?: string;
  readonly pool?: string;
  readonly owner?: string;
  /** With an open finding at least as bad. */
  readonly severity?: Severity;
  readonly overdue?: boolean;
  readonly kev?: boolean;
  /** With an open finding of this fix. */
  readonly fix?: FixAvailability;
  /** In the names of pool, cluster and subscription, in any case. */
  readonly search?: string;
}

/** Which CVEs are asked for; what is left out does not matter. */
export interface CveFilter {
  /** `all` (default) or the id of a subscription. */
  readonly scope?: string;
  /** At least as bad. */
  readonly severity?: Severity;
  readonly status?: FindingStatus;
  /** Whether it is there: not `fixed`. */
  readonly current?: boolean;
  readonly fix?: FixAvailability;
  readonly kev?: boolean;
  readonly overdue?: boolean;
  /** In the CVE's id and its package, in any case. */
  readonly search?: string;
}

/** What is known of vulnerabilities in the fleet. */
export interface FindingsReader {
  /** By digest. */
  assessedLists(): Promise<ReadonlyMap<string, AssessedList>>;
  /** Digests that a pool has or had, or that a candidate would bring, current ones only. */
  listsInUse(): Promise<ReadonlySet<string>>;
  /**
   * What nodes of these pools had and could have; all pools where null.
   * @param only a CVE: findings of that one alone
   */
  history(pools: readonly string[] | null, only?: string): Promise<PoolHistory>;
  /** What is known of these CVEs, by id; all where null. */
  vulnerabilities(cves: readonly string[] | null): Promise<ReadonlyMap<string, Vulnerability>>;
  /** By risk (highest first), then name of cluster and pool. */
  recommendations(filter: RecommendationFilter, page: Page): Promise<Paged<Recommendation>>;
  recommendation(id: string): Promise<Recommendation | null>;
  /** By risk (highest first), then CVE. */
  cves(filter: CveFilter, page: Page): Promise<Paged<CveRollup>>;
  /** Of a scope, or of all where null; oldest first. */
  scores(scope: string | null, since: string): Promise<readonly ScorePoint[]>;
  /** When the recommendations were last computed, and with which advisories; null where they never were. */
  computed(): Promise<Computed | null>;
}

/** A computation of the recommendations. */
export interface Computed {
  readonly at: string;
  readonly revision: string;
  /** Last day of the advisories of each ecosystem: what they may not fall behind. */
  readonly asOf: Readonly<Record<string, string>>;
  /** By the id of the exemption; those that came to nothing are left out. */
  readonly exemptions: Readonly<Record<string, ExemptionUse>>;
}

/** How many findings of a list came and went with an assessment. */
export interface ListChange {
  readonly appeared: number;
  readonly gone: number;
}

/** What may be changed of the findings, inside one transaction. */
export interface FindingsWriter extends FindingsReader {
  /** Its software list must be in the inventory. Only what differs is written. */
  putAssessment(assessment: ListAssessment): Promise<ListChange>;
  putVulnerabilities(vulnerabilities: readonly Vulnerability[]): Promise<void>;
  /** The lists that nodes of a pool have now; others end. Lists must be in the inventory. */
  putPoolLists(pool: string, lists: readonly Pick<PoolList, 'list' | 'nodes'>[], at: string): Promise<void>;
  /** What could replace the image of a pool now, by role; others of the role end. */
  putCandidates(
    pool: string,
    candidates: ReadonlyMap<CandidateRole, Pick<Candidate, 'image' | 'list'>>,
    at: string,
  ): Promise<void>;
  /** All recommendations there are; others are gone. `since` of one whose state is as before stays. */
  putRecommendations(recommendations: readonly Recommendation[]): Promise<void>;
  /** All CVEs of all scopes; others are gone. */
  putCves(rollups: readonly CveRollup[]): Promise<void>;
  /** One per scope and day: the last of the day stays. */
  putScores(points: readonly ScorePoint[]): Promise<void>;
  putComputed(computed: Computed): Promise<void>;
  /**
   * Forgets what ended before an instant: memberships, candidates, findings, scores. What a finding follows from that is
   * there, or ended later, is kept. @returns how many rows
   */
  forgetFindings(before: string): Promise<number>;
}
