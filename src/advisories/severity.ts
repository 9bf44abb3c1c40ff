import cvss from 'ae-cvss-calculator';
import type { Severity } from '../model/advisory.ts';

const WORDS: ReadonlyMap<string, Severity> = new Map([
  ['critical', 'critical'],
  ['high', 'high'],
  ['important', 'high'],
  ['medium', 'medium'],
  ['moderate', 'medium'],
  ['low', 'low'],
  ['negligible', 'negligible'],
  ['unimportant', 'negligible'],
]);

/** A vendor's word on the common scale; `unknown` for words that rate nothing (`untriaged`, `not yet assigned`). */
export function severityOfWord(word: string): Severity {
  return WORDS.get(word.trim().toLowerCase()) ?? 'unknown';
}

/** Whether the text is a CVSS vector of a version Nodeward keeps (3.0, 3.1, 4.0). */
export function isCvssVector(text: string): boolean {
  return /^CVSS:(?:3\.[01]|4\.0)\/[A-Za-z0-9:/.]{1,300}$/.test(text);
}

/** Severity of the highest base score of the vectors, by FIRST's bands; `unknown` where none can be computed. */
export function severityOfVectors(vectors: readonly string[]): Severity {
  let highest = -1;
  for (const vector of vectors) highest = Math.max(highest, baseScore(vector));
  if (highest < 0) return 'unknown';
  if (highest >= 9) return 'critical';
  if (highest >= 7) return 'high';
  if (highest >= 4) return 'medium';
  return highest > 0 ? 'low' : 'negligible';
}

// A feed of 60,000 records has a few thousand distinct vectors; the bound keeps a hostile one from filling memory.
const MAX_CACHED = 20_000;
const scores = new Map<string, number>();

/** Base score 0…10, or -1 where the vector is incomplete or malformed. */
function baseScore(vector: string): number {
  const known = scores.get(vector);
  if (known !== undefined) return known;
  const score = computeScore(vector);
  if (scores.size >= MAX_CACHED) scores.clear();
  scores.set(vector, score);
  return score;
}

function computeScore(vector: string): number {
  try {
    const { base } = parse(vector).calculateScores();
    return typeof base === 'number' && Number.isFinite(base) ? base : -1;
  } catch {
    return -1;
  }
}

function parse(vector: string): { calculateScores(): { base?: number | undefined } } {
  if (vector.startsWith('CVSS:4.0/')) return new cvss.Cvss4P0(vector);
  return vector.startsWith('CVSS:3.0/') ? new cvss.Cvss3P0(vector) : new cvss.Cvss3P1(vector);
}
