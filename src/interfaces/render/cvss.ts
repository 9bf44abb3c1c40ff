import cvss from 'ae-cvss-calculator';
import type { Severity } from '../../model/advisory.ts';

/** A CVSS vector with its base score. */
export interface Scored {
  readonly vector: string;
  /** `3.0`, `3.1` or `4.0`. */
  readonly version: string;
  readonly score: number;
}

const VERSION = /^CVSS:(\d\.\d)\//;
const known = new Map<string, Scored | null>();

/** The vectors that can be read, with their scores; newest CVSS version first. */
export function scores(vectors: readonly string[]): readonly Scored[] {
  return vectors
    .flatMap((vector) => scoreOf(vector) ?? [])
    .sort((a, b) => (a.version < b.version ? 1 : a.version > b.version ? -1 : 0));
}

function scoreOf(vector: string): Scored | null {
  const cached = known.get(vector);
  if (cached !== undefined) return cached;
  const scored = compute(vector);
  known.set(vector, scored);
  return scored;
}

function compute(vector: string): Scored | null {
  const version = VERSION.exec(vector)?.[1];
  if (version === undefined) return null;
  try {
    const score = cvss.fromVector(vector)?.calculateScores().overall;
    return typeof score === 'number' && Number.isFinite(score) ? { vector, version, score } : null;
  } catch {
    // A vector that the calculator refuses is no reason to lose the finding; its severity still stands.
    return null;
  }
}

/** A score in the middle of a severity's band, for findings without a vector; null where the severity is unknown. */
export const BAND_SCORES: Readonly<Record<Severity, number | null>> = {
  critical: 9.5,
  high: 8,
  medium: 5.5,
  low: 2,
  negligible: 0.5,
  unknown: null,
};
