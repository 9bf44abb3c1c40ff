/** Findings with a life, in pools, and the recommendations they are raised in. Instants are ISO 8601 in UTC. */

import type { FeedId, Severity } from './advisory.ts';
import type { CoverageReason } from './coverage.ts';
import type { FindingKind, FindingState, Presence } from './finding.ts';
import type { Gap } from './gap.ts';

/** One place of a software list that a CVE is in. */
export interface Occurrence {
  /** The installed binary package, component or Go module. */
  readonly package: string;
  readonly source: string;
  readonly kind: FindingKind;
  readonly installed: string;
  /** First version with the fix; null where there is none. */
  readonly fixed: string | null;
  /** What the vendor offers. */
  readonly vendor: FindingState;
  readonly presence: Presence;
  readonly feed: FeedId;
  /** The advisory record: `UBUNTU-CVE-2024-6387`. */
  readonly advisory: string;
}

/** One CVE of one software list, as the advisories said at the last assessment. */
export interface ListFinding {
  readonly cve: string;
  /** The worst of its occurrences that are in use, else of all. */
  readonly severity: Severity;
  /** Not empty; the one that stands for it first. */
  readonly occurrences: readonly Occurrence[];
}

/** A CVE of a list, with how long the advisories have said so. */
export interface StoredListFinding extends ListFinding {
  readonly firstSeen: string;
  /** When an assessment of the same list did not find it any more: its advisory was withdrawn or changed. */
  readonly gone: string | null;
}

/** What is known of a CVE, whatever it is in. */
export interface Vulnerability {
  readonly cve: string;
  readonly aliases: readonly string[];
  readonly cvss: readonly string[];
  readonly published: string | null;
  /** Day it was added to CISA KEV. */
  readonly kev: string | null;
  readonly epss: { readonly score: number; readonly percentile: number } | null;
}

/** An assessment of one software list. */
export interface ListAssessment {
  /** Digest of the software list. */
  readonly list: string;
  /** Which advisories it was made with: `Advisories.revision`. */
  readonly revision: string;
  readonly at: string;
  readonly findings: readonly ListFinding[];
  readonly gaps: readonly Gap[];
}

/** That nodes of a pool had a software list during a time. */
export interface PoolList {
  /** `NodePool.id`. */
  readonly pool: string;
  /** Digest of the software list. */
  readonly list: string;
  /**
   * How many nodes have it, or had it last. None, while it has no end: no node is known to have it, and whether those
   * without evidence do is not known, so its findings stay open.
   */
  readonly nodes: number;
  readonly since: string;
  /** Null while nodes have it. */
  readonly until: string | null;
}

/** Which image could replace the pool's: the one its region offers, or the newest of its family in the catalogue. */
export type CandidateRole = 'offered' | 'newest';

/** What an image would bring to a pool during a time. */
export interface Candidate {
  readonly pool: string;
  readonly role: CandidateRole;
  /** Name of the node image. */
  readonly image: string;
  /** Digest of the list its nodes would have; null where the catalogue does not have it, or not all of its packages. */
  readonly list: string | null;
  readonly since: string;
  readonly until: string | null;
}

/** Everything that the findings of some pools follow from: what was where, and when. */
export interface PoolHistory {
  readonly pools: readonly PoolList[];
  readonly candidates: readonly Candidate[];
  /** Of every list that is named above, by its digest. Lists that were never assessed are not there. */
  readonly findings: ReadonlyMap<string, readonly StoredListFinding[]>;
  /** When each of these lists was assessed for the first time, by its digest. Lists that never were are not there. */
  readonly assessed: ReadonlyMap<string, string>;
}

/**
 * Where a finding of a pool is in its life: `open`, `reopened` (it was fixed before), `exempted` or `fixed` (no node of
 * the pool has it any more).
 */
export type FindingStatus = 'open' | 'reopened' | 'exempted' | 'fixed';

/** All statuses, worst first. */
export const FINDING_STATUSES: readonly FindingStatus[] = ['reopened', 'open', 'exempted', 'fixed'];

/**
 * How far a fix is: `available` (the image the region offers for the pool is without it: the SLA clock runs), `not-in-region`
 * (a newer image is without it, the region does not offer it yet), `no-image` (the vendor has a fix, no image has it yet),
 * `kubernetes` (a component of the Kubernetes version: another image does not replace it, another version does), `no-vendor-fix`
 * (the vendor has none, or none for free), `unknown` (what an image would bring is not known).
 */
export type FixAvailability =
  | 'available'
  | 'not-in-region'
  | 'no-image'
  | 'kubernetes'
  | 'no-vendor-fix'
  | 'unknown';

/** All of them, from the one that can be acted on now. */
export const FIX_AVAILABILITIES: readonly FixAvailability[] = [
  'available',
  'not-in-region',
  'no-image',
  'kubernetes',
  'no-vendor-fix',
  'unknown',
];

/** One factor of a risk, shown as it counts. */
export interface RiskFactor {
  /** `severity`, `CVSS`, `KEV`, `EPSS`, `public address`, `system pool`, `nodes`, `privileged workloads`, `presence`. */
  readonly name: string;
  /** What it is: `high`, `8.1`, `since 2024-07-01`, `not known`. */
  readonly value: string;
  /** Points it adds, or takes. */
  readonly points: number;
}

/** How urgent something is, from 0 to 100, with what it is made of: the points add up to it. */
export interface Risk {
  readonly score: number;
  readonly factors: readonly RiskFactor[];
}

/** What makes a pool easier to attack, or worth more. Null where it is not known. */
export interface Exposure {
  /** Whether nodes have an address of their own on the internet. */
  readonly publicAddress: boolean | null;
  readonly systemPool: boolean | null;
  readonly nodes: number;
  /** Privileged workloads of the pool outside `kube-system`. */
  readonly privileged: number | null;
}

/** One CVE in one pool. */
export interface PoolFindingLife {
  readonly pool: string;
  readonly cve: string;
  readonly severity: Severity;
  readonly status: FindingStatus;
  /** `unknown` where it is fixed. */
  readonly fix: FixAvailability;
  /** The image that the region offers and that is without it, or else the newest one; null where none is. */
  readonly fixImage: string | null;
  readonly risk: Risk;
  readonly occurrence: Occurrence;
  /** How many places of the lists it is in. */
  readonly occurrences: number;
  /** Nodes that have it now. */
  readonly nodes: number;
  readonly firstSeen: string;
  /** The last instant it was known to be there. */
  readonly lastSeen: string;
  readonly fixedAt: string | null;
  /** How it went: nodes have other software, or the advisory changed; null while it is there. */
  readonly fixedBy: 'software' | 'advisory' | null;
  readonly reopenedAt: string | null;
  /** When a fix was first available while it was open: the SLA clock starts. */
  readonly fixAvailableSince: string | null;
  /** By when it has to be resolved; null where nothing can be done yet, it is exempted, or the policy sets no time for it. */
  readonly dueAt: string | null;
  readonly overdue: boolean;
  /** Days during which nodes had it, whatever was exempted. */
  readonly exposureDays: number;
  /** The exemption that suppresses it: its id. */
  readonly exemption: string | null;
  /** What a reader must know: a contradiction of exemptions, a fix that only Ubuntu Pro has. Sentences. */
  readonly notes: readonly string[];
}

/** What is recommended. */
export type RecommendationKind = 'vulnerabilities' | 'drift' | 'auto-upgrade';

/** The sentences of the recommendations, by kind. */
export const RECOMMENDATION_TITLES: Readonly<Record<RecommendationKind, string>> = {
  vulnerabilities: 'AKS nodes should have vulnerability findings resolved',
  drift: 'Nodes of a pool should run the software of one node image',
  'auto-upgrade': 'AKS clusters should upgrade node images automatically',
};

/** Whether there is something to do. `healthy` is only said where everything was assessed. */
export type RecommendationState = 'unhealthy' | 'not-assessed' | 'healthy';

/** All states, worst first. */
export const RECOMMENDATION_STATES: readonly RecommendationState[] = ['unhealthy', 'not-assessed', 'healthy'];

/** Open findings of a recommendation, counted. Exempted and fixed ones are in no other count than their own. */
export interface FindingCounts {
  readonly open: number;
  readonly bySeverity: Readonly<Record<Severity, number>>;
  readonly byFix: Readonly<Record<FixAvailability, number>>;
  readonly kev: number;
  readonly overdue: number;
  readonly reopened: number;
  readonly exempted: number;
}

/** One recommendation for one pool (`vulnerabilities`, `drift`) or cluster (`auto-upgrade`). */
export interface Recommendation {
  /** `r-` and eight hexadecimal digits, of the kind and the scope. */
  readonly id: string;
  readonly kind: RecommendationKind;
  /** Id of the pool or cluster it is about. */
  readonly scope: string;
  readonly pool: string | null;
  /** Names of the pool (null where it is about a cluster), the cluster and the subscription. */
  readonly poolName: string | null;
  readonly cluster: string;
  readonly clusterName: string;
  readonly subscription: string;
  readonly subscriptionName: string;
  readonly state: RecommendationState;
  /** Risk of its worst open finding; 0 where there is none. */
  readonly risk: Risk;
  readonly owner: string | null;
  readonly nodes: number;
  /** Nodes that are concerned. */
  readonly affected: number;
  readonly counts: FindingCounts;
  /** When it last became what it is. */
  readonly since: string;
  /** The earliest instant at which one of its findings is due; null where none is. */
  readonly dueAt: string | null;
  /** Image that most nodes run, and the one the region offers. */
  readonly image: string | null;
  readonly offered: string | null;
  /** Why it is not (fully) assessed, or what was found, for kinds without CVEs. */
  readonly reasons: readonly CoverageReason[];
}

/** A CVE over a scope: all pools that have it. */
export interface CveRollup {
  /** `all` or the id of a subscription. */
  readonly scope: string;
  readonly cve: string;
  readonly severity: Severity;
  readonly kev: string | null;
  readonly epss: number | null;
  /** Highest risk in any of the pools with an open finding, else of those that are exempted; 0 where it is fixed in all. */
  readonly risk: number;
  /** Worst status of any of the pools. */
  readonly status: FindingStatus;
  /** Best fix that any of the pools with an open finding has, else of those that are exempted; `unknown` where it is fixed in all. */
  readonly fix: FixAvailability;
  /** Name of a package that stands for it. */
  readonly package: string;
  /** Pools, their clusters and nodes that have it now, exempted or not. */
  readonly pools: number;
  readonly clusters: number;
  readonly nodes: number;
  readonly overdue: number;
  readonly exempted: number;
  readonly firstSeen: string;
  readonly dueAt: string | null;
}

/** How a scope stood on a day. */
export interface ScorePoint {
  /** `all`, or the id of a subscription or cluster. */
  readonly scope: string;
  readonly day: string;
  /** 0 to 100: the share of nodes, each weighed by the risk its pool does not have. Null where nothing was assessed. */
  readonly score: number | null;
  readonly healthy: number;
  readonly unhealthy: number;
  readonly notAssessed: number;
  readonly open: number;
  readonly available: number;
  readonly overdue: number;
}
