import type { DeliveryCount, TaskState } from '../../model/governance.ts';
import type { Recommendation, RecommendationKind, RecommendationState } from '../../model/recommendation.ts';
import type { EvidenceAge } from '../../storage/index.ts';

/** How many recommendations of a kind are in a state. */
export interface RecommendationCount {
  readonly kind: RecommendationKind;
  readonly state: RecommendationState;
  readonly count: number;
}

/** Up to when the advisories of an ecosystem go, by feed. */
export interface AdvisoryAge {
  readonly feed: string;
  readonly ecosystem: string;
  /** ISO 8601 day. */
  readonly asOf: string;
}

/** What can be measured, at one instant. What is not known is not there, or null: it is never zero. */
export interface Measurements {
  readonly fleet: { readonly clusters: number; readonly pools: number; readonly nodes: number };
  /** The recommendation of each pool about its vulnerabilities, those with the highest risk first. */
  readonly pools: readonly Recommendation[];
  /** How many more pools there are than are measured one by one. */
  readonly poolsLeftOut: number;
  readonly recommendations: readonly RecommendationCount[];
  /** From 0 to 100; null where nothing was assessed. */
  readonly score: number | null;
  /** Of subscriptions with one, by name. */
  readonly subscriptionScores: readonly { readonly subscription: string; readonly score: number }[];
  /** ISO 8601 instants; null where it never happened. */
  readonly computedAt: string | null;
  readonly syncedAt: string | null;
  readonly syncProblems: number | null;
  readonly evidence: readonly EvidenceAge[];
  readonly advisories: readonly AdvisoryAge[];
  /** ISO 8601 day of the newest image of the catalogue; null where there is none. */
  readonly newestImage: string | null;
  readonly tasks: readonly TaskState[];
  readonly deliveries: readonly DeliveryCount[];
}
