/** How far a node is assessed, by what is stored of it. No I/O. */

import type { DiskMode } from '../../config/index.ts';
import {
  type CoverageReason,
  type CoverageState,
  EVIDENCE_SOURCES,
  type Evidence,
} from '../../model/coverage.ts';
import type { Node } from '../../model/fleet.ts';
import type { CoverageCounts, NodeCoverage } from '../../model/fleet-report.ts';
import type { ScanFailure, StoredCluster, StoredNode, StoredPool } from '../../model/inventory.ts';
import type { StoredSoftware } from '../../storage/index.ts';
import type { AdvisoryStanding } from './advisory-reasons.ts';
import { changedSince } from './reported.ts';
import type { Standing } from './standing.ts';

const HOUR = 3_600_000;

/** Everything that coverage of one node follows from. */
export interface NodeFacts {
  readonly node: StoredNode;
  readonly pool: StoredPool;
  readonly cluster: StoredCluster;
  readonly standing: Standing;
  readonly evidence: readonly Evidence[];
  /** Why its disk, or another one of its pool that is kept in the same way, was not read. */
  readonly failure: ScanFailure | null;
}

/** What nodes are judged by. */
export interface Judging {
  readonly now: Date;
  readonly maxAgeHours: number;
  readonly disks: DiskMode;
  readonly advisories: {
    of(evidence: Evidence): AdvisoryStanding;
    head(evidence: Evidence): StoredSoftware | null;
  };
}

/** Whether evidence is still of this node: of the same machine, and of the image it runs now. */
export function stillCounts(evidence: Evidence, node: Pick<Node, 'uid' | 'image'>): boolean {
  return evidence.uid === node.uid && evidence.image === node.image;
}

/** The best evidence of a node that still counts; null where there is none. */
export function bestEvidence(
  evidence: readonly Evidence[],
  node: Pick<Node, 'uid' | 'image'>,
): Evidence | null {
  const counting = evidence.filter((each) => stillCounts(each, node));
  return bySource(counting)[0] ?? null;
}

/** Best source first. */
export function bySource(evidence: readonly Evidence[]): readonly Evidence[] {
  const rank = ({ source }: Evidence): number => EVIDENCE_SOURCES.indexOf(source);
  return evidence.toSorted((a, b) => rank(a) - rank(b));
}

/**
 * Hours between an instant and now. One in the future was told by a clock that was wrong: the further away, the less is
 * known of when it was.
 */
export function ageHours(instant: string, now: Date): number {
  return Math.abs(now.getTime() - Date.parse(instant)) / HOUR;
}

/** How far a node is assessed, by which evidence, and why not further. */
export function nodeCoverage(facts: NodeFacts, judging: Judging): NodeCoverage {
  const { node, cluster, standing } = facts;
  if (!standing.enabled) return { state: 'not-assessed', evidence: null, reasons: [standing.reason] };
  const evidence = bestEvidence(facts.evidence, node);
  if (evidence === null) {
    // Of a node that only the cloud knows, what its cluster's API would say is missing, not its image.
    const unread = node.uid === null && cluster.problems.length > 0;
    // Nothing stands in for its disk here, so that it was not read is no reason of its own; why it cannot be, is.
    const disk = diskReasons(facts, judging).filter(({ code }) => code !== 'image-only');
    const image = unread ? [] : [unknownImage(facts)];
    return { state: 'not-assessed', evidence: null, reasons: [...image, ...disk, ...cluster.problems] };
  }
  const advisories = judging.advisories.of(evidence);
  const list = listReasons(evidence, judging.advisories.head(evidence));
  const reasons = [
    ...list,
    ...advisories.reasons,
    ...(evidence.source === 'image' ? diskReasons(facts, judging) : []),
    ...readingReasons(evidence, node),
    ...ageReasons(evidence, facts, judging),
    ...cluster.problems,
  ];
  const state = !advisories.speaks ? 'not-assessed' : reasons.length === 0 ? 'assessed' : 'partly';
  return { state, evidence, reasons };
}

function unknownImage({ node: { image, os }, cluster }: NodeFacts): CoverageReason {
  const detail =
    image === null
      ? 'The node names no node image, as nodes of custom images and of other clouds do.'
      : `The catalogue does not have its image ${image}.`;
  const steps = [
    ...(image === null ? [] : ['update the catalogue with `nodeward images update`']),
    ...(cluster.provider === 'aks' && os !== 'windows'
      ? ['have its disk read (setting evidence.disks)']
      : []),
    'import an SBOM with `nodeward nodes NODE --sbom FILE`',
  ].join(', or ');
  return { code: 'unknown-image', detail, remedy: `${steps[0]?.toUpperCase()}${steps.slice(1)}.` };
}

function listReasons({ gaps }: Evidence, head: StoredSoftware | null): readonly CoverageReason[] {
  const none = head === null || (head.packages === 0 && head.os?.id !== 'windows');
  if (!none && !gaps.some(({ code }) => code === 'no-package-list')) return [];
  const detail =
    'Its image publishes no package list, so the packages of its operating system are not known.';
  const remedy =
    'Have its disk read (setting evidence.disks), or import an SBOM with `nodeward nodes NODE --sbom FILE`.';
  return [{ code: 'no-package-list', detail, remedy }];
}

/** Why the node's own disk was not read. */
function diskReasons(
  { node, pool, cluster, failure }: NodeFacts,
  { disks }: Judging,
): readonly CoverageReason[] {
  const sbom = 'Import an SBOM made on the node with `nodeward nodes NODE --sbom FILE`.';
  if (pool.osDisk === 'ephemeral') {
    const detail = "Its disk is the host's own: no snapshot of it can be made.";
    return [{ code: 'ephemeral-disk', detail, remedy: sbom }];
  }
  if (failure !== null) return [failure.reason];
  const detail = 'Its own disk was not read, so what was changed on the node is not seen.';
  if (node.os === 'windows' || cluster.provider !== 'aks') {
    const why = node.os === 'windows' ? 'Disks of Windows nodes are not read. ' : '';
    return [{ code: 'image-only', detail, remedy: `${why}${sbom}` }];
  }
  const remedy = {
    off: 'Have disks read with the setting evidence.disks and a resource group for snapshots, or import an SBOM.',
    sample:
      'The disk of another node of its pool stands for it; set evidence.disks to `all` to have every disk read.',
    all: 'Its disk is read with the next `nodeward sync`, if a resource group for snapshots is set.',
  }[disks];
  return [{ code: 'image-only', detail, remedy }];
}

function readingReasons(evidence: Evidence, node: Node): readonly CoverageReason[] {
  const { source, drift, complete } = evidence;
  const reasons: CoverageReason[] = [];
  const changed = changedSince(evidence, node);
  if (changed.length > 0) {
    const since = source === 'sbom' ? 'its SBOM was imported' : 'its disk was read';
    const detail = `The node has changed since ${since}: ${changed.join('; ')}.`;
    const remedy =
      source === 'sbom'
        ? 'Import a new SBOM with `nodeward nodes NODE --sbom FILE`.'
        : 'Run `nodeward sync` with the setting evidence.disks to have its disk read again.';
    reasons.push({ code: 'drift', detail, remedy });
  } else if (drift.length > 0) {
    const told = drift.map(
      ({ what, image, node }) => `${what} ${node}${image === null ? '' : `, not ${image}`}`,
    );
    const of = { disk: 'its disk', sbom: 'its SBOM', image: 'its image' }[source];
    const detail = `The node reports other software than ${of} has: ${told.join('; ')}.`;
    const remedy = {
      disk: 'Reboot or reimage the node, so that it runs a kernel that is installed; then sync again.',
      sbom: 'Import an SBOM that was made on this node, as it is now.',
      image: 'Have its disk read (setting evidence.disks) to know what is on it, or reimage the node.',
    }[source];
    reasons.push({ code: 'drift', detail, remedy });
  }
  if (!complete && source !== 'image') {
    const what = source === 'disk' ? 'Parts of its disk' : 'Parts of its SBOM';
    const detail = `${what} could not be read, so software may be missing.`;
    const remedy = 'The gaps of `nodeward nodes NODE` name the parts; scan it again with `nodeward sync`.';
    reasons.push({ code: 'scan-incomplete', detail, remedy });
  }
  return reasons;
}

function ageReasons(
  { source, takenAt }: Evidence,
  { node }: NodeFacts,
  { now, maxAgeHours }: Judging,
): readonly CoverageReason[] {
  // The list of an image does not age; what the node reports of itself does, whatever the evidence.
  const unseen = source === 'image' || ageHours(node.lastSeen, now) > maxAgeHours;
  const instant = unseen ? node.lastSeen : takenAt;
  if (ageHours(instant, now) <= maxAgeHours) return [];
  const clock = Date.parse(instant) > now.getTime() ? ', by a clock that was wrong' : '';
  const day = `${instant.slice(0, 10)}${clock}`;
  const detail = {
    disk: `Its disk was last read on ${day}.`,
    sbom: `Its SBOM was imported on ${day}.`,
    image: `The node was last seen on ${day}.`,
  }[unseen ? 'image' : source];
  const remedy =
    source === 'sbom' && !unseen
      ? 'Import a new SBOM with `nodeward nodes NODE --sbom FILE`.'
      : 'Run `nodeward sync`.';
  return [{ code: 'old-evidence', detail, remedy }];
}

/** No nodes yet. */
export const NO_NODES: CoverageCounts = { assessed: 0, partly: 0, 'not-assessed': 0 };

/** The sum of two counts. */
export function addCounts(a: CoverageCounts, b: CoverageCounts): CoverageCounts {
  return {
    assessed: a.assessed + b.assessed,
    partly: a.partly + b.partly,
    'not-assessed': a['not-assessed'] + b['not-assessed'],
  };
}

/** How many nodes there are. */
export function totalOf(counts: CoverageCounts): number {
  return counts.assessed + counts.partly + counts['not-assessed'];
}

/**
 * How far a scope is assessed: `assessed` only where all its nodes are, and nothing in it is unseen.
 * @param whole false where a part of it is not enabled, stopped, not reached or has nodes that were not seen
 */
export function scopeState(counts: CoverageCounts, whole: boolean): CoverageState {
  const total = totalOf(counts);
  if (total === counts['not-assessed']) return 'not-assessed';
  return whole && counts.assessed === total ? 'assessed' : 'partly';
}
