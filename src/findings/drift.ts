import type { CoverageReason, Drift, EvidenceSource } from '../model/coverage.ts';

/** What is known of the software of one node. */
export interface NodeSoftware {
  readonly name: string;
  readonly image: string | null;
  /** Where its list comes from; null where it has none. Lists of different sources differ by what these can see. */
  readonly source: EvidenceSource | null;
  /** Digest of its list; null where it has none. */
  readonly list: string | null;
  /** What it reports otherwise than its image. */
  readonly drift: readonly Drift[];
}

/** What differs between the nodes of a pool. */
export interface PoolDrift {
  /** Nodes that are not like most, or not like their image. */
  readonly nodes: readonly { readonly name: string; readonly image: string | null; readonly why: string }[];
  readonly reasons: readonly CoverageReason[];
}

/** Compares the nodes of a pool with each other and with their images. */
export function driftOf(_nodes: readonly NodeSoftware[]): PoolDrift {
  throw new Error('to be written');
}
