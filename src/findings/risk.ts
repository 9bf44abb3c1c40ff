import cvss from 'ae-cvss-calculator';
import type { Severity } from '../model/advisory.ts';
import type { Presence } from '../model/finding.ts';
import type { Exposure, Risk, RiskFactor, Vulnerability } from '../model/recommendation.ts';

/** Points of each severity. What nobody rated counts as medium. */
const SEVERITY_POINTS: Readonly<Record<Severity, number>> = {
  critical: 50,
  high: 38,
  medium: 24,
  low: 10,
  negligible: 3,
  unknown: 24,
};
const KEV_POINTS = 20;
const EPSS_POINTS = 10;
const PUBLIC_POINTS = 4;
const SYSTEM_POINTS = 2;
const PRIVILEGED_POINTS = 2;
/** Pools of at least so many nodes get one point more for each. */
const NODE_STEPS: readonly number[] = [10, 100];
/** What is left of the risk of software that is not in use. */
const UNUSED_SHARE = 0.4;

const NOT_KNOWN = 'not known';
/** No genuine vector is longer. */
const MAX_VECTOR = 512;

/** Where nothing is at risk. */
export const NO_RISK: Risk = { score: 0, factors: [] };

/** What a risk is made of. */
export interface RiskFacts {
  readonly severity: Severity;
  /** Null where nothing more is known of it. */
  readonly vulnerability: Vulnerability | null;
  readonly exposure: Exposure;
  /** Whether the software it is in is in use. */
  readonly presence: Presence;
}

/**
 * How urgent a finding is: points of severity (3–50), CVSS (0–10), KEV (20), EPSS (0–10) and of the exposure of its pool
 * (0–10), added up; in software that is not in use 40 % of that. What is not known adds nothing, and is shown.
 */
export function riskOf({ severity, vulnerability, exposure, presence }: RiskFacts): Risk {
  const points = SEVERITY_POINTS[severity];
  const factors = [
    { name: 'severity', value: severity, points },
    ...vulnerabilityFactors(vulnerability),
    ...exposureFactors(exposure),
  ];
  const whole = sumOf(factors);
  const score = scoreOf(whole, presence === 'running' || presence === 'installed');
  factors.push({ name: 'presence', value: presence, points: score - whole });
  return { score, factors };
}

/** The points that a severity adds. */
export function severityPoints(severity: Severity): number {
  return SEVERITY_POINTS[severity];
}

/** The points that what is known of a vulnerability adds: CVSS, KEV, EPSS. */
export function vulnerabilityPoints(vulnerability: Vulnerability | null): number {
  return sumOf(vulnerabilityFactors(vulnerability));
}

/** The points that the exposure of a pool adds to each of its findings. */
export function exposurePoints(exposure: Exposure): number {
  return sumOf(exposureFactors(exposure));
}

/** The score that points come to. */
export function scoreOf(points: number, inUse: boolean): number {
  return inUse ? points : Math.round(points * UNUSED_SHARE);
}

function sumOf(factors: readonly RiskFactor[]): number {
  return factors.reduce((sum, { points }) => sum + points, 0);
}

function vulnerabilityFactors(vulnerability: Vulnerability | null): readonly RiskFactor[] {
  const { cvss: vectors, kev, epss } = vulnerability ?? { cvss: [], kev: null, epss: null };
  const base = vectors.reduce<number | null>((worst, vector) => {
    const score = baseScore(vector);
    return score === null ? worst : Math.max(worst ?? 0, score);
  }, null);
  const listed = vulnerability === null ? NOT_KNOWN : 'not listed';
  return [
    factor('CVSS', base === null ? null : base.toFixed(1), Math.round(base ?? 0)),
    { name: 'KEV', value: kev === null ? listed : `since ${kev}`, points: kev === null ? 0 : KEV_POINTS },
    factor('EPSS', epss === null ? null : String(epss.score), epssPoints(epss?.score ?? 0)),
  ];
}

/** Most scores are far below 0.1: the root spreads them. */
function epssPoints(score: number): number {
  return Math.round(EPSS_POINTS * Math.sqrt(Math.min(1, Math.max(0, score))));
}

function exposureFactors({ publicAddress, systemPool, nodes, privileged }: Exposure): readonly RiskFactor[] {
  return [
    factor('public address', yesOrNo(publicAddress), publicAddress === true ? PUBLIC_POINTS : 0),
    factor('system pool', yesOrNo(systemPool), systemPool === true ? SYSTEM_POINTS : 0),
    factor('nodes', String(nodes), NODE_STEPS.filter((step) => nodes >= step).length),
    factor(
      'privileged workloads',
      privileged === null ? null : String(privileged),
      (privileged ?? 0) > 0 ? PRIVILEGED_POINTS : 0,
    ),
  ];
}

function factor(name: string, value: string | null, points: number): RiskFactor {
  return value === null ? { name, value: NOT_KNOWN, points: 0 } : { name, value, points };
}

function yesOrNo(value: boolean | null): string | null {
  return value === null ? null : value ? 'yes' : 'no';
}

const scores = new Map<string, number | null>();

/** The base score of a CVSS vector, 0 to 10; null where it cannot be read. */
function baseScore(vector: string): number | null {
  let score = scores.get(vector);
  if (score === undefined) {
    score = computeScore(vector);
    scores.set(vector, score);
  }
  return score;
}

function computeScore(vector: string): number | null {
  if (vector.length > MAX_VECTOR) return null;
  try {
    const read: Readonly<Record<string, unknown>> = { ...cvss.fromVector(vector)?.calculateScores() };
    // Version 4.0 calls `base` what threats and the environment have changed already.
    const score = read.baseMetricsOnly ?? read.base;
    return typeof score === 'number' && score >= 0 && score <= 10 ? score : null;
  } catch {
    // A vector that the calculator refuses is not known; the severity still stands.
    return null;
  }
}
