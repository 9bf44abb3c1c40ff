import type { FeedId, Severity } from './advisory.ts';

/**
 * What the vendor offers against a finding:
 * `fix-available`, `fix-in-pro` (only in Ubuntu Pro), `no-fix` (none yet) or `will-not-fix`.
 */
export type FindingState = 'fix-available' | 'fix-in-pro' | 'no-fix' | 'will-not-fix';

/** What kind of software a finding is in; `go-module`: a module compiled into programs. */
export type FindingKind = 'os-package' | 'component' | 'go-module';

/**
 * Whether the vulnerable software is in use: `running` (the running kernel), `not-running` (another installed
 * kernel, its headers or tools), `cached` (on the disk for another Kubernetes version), `installed` (all else).
 */
export type Presence = 'running' | 'not-running' | 'cached' | 'installed';

/** Why a finding was made: the statement, and the rule that compared it with what is installed. */
export interface FindingReason {
  /** The advisory record: `UBUNTU-CVE-2024-6387`. */
  readonly advisory: string;
  /** `Ubuntu:22.04:LTS`. */
  readonly ecosystem: string;
  /** How the installed package was mapped to the advisory's package. */
  readonly mapping: string;
  /** The comparison, such as `1:8.9p1-3ubuntu0.6 < 1:8.9p1-3ubuntu0.10 (deb)`. */
  readonly comparison: string;
  /** Anything a reader must know to judge it, such as a vendor patch level; null where there is nothing. */
  readonly note: string | null;
}

/** One vulnerability in one installed package or component. */
export interface Finding {
  readonly cve: string;
  readonly aliases: readonly string[];
  readonly kind: FindingKind;
  /** The installed binary package, component or Go module. */
  readonly package: string;
  /** Of a Go module: the programs it is compiled into, sorted, from the root without a leading slash; else empty. */
  readonly paths: readonly string[];
  readonly arch: string;
  /** Its source package or upstream module. */
  readonly source: string;
  readonly installed: string;
  /** The first version with the fix; null where there is none. */
  readonly fixed: string | null;
  readonly severity: Severity;
  readonly cvss: readonly string[];
  readonly feed: FeedId;
  readonly published: string | null;
  readonly state: FindingState;
  readonly presence: Presence;
  /** Day it was added to CISA KEV; null where it is not known to be exploited. */
  readonly kev: string | null;
  readonly epss: { readonly score: number; readonly percentile: number } | null;
  readonly reason: FindingReason;
}

/** A statement that a CVE does not concern an installed package, kept so that nobody has to wonder. */
export interface NotAffected {
  readonly cve: string;
  readonly package: string;
  readonly installed: string;
  readonly advisory: string;
  readonly feed: FeedId;
  readonly reason: string;
}
