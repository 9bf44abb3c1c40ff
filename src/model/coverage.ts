/** What is known of the software of a node, by which evidence, and why not more. */

import type { Node } from './fleet.ts';
import type { Gap } from './gap.ts';

/** Where a node's software list comes from, best first. */
export type EvidenceSource = 'disk' | 'sbom' | 'image';

/** All sources of evidence, best first. */
export const EVIDENCE_SOURCES: readonly EvidenceSource[] = ['disk', 'sbom', 'image'];

/**
 * How far a software list can be trusted to be that of the node: `high` (read from the node itself), `medium` (its
 * image's, and the node reports nothing that contradicts it), `low` (its image's, and something differs or is unknown).
 */
export type Confidence = 'high' | 'medium' | 'low';

/** One thing the node reports of itself that its image's list says otherwise. */
export interface Drift {
  /** `kernel`, `kubelet`, `containerd`, `operating system`, `security patches`. */
  readonly what: string;
  /** What the image has instead, of the same kind; null where it has none or it is not known. */
  readonly image: string | null;
  /** What the node reports. */
  readonly node: string;
}

/** What a node says of the software it runs. */
export type Reported = Pick<Node, 'osImage' | 'kernel' | 'kubelet' | 'containerRuntime'>;

/** What one source said of one node. */
export interface Evidence {
  /** `Node.id`. */
  readonly node: string;
  readonly source: EvidenceSource;
  /** ISO 8601 instant. */
  readonly takenAt: string;
  /** `Node.uid` when it was taken: evidence of a machine that was replaced does not count. */
  readonly uid: string | null;
  /** `Node.image` when it was taken: evidence of a node that was reimaged does not count. */
  readonly image: string | null;
  /** What the node said when it was taken; null for evidence by image, which is made anew with what the node says. */
  readonly reported: Reported | null;
  /** Digest of the software list. */
  readonly software: string;
  readonly confidence: Confidence;
  /** Whether everything that was looked for could be read. */
  readonly complete: boolean;
  readonly drift: readonly Drift[];
  readonly gaps: readonly Gap[];
}

/**
 * Why a cluster, pool or node is not assessed, or not as well as it could be.
 * - `not-enabled`          nobody enabled its assessment
 * - `excluded`             a tag excludes it
 * - `cluster-stopped`      the cluster or pool is stopped: it has no machines
 * - `unreachable`          the cluster's API did not answer, so its nodes are as they were last seen
 * - `no-permission`        the credentials may not read it
 * - `not-synced`           it is known by name only: no sync has read its clusters or nodes
 * - `no-nodes`             it has no nodes
 * - `unknown-image`        the node names no image, or one that the catalogue does not have
 * - `no-package-list`      its image publishes no package list
 * - `no-advisories`        no loaded feed covers its operating system
 * - `sample-advisories`    only a sample of the vendor's advisories is loaded
 * - `stale-advisories`     the advisories for it are older than seven days, or than its image
 * - `image-only`           its own disk was not read: what was changed on the node is not seen
 * - `drift`                the node reports other versions than its evidence has, or than when that was taken
 * - `ephemeral-disk`       its disk is the host's own and cannot be snapshotted
 * - `encrypted-disk`       its disk is encrypted in the guest or confidential: a snapshot is ciphertext
 * - `scan-failed`          its disk could not be snapshotted or read
 * - `scan-incomplete`      parts of its disk could not be read
 * - `old-evidence`         the best evidence is older than it should be, or the node was not seen for that long
 */
export type CoverageCode =
  | 'not-enabled'
  | 'excluded'
  | 'cluster-stopped'
  | 'unreachable'
  | 'no-permission'
  | 'not-synced'
  | 'no-nodes'
  | 'unknown-image'
  | 'no-package-list'
  | 'no-advisories'
  | 'sample-advisories'
  | 'stale-advisories'
  | 'image-only'
  | 'drift'
  | 'ephemeral-disk'
  | 'encrypted-disk'
  | 'scan-failed'
  | 'scan-incomplete'
  | 'old-evidence';

/** One reason, with what to do about it. */
export interface CoverageReason {
  readonly code: CoverageCode;
  /** One sentence. */
  readonly detail: string;
  /** What the user can do; one sentence. */
  readonly remedy: string;
}

/**
 * `assessed`: read from the node itself, complete, with advisories that cover it. `partly`: findings can be told, and
 * some may be missing. `not-assessed`: nothing can be told.
 */
export type CoverageState = 'assessed' | 'partly' | 'not-assessed';

/** All states of coverage, best first. */
export const COVERAGE_STATES: readonly CoverageState[] = ['assessed', 'partly', 'not-assessed'];
