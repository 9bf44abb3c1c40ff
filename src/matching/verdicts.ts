import type { Advisory, AdvisorySource, AffectedPackage, VersionRange } from '../model/advisory.ts';
import type { Finding, FindingState } from '../model/finding.ts';
import type { VersionSchemeId } from '../versions/types.ts';
import { standing } from './ranges.ts';
import type { Streams } from './streams.ts';

/** One CVE that concerns one version of one source package. */
export interface Verdict {
  readonly advisory: Advisory;
  readonly statement: AffectedPackage;
  readonly range: VersionRange | null;
  readonly state: FindingState;
  readonly fixed: string | null;
  readonly note: string | null;
}

/** What the statements about one version of one source package come to. */
export interface Verdicts {
  readonly affected: readonly Verdict[];
  readonly notAffected: readonly Verdict[];
  /** Comparisons that could not be made, in words. */
  readonly problems: readonly string[];
}

/** A version of a package to place, and who speaks about it. */
export interface Question {
  readonly scheme: VersionSchemeId;
  readonly source: string;
  readonly version: string;
  readonly streams: Streams;
}

interface Hit {
  readonly statement: AffectedPackage;
  readonly range: VersionRange | null;
}

/**
 * Judges a version by all statements about its package: a CVE concerns it when a governing stream says so and no
 * governing stream says it is resolved. Only advisories of statements that hold are looked up, so the cost
 * follows the findings, not the size of the database.
 */
export function judge(question: Question, advisories: AdvisorySource): Verdicts {
  const problems = new Set<string>();
  const context = { advisories, problems };
  const main = question.streams.governing
    .map((ecosystem) => place(question, ecosystem, context))
    .reduce(combine);
  const affected: Verdict[] = [];
  const offers = question.streams.offered.map((ecosystem) => place(question, ecosystem, context));
  for (const [key, hit] of main.hits) {
    const offer = isOpen(hit)
      ? offers.map((placement) => placement.hits.get(key)).find((o) => o && !isOpen(o))
      : null;
    affected.push(verdictOf(advisories.advisory(key), hit, offer ?? null));
  }
  for (const offer of offers) {
    for (const [key, hit] of offer.hits) {
      if (main.hits.has(key) || main.resolved.has(key) || main.notAffected.has(key)) continue;
      affected.push(verdictOf(advisories.advisory(key), { ...hit, range: null }, hit));
    }
  }
  const notAffected = [...main.notAffected].map(([key, hit]) =>
    verdictOf(advisories.advisory(key), hit, null),
  );
  return { affected: onePerCve(affected), notAffected: onePerCve(notAffected), problems: [...problems] };
}

interface Hit {
  readonly statement: AffectedPackage;
  readonly range: VersionRange | null;
}

/** Advisory keys by where the version stands against the statements of one or more ecosystems. */
interface Placement {
  readonly hits: Map<number, Hit>;
  readonly resolved: Set<number>;
  readonly notAffected: Map<number, Hit>;
}

interface Context {
  readonly advisories: AdvisorySource;
  readonly problems: Set<string>;
}

/** Sorts the advisories of one ecosystem. Being in any of several ranges counts as affected. */
function place(question: Question, ecosystem: string, context: Context): Placement {
  const placement: Placement = { hits: new Map(), resolved: new Set(), notAffected: new Map() };
  for (const statement of context.advisories.affected(ecosystem, question.source)) {
    const where = standing(question.scheme, question.version, statement);
    if (!where.ok) {
      context.problems.add(`${question.source}: ${where.error.detail}`);
      continue;
    }
    const hit = { statement, range: where.value.range };
    for (const key of statement.advisories) {
      if (!where.value.affected) placement.resolved.add(key);
      else if (statement.status === 'not-affected') placement.notAffected.set(key, hit);
      else if (!placement.hits.has(key)) placement.hits.set(key, hit);
    }
  }
  for (const key of placement.notAffected.keys()) placement.hits.delete(key);
  for (const key of placement.hits.keys()) placement.resolved.delete(key);
  return placement;
}

/** Two streams that both govern: resolved in one means resolved. */
function combine(first: Placement, second: Placement): Placement {
  for (const key of second.resolved) {
    first.resolved.add(key);
    first.hits.delete(key);
  }
  for (const [key, hit] of second.hits) {
    if (!first.resolved.has(key) && !first.hits.has(key)) first.hits.set(key, hit);
  }
  for (const [key, hit] of second.notAffected) first.notAffected.set(key, hit);
  return first;
}

/** Whether a hit names no version with the fix. */
function isOpen(hit: Hit): boolean {
  return hit.range?.fixed === undefined || hit.range.fixed === null;
}

function verdictOf(advisory: Advisory, hit: Hit, offer: Hit | null): Verdict {
  const { statement, range } = hit;
  const fixed = range?.fixed ?? null;
  const proFix = offer?.range?.fixed ?? null;
  if (fixed === null && proFix !== null && offer !== null) {
    const note = `fixed only with a subscription, in ${proFix} (${offer.statement.ecosystem})`;
    return { advisory, statement: offer.statement, range, state: 'fix-in-pro', fixed: null, note };
  }
  const state: FindingState =
    fixed !== null ? 'fix-available' : statement.status === 'will-not-fix' ? 'will-not-fix' : 'no-fix';
  return { advisory, statement, range, state, fixed, note: noteOf(statement, fixed) };
}

/** Canonical's records of certified builds state fixes for few vulnerabilities, also where a newer build has them. */
function noteOf({ ecosystem, note }: AffectedPackage, fixed: string | null): string | null {
  if (fixed !== null || !ecosystem.includes(':FIPS')) return note;
  return 'the FIPS stream names no fixed version; a newer certified build may have the fix all the same';
}

/** Records made for one CVE rank before notices about several, and a statement with a fix before one without. */
function rank(verdict: Verdict): number {
  const notice = /^(?:USN|DSA|DLA|ALSA|RLSA|RXSA)-/.test(verdict.advisory.id) ? 2 : 0;
  return notice + (verdict.fixed === null ? 1 : 0);
}

function onePerCve(verdicts: readonly Verdict[]): readonly Verdict[] {
  const best = new Map<string, Verdict>();
  for (const verdict of verdicts) {
    // AlmaLinux publishes bug-fix and enhancement notices beside its security notices.
    if (/^AL[BE]A-/.test(verdict.advisory.cve)) continue;
    const known = best.get(verdict.advisory.cve);
    if (known === undefined || rank(verdict) < rank(known)) best.set(verdict.advisory.cve, verdict);
  }
  return [...best.values()];
}

/** What a finding takes from the verdict as it is, whatever kind of software it is in. */
export function factsOf(
  { advisory, state, fixed }: Verdict,
  advisories: AdvisorySource,
): Pick<
  Finding,
  'cve' | 'aliases' | 'fixed' | 'severity' | 'cvss' | 'feed' | 'published' | 'state' | 'kev' | 'epss'
> {
  const { cve, aliases, severity, cvss, feed, published } = advisory;
  return { cve, aliases, fixed, severity, cvss, feed, published, state, ...advisories.exploitation(cve) };
}
