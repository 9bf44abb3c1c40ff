/** What commands show of findings, recommendations and decisions. */

import type { FixedIn } from './assessment.ts';
import type { Exemption } from './exemption.ts';
import type { Finding } from './finding.ts';
import type { AuditEvent, OwnerRule } from './governance.ts';
import type {
  CveRollup,
  FindingCounts,
  PoolFindingLife,
  Recommendation,
  RecommendationState,
  ScorePoint,
  Vulnerability,
} from './recommendation.ts';

/** What bringing the findings up to date came to. */
export interface RefreshReport {
  /** Distinct software lists in use, and how many of them were assessed now. */
  readonly lists: number;
  readonly assessed: number;
  /** CVEs of lists that came and went, each list counted. */
  readonly appeared: number;
  readonly gone: number;
  readonly recommendations: Readonly<Record<RecommendationState, number>>;
  /** Parts that could not be done; what was known of them stays. */
  readonly problems: readonly RefreshProblem[];
}

/** A part of a refresh that could not be done. */
export interface RefreshProblem {
  readonly scope: string;
  readonly detail: string;
  readonly remedy: string;
}

/** How current the findings are that a command shows. */
export interface Currency {
  /** When they were computed; null where they never were. */
  readonly at: string | null;
  /** Why they are not as current as they could be; one sentence, null where they are. */
  readonly behind: string | null;
}

/** A cluster, a subscription or the fleet in numbers. */
export interface RollupRow {
  readonly kind: 'fleet' | 'subscription' | 'cluster';
  readonly id: string;
  readonly name: string;
  readonly states: Readonly<Record<RecommendationState, number>>;
  readonly counts: FindingCounts;
  readonly nodes: number;
  /** The score now and its points of the days before, oldest first. */
  readonly trend: readonly ScorePoint[];
}

/** One recommendation with everything it is about. */
export interface RecommendationDetail {
  readonly recommendation: Recommendation;
  /** Of kind `vulnerabilities`: worst first, closed ones at the end. Else empty. */
  readonly findings: readonly PoolFindingLife[];
  /** The nodes it concerns, by name. */
  readonly nodes: readonly { readonly name: string; readonly image: string | null; readonly why: string }[];
  readonly trend: readonly ScorePoint[];
}

/** A pool that a CVE is or was in. */
export interface AffectedPool {
  readonly life: PoolFindingLife;
  readonly poolName: string;
  readonly clusterName: string;
  readonly subscriptionName: string;
  readonly region: string | null;
  readonly image: string | null;
  /** The image its region offers now; null where it is not known. */
  readonly offered: string | null;
  readonly owner: string | null;
  /** Names of the nodes that have it. */
  readonly nodes: readonly string[];
}

/** Everything about one CVE. */
export interface CveDetail {
  readonly cve: string;
  readonly vulnerability: Vulnerability | null;
  /** In each distinct package and version it is in: why it was found. */
  readonly reasons: readonly Finding[];
  readonly rollup: CveRollup | null;
  /** Worst first. */
  readonly pools: readonly AffectedPool[];
  /** Images that run in the fleet and have it, with their nodes. */
  readonly images: readonly { readonly image: string; readonly nodes: number }[];
  /** Which image of each family in the fleet is without it. */
  readonly fixedIn: FixedIn | null;
}

/** An exemption with what it does now. */
export interface ExemptionView {
  readonly exemption: Exemption;
  readonly state: 'active' | 'expired' | 'withdrawn' | 'statement';
  /** Name of its scope; null for the whole fleet. */
  readonly scopeName: string | null;
  /** Open findings, each pool counted, that it suppresses. */
  readonly suppresses: number;
  /** What a reader must know: it matches nothing, another one says otherwise. Sentences. */
  readonly notes: readonly string[];
}

/** What importing a VEX document came to. */
export interface VexImport {
  readonly document: string;
  readonly exemptions: readonly Exemption[];
  /** Statements that were left out, with why. */
  readonly leftOut: readonly { readonly place: string; readonly why: string }[];
  /** How many were already there. */
  readonly unchanged: number;
  /** How many an earlier version of the document said, and this one does not. */
  readonly withdrawn: number;
}

/** A rule of owners with what it does now. */
export interface OwnerRuleView {
  readonly rule: OwnerRule;
  /** Name of its scope; null where it is by tag or label. */
  readonly scopeName: string | null;
  /** Pools whose owner it gives. */
  readonly pools: number;
}

/** All rules of owners, in the order they are tried, and how many pools none of them gives an owner. */
export interface OwnerRules {
  readonly rules: readonly OwnerRuleView[];
  readonly pools: number;
  readonly unowned: number;
}

/** One decision of the policy, as people read and write it. */
export interface PolicyEntry {
  /** `due.critical`, `kev.due`, `retention`. */
  readonly key: string;
  /** `7d`, or `none`. */
  readonly value: string;
  readonly help: string;
}

/** Whether the audit log is as it was written. */
export interface AuditVerdict {
  readonly events: number;
  /** The last hash: keep it elsewhere to prove that nothing was cut off. */
  readonly head: string | null;
  /** The first event that does not fit, and how; null where all do. */
  readonly broken: { readonly sequence: number; readonly why: string } | null;
}

/** What an auditor gets. */
export interface FleetReport {
  readonly at: string;
  readonly scopeName: string;
  readonly currency: Currency;
  readonly rollups: readonly RollupRow[];
  readonly recommendations: readonly Recommendation[];
  /** Worst first, closed ones too. */
  readonly cves: readonly CveRollup[];
  readonly exemptions: readonly ExemptionView[];
  readonly policy: readonly PolicyEntry[];
  readonly audit: { readonly verdict: AuditVerdict; readonly latest: readonly AuditEvent[] };
}
