import type { Generated } from 'kysely';

/** The tables of findings. Instants are text; pools go by their id, which stays when the inventory forgets them. */
export interface FindingsTables {
  /** The last assessment of a software list. */
  assessment: {
    software: number;
    revision: string;
    at: string;
    /** When it was assessed for the first time. */
    first_at: string;
    /** JSON. */
    gaps: string;
    /** Of all its findings, so that one that found the same writes none. */
    hash: string;
  };
  /** Distinct sets of occurrences, see `packOccurrences`. */
  occurrence_set: { key: Generated<number>; hash: string; body: string };
  list_finding: ListFindingRow;
  vulnerability: VulnerabilityRow;
  pool_list: {
    pool: string;
    software: number;
    /** From 1. */
    episode: number;
    nodes: number;
    since: string;
    until: string | null;
  };
  candidate: {
    pool: string;
    role: string;
    /** From 1. */
    episode: number;
    image: string;
    software: number | null;
    since: string;
    until: string | null;
  };
  recommendation: RecommendationRow;
  cve_rollup: CveRow;
  score: {
    scope: string;
    day: string;
    score: number | null;
    healthy: number;
    unhealthy: number;
    not_assessed: number;
    open: number;
    available: number;
    overdue: number;
  };
  /** One row: the last computation. */
  computation: {
    one: number;
    at: string;
    revision: string;
    /** JSON. */
    as_of: string;
    /** JSON. */
    exemptions: string;
  };
}

/** A CVE of a list, from an assessment that found it until one that did not; then the next episode can begin. */
export interface ListFindingRow {
  software: number;
  cve: string;
  /** From 1. */
  episode: number;
  severity: string;
  occurrences: number;
  first_seen: string;
  gone: string | null;
}

/** What is known of a CVE. */
export interface VulnerabilityRow {
  cve: string;
  /** JSON. */
  aliases: string;
  /** JSON. */
  cvss: string;
  published: string | null;
  kev: string | null;
  epss: number | null;
  percentile: number | null;
}

/** What recommendations are filtered and sorted by has a column of its own; all the rest is in `body`. */
export interface RecommendationRow {
  id: string;
  kind: string;
  state: string;
  pool: string | null;
  cluster: string;
  subscription: string;
  owner: string | null;
  risk: number;
  /** Names of cluster and pool, to sort by. */
  sort: string;
  /** All names in lower case, to search in. */
  search: string;
  since: string;
  critical: number;
  high: number;
  medium: number;
  low: number;
  negligible: number;
  unknown: number;
  available: number;
  not_in_region: number;
  no_image: number;
  kubernetes: number;
  no_vendor_fix: number;
  fix_unknown: number;
  kev: number;
  overdue: number;
  /** JSON of the recommendation without `since`. */
  body: string;
}

/** A roll-up of a CVE, column by column. */
export interface CveRow {
  scope: string;
  cve: string;
  severity: string;
  kev: string | null;
  epss: number | null;
  risk: number;
  status: string;
  fix: string;
  package: string;
  pools: number;
  clusters: number;
  nodes: number;
  overdue: number;
  exempted: number;
  first_seen: string;
  due_at: string | null;
  /** CVE and package in lower case, to search in. */
  search: string;
}
