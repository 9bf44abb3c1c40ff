/** What commands show of the fleet. */

import type { CoverageReason, CoverageState, Evidence } from './coverage.ts';
import type { Finding } from './finding.ts';
import type { Gap } from './gap.ts';
import type { StoredCluster, StoredNode, StoredPool } from './inventory.ts';
import type { SoftwareList } from './software.ts';

/** Nodes by how far they are assessed. */
export type CoverageCounts = Readonly<Record<CoverageState, number>>;

/** How far one node is assessed. */
export interface NodeCoverage {
  readonly state: CoverageState;
  /** The evidence in use: the best that still counts; null where there is none. */
  readonly evidence: Evidence | null;
  /** Why it is not better; empty only for `assessed`. */
  readonly reasons: readonly CoverageReason[];
}

/** A cluster in short. */
export interface ClusterView {
  readonly cluster: StoredCluster;
  /** Name of its subscription. */
  readonly subscription: string;
  readonly pools: number;
  readonly nodes: number;
  /** Whether its assessment is enabled, by itself or by what it belongs to. Pools may differ. */
  readonly enabled: boolean;
  readonly coverage: CoverageCounts;
  /** Why it is not fully assessed: of the cluster itself, then what its pools and nodes have in common; each once. */
  readonly reasons: readonly CoverageReason[];
}

/** A pool in short. */
export interface PoolView {
  readonly pool: StoredPool;
  readonly cluster: string;
  readonly subscription: string;
  readonly nodes: number;
  readonly enabled: boolean;
  /** The images its nodes run, most first; the name is null where nodes name none. */
  readonly images: readonly { readonly name: string | null; readonly nodes: number }[];
  readonly coverage: CoverageCounts;
  readonly reasons: readonly CoverageReason[];
}

/** A node in short. */
export interface NodeView {
  readonly node: StoredNode;
  readonly pool: string;
  readonly cluster: string;
  readonly subscription: string;
  readonly enabled: boolean;
  readonly coverage: NodeCoverage;
}

/** A node with its software. */
export interface NodeDetail extends NodeView {
  /** Every evidence there is of it, best first, also what no longer counts. */
  readonly evidence: readonly Evidence[];
  /** The list of the evidence in use; null where there is none. */
  readonly software: SoftwareList | null;
  /** Findings of that list, worst first; empty where there is no list. */
  readonly findings: readonly Finding[];
  readonly gaps: readonly Gap[];
}

/** One CVE in one pool. */
export interface PoolFinding {
  readonly cve: string;
  readonly severity: Finding['severity'];
  /** Day it was added to CISA KEV; null where it is not known to be exploited. */
  readonly kev: string | null;
  /** One of the packages it is in, with the installed and the fixed version. */
  readonly package: string;
  readonly installed: string;
  readonly fixed: string | null;
  /** Whether any of the software it is in is in use; `cached` and `not-running` where none is. */
  readonly presence: Finding['presence'];
  /** How many of the pool's nodes have it. */
  readonly nodes: number;
}

/** The findings of a pool: every distinct software list assessed once. */
export interface PoolFindings {
  readonly pool: string;
  /** Distinct CVEs. */
  readonly cves: number;
  readonly bySeverity: Readonly<Record<Finding['severity'], number>>;
  /** Worst first: known exploited, then severity, then what is in use, what more nodes have, what has a fix. */
  readonly worst: readonly PoolFinding[];
  /** Nodes that have no list to assess. */
  readonly unassessed: number;
  readonly gaps: readonly Gap[];
}

/** One thing that coverage is told of. */
export interface CoverageRow {
  readonly level: 'subscription' | 'cluster' | 'pool' | 'node';
  readonly name: string;
  readonly state: CoverageState;
  readonly counts: CoverageCounts;
  /** Source, age in hours and confidence of the evidence in use; null above nodes, and where there is none. */
  readonly evidence: Evidence | null;
  readonly reasons: readonly CoverageReason[];
}

/** What a sync came to. */
export interface SyncReport {
  readonly clusters: Changes;
  readonly pools: Changes;
  readonly nodes: Changes;
  /** Nodes by the source of the evidence in use; `none` have no evidence. */
  readonly evidence: Readonly<Record<'disk' | 'sbom' | 'image' | 'none', number>>;
  readonly scans: { readonly done: number; readonly failed: number };
  /** Snapshots of earlier runs that were removed. */
  readonly leftovers: number;
  readonly problems: readonly SyncProblem[];
  readonly requests: Readonly<Record<string, number>>;
  readonly throttled: number;
}

/** How many there are, and how many came, changed and went with this sync. */
export interface Changes {
  readonly seen: number;
  readonly added: number;
  readonly changed: number;
  readonly gone: number;
}

/** A part of the fleet that could not be looked at. */
export interface SyncProblem {
  /** Name of what it is about. */
  readonly scope: string;
  readonly detail: string;
  readonly remedy: string;
}
