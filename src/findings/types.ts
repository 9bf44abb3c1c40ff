import type { Severity } from '../model/advisory.ts';
import type { Exemption } from '../model/exemption.ts';
import type { Policy } from '../model/governance.ts';
import type { Exposure, Occurrence, Vulnerability } from '../model/recommendation.ts';

/** What is known of a pool that its findings depend on. */
export interface PoolFacts {
  /** Ids. */
  readonly pool: string;
  readonly cluster: string;
  readonly subscription: string;
  /** Family of the images of its nodes; null where it is not known, or they are of several. */
  readonly family: string | null;
  /** Versions of that image that its nodes run; empty where they are not known. */
  readonly imageVersions: readonly string[];
  readonly exposure: Exposure;
}

/** What is asked of exemptions: one CVE in one pool. */
export interface FindingFacts extends Omit<PoolFacts, 'exposure'> {
  readonly cve: string;
  readonly severity: Severity;
  readonly occurrences: readonly Occurrence[];
}

/** Says which findings are exempted, and by what. */
export interface ExemptionBook {
  /**
   * False only where no exemption and no statement, of any scope or family, speaks about such a finding, so that it need
   * not be asked for each pool.
   */
  concerns(finding: Pick<FindingFacts, 'cve' | 'severity' | 'occurrences'>): boolean;
  of(facts: FindingFacts): { readonly exemption: Exemption | null; readonly notes: readonly string[] };
}

/** What findings are judged by. */
export interface Judging {
  /** By CVE; what is not there is not known. */
  readonly vulnerabilities: ReadonlyMap<string, Vulnerability>;
  readonly policy: Policy;
  readonly exemptions: ExemptionBook;
  readonly now: Date;
}
