/** Decisions of people, and statements of vendors, that a finding does not have to be resolved. */

import type { Severity } from './advisory.ts';

/** Why findings are exempted: the risk is mitigated by other means, it is accepted, or the finding is wrong. */
export type ExemptionReason = 'mitigated' | 'waived' | 'false-positive';

/** All reasons, in the order they are told. */
export const EXEMPTION_REASONS: readonly ExemptionReason[] = ['mitigated', 'waived', 'false-positive'];

/** Which findings are meant. What is null does not matter; at least one is not null. */
export interface ExemptionSubject {
  /** `CVE-2024-6387`. */
  readonly cve: string | null;
  /** Name of an installed binary package, component or Go module. */
  readonly package: string | null;
  /** Exactly this installed version of the package. */
  readonly version: string | null;
  /** Findings of exactly this severity. */
  readonly severity: Severity | null;
  /** Id of a subscription, cluster or pool; null for the whole fleet. */
  readonly scope: string | null;
  /** Node-image family, `AKSUbuntu-2204gen2containerd`: later images of it inherit the exemption, other families do not. */
  readonly family: string | null;
}

/** What an exemption came to at the last computation of the findings. */
export interface ExemptionUse {
  /** Open findings, each pool counted, that it suppresses, alone or with others. */
  readonly suppresses: number;
  /** Open findings that it would suppress, if a statement did not say otherwise. */
  readonly overruled: number;
  /** Since when no software list has its CVE any more because its advisories were withdrawn or changed; else null. */
  readonly goneSince: string | null;
}

/** What a VEX document says of a product and a vulnerability (OpenVEX 0.2.0). */
export type VexStatus = 'not_affected' | 'affected' | 'fixed' | 'under_investigation';

/** One exemption, or one statement of a VEX document. */
export interface Exemption {
  /** `x-` and eight hexadecimal digits. */
  readonly id: string;
  readonly subject: ExemptionSubject;
  /** Null where it is a statement that exempts nothing: `affected` and `under_investigation`. */
  readonly reason: ExemptionReason | null;
  /** Why, in the words of its author. */
  readonly justification: string;
  readonly author: string;
  /** ISO 8601 instants. */
  readonly createdAt: string;
  /** It does not count from then on; null where it counts until it is withdrawn. */
  readonly expiresAt: string | null;
  /** When it was withdrawn, and by whom; null while it was not. */
  readonly withdrawnAt: string | null;
  readonly withdrawnBy: string | null;
  /** The statement it comes from; null where a person made it. */
  readonly vex: VexOrigin | null;
}

/** Where a statement of a VEX document is from. */
export interface VexOrigin {
  /** `@id` of the document. */
  readonly document: string;
  readonly version: number;
  /** When the statement was made, ISO 8601. */
  readonly timestamp: string;
  readonly status: VexStatus;
}
