/** What vendors and upstream projects say about vulnerabilities, in one form for every feed. */

/** Vendor severity on one scale. Vendors' words are mapped (Moderate → medium, Important → high). */
export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'negligible' | 'unknown';

/** From worst to least; `unknown` ranks last. */
export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'];

const RANKS = new Map(SEVERITIES.map((severity, index) => [severity, index]));

/** 0 for the worst severity, more for each milder one. */
export function severityRank(severity: Severity): number {
  return RANKS.get(severity) ?? SEVERITIES.length;
}

/** The feeds Nodeward reads. */
export type FeedId = 'osv' | 'azure-linux' | 'cisa-kev' | 'epss';

/** All feeds. */
export const FEED_IDS: readonly FeedId[] = ['osv', 'azure-linux', 'cisa-kev', 'epss'];

/**
 * A half-open span of versions, as OSV events say it: from `introduced` (null: from the first version) up to but
 * not including `fixed`, or up to and including `lastAffected`. Both null: no fixed version is known.
 */
export interface VersionRange {
  readonly introduced: string | null;
  readonly fixed: string | null;
  readonly lastAffected: string | null;
}

/**
 * What the vendor says of the package for the versions in the ranges:
 * `affected`, `will-not-fix` (affected, and no fix will come) or `not-affected`.
 */
export type VendorStatus = 'affected' | 'will-not-fix' | 'not-affected';

/** One record of a feed for one vulnerability. A notice about three CVEs gives three of these. */
export interface Advisory {
  /** The name findings carry: the CVE where there is one, else GHSA, GO or the vendor's own id. */
  readonly cve: string;
  /** All identifiers of the vulnerability and of the notices about it, sorted, without `cve`. */
  readonly aliases: readonly string[];
  /** The record's own id: `UBUNTU-CVE-2024-6387`, `GO-2024-2491`, `oval:com.microsoft.azurelinux:def:50124`. */
  readonly id: string;
  readonly feed: FeedId;
  /** Vendor's severity first; where the vendor gives none, the one computed from the CVSS vector. */
  readonly severity: Severity;
  /** CVSS v3.x and v4.0 vectors as the feed gives them; may be empty. */
  readonly cvss: readonly string[];
  /** ISO 8601 day; null where the feed does not say. */
  readonly published: string | null;
}

/** One set of affected ranges of one package in one ecosystem, shared by all advisories that state just this. */
export interface AffectedPackage {
  /** The feed's ecosystem: `Ubuntu:22.04:LTS`, `Ubuntu:Pro:FIPS-updates:20.04:LTS`, `Azure Linux:3.0`, `Go`. */
  readonly ecosystem: string;
  /** Source package (deb, rpm) or module path (Go). */
  readonly name: string;
  readonly status: VendorStatus;
  readonly ranges: readonly VersionRange[];
  /** Exact affected versions where the feed lists them instead of ranges; mostly empty. */
  readonly versions: readonly string[];
  /** The vendor's reason for severity or status, where the feed gives one as a short word; null elsewhere. */
  readonly note: string | null;
  /** Go: package import paths the vulnerability is in; empty where the feed names the whole module. */
  readonly imports: readonly string[];
  /** Keys of the advisories that state this, for `AdvisorySource.advisory`. */
  readonly advisories: readonly number[];
}

/** What one loaded feed says about one ecosystem. */
export interface Coverage {
  readonly feed: FeedId;
  /** As in `AffectedPackage.ecosystem`. */
  readonly ecosystem: string;
  readonly records: number;
  /** ISO 8601 day of the newest fact the feed can hold: when it was made, else its newest record. */
  readonly asOf: string;
  /** Whether the feed holds all of the vendor's advisories for the ecosystem, or only a sample. */
  readonly complete: boolean;
}

/** What is known of the exploitation of one CVE. */
export interface Exploitation {
  /** Day it was added to CISA's catalogue of known exploited vulnerabilities; null where it is not in it. */
  readonly kev: string | null;
  /** EPSS score and percentile, 0…1; null where not loaded or not scored. */
  readonly epss: { readonly score: number; readonly percentile: number } | null;
}

/** The advisory database as matching sees it: every call is an indexed look-up. */
export interface AdvisorySource {
  /** Everything stated about a package of an ecosystem; empty where nothing is. */
  affected(ecosystem: string, name: string): readonly AffectedPackage[];
  /** The source packages that a binary package of this ecosystem comes from, by all records of the feed. */
  sourcesOf(ecosystem: string, binary: string): readonly string[];
  /** Whether the ecosystem has any statement about this source package. */
  knows(ecosystem: string, name: string): boolean;
  advisory(key: number): Advisory;
  exploitation(cve: string): Exploitation;
  /** What the database covers, one entry per feed and ecosystem. */
  readonly coverage: readonly Coverage[];
}
