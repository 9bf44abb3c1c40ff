/** Joins the records of one feed that are about one vulnerability, and settles who speaks for which package. */

import { compareText } from '../base/text.ts';
import type { FeedId, Severity } from '../model/advisory.ts';
import { canonicalRank } from './identifiers.ts';
import type { AffectedBody, AffectedStatement, Entry, FeedRecord, Rating, Statement } from './types.ts';

/** The entries of a feed, and how many of its records are heard only through others. */
export interface Collapsed {
  /** Sorted by record id, then CVE, then severity. */
  readonly entries: readonly Entry[];
  /** Records that led to at least one entry. */
  readonly records: number;
  /** Notices whose every statement a per-CVE record makes already; they stay as aliases. */
  readonly covered: number;
}

/**
 * Records as entries. One vulnerability is one CVE with all ids known for it; ids without a CVE are joined through
 * their aliases. Two CVEs are never joined, whatever names both.
 */
export function collapse(feed: FeedId, records: readonly FeedRecord[]): Collapsed {
  const statements = records.flatMap((record) => (record.kind === 'statement' ? [record.statement] : []));
  statements.sort((a, b) => compareText(a.id, b.id));
  const identities = new Identities(statements);
  const aliases = new Aliases();
  for (const statement of statements) {
    for (const cve of identities.of(statement)) {
      aliases.add(cve, statement.aliases);
      aliases.add(cve, identities.joined(cve, statement.aliases));
    }
  }
  for (const record of records)
    if (record.kind === 'livepatch') for (const cve of record.cves) aliases.add(cve, [record.id]);
  const covered = perCveStatements(statements);
  const goRatings = githubRatings(statements, identities);
  const entries: Entry[] = [];
  let spoken = 0;
  for (const statement of statements) {
    const before = entries.length;
    for (const cve of identities.of(statement)) {
      const affected = statement.affected.filter((element) => speaks(statement, element, { cve, covered }));
      const parts = bySeverity(affected, rate(statement, cve, goRatings));
      for (const part of parts)
        entries.push({
          feed,
          id: statement.id,
          cve,
          aliases: aliases.of(cve),
          ...published(statement),
          ...part,
        });
    }
    if (entries.length > before) spoken++;
  }
  return { entries, records: spoken, covered: statements.length - spoken };
}

function published({ published }: Statement): Pick<Entry, 'published'> {
  return { published };
}

/** Which vulnerabilities a record is about. */
class Identities {
  readonly #parents = new Map<string, string>();
  readonly #cves = new Map<string, string>();
  readonly #members = new Map<string, string[]>();

  constructor(statements: readonly Statement[]) {
    const vulnerabilities = statements.filter(({ kind }) => kind === 'vulnerability');
    // Records with one CVE first: what they say of an id is surer than a chain of aliases.
    for (const { cves, id, aliases } of vulnerabilities) {
      const [cve] = cves;
      if (cve !== undefined && cves.length === 1)
        for (const other of [id, ...joinable(aliases)]) this.#name(other, cve);
    }
    for (const { cves, id, aliases } of vulnerabilities)
      if (cves.length === 0) for (const other of joinable(aliases)) this.#join(id, other);
    for (const id of this.#parents.keys()) {
      const root = this.#root(id);
      this.#members.set(root, [...(this.#members.get(root) ?? []), id]);
    }
    for (const [root, members] of this.#members)
      if (!this.#cves.has(root)) this.#cves.set(root, preferred(members));
  }

  of(statement: Statement): readonly string[] {
    if (statement.cves.length > 0) return statement.cves;
    if (statement.kind === 'notice') return [statement.id];
    return [this.#cves.get(this.#root(statement.id)) ?? statement.id];
  }

  /** The ids joined with any of `ids` that are about `cve`. */
  joined(cve: string, ids: readonly string[]): readonly string[] {
    return ids.flatMap((id) => {
      const root = this.#root(id);
      return this.#cves.get(root) === cve ? (this.#members.get(root) ?? []) : [];
    });
  }

  #root(id: string): string {
    let root = id;
    for (let up = this.#parents.get(root); up !== undefined && up !== root; up = this.#parents.get(root))
      root = up;
    if (root !== id) this.#parents.set(id, root);
    return root;
  }

  #name(id: string, cve: string): void {
    const root = this.#root(id);
    this.#parents.set(id, root);
    if (!this.#cves.has(root)) this.#cves.set(root, cve);
  }

  #join(a: string, b: string): void {
    const [one, two] = [this.#root(a), this.#root(b)];
    this.#parents.set(one, one);
    this.#parents.set(two, two);
    const [cveOne, cveTwo] = [this.#cves.get(one), this.#cves.get(two)];
    if (one === two || (cveOne !== undefined && cveTwo !== undefined && cveOne !== cveTwo)) return;
    this.#parents.set(one, two);
    if (cveOne !== undefined) this.#cves.set(two, cveOne);
  }
}

/** Ids that name a vulnerability; a notice joins nothing, because it is about several. */
function joinable(aliases: readonly string[]): readonly string[] {
  return aliases.filter((id) => /^(?:GHSA|GO)-/.test(id));
}

function preferred(ids: readonly string[]): string {
  const sorted = [...ids].sort((a, b) => canonicalRank(a) - canonicalRank(b) || compareText(a, b));
  return sorted[0] ?? '';
}

/** All identifiers per vulnerability, sorted, without its name. */
class Aliases {
  readonly #sets = new Map<string, Set<string>>();
  readonly #sorted = new Map<string, readonly string[]>();

  add(cve: string, ids: readonly string[]): void {
    const set = this.#sets.get(cve) ?? new Set<string>();
    this.#sets.set(cve, set);
    for (const id of ids) if (id !== cve) set.add(id);
  }

  of(cve: string): readonly string[] {
    const known = this.#sorted.get(cve);
    if (known !== undefined) return known;
    const sorted = [...(this.#sets.get(cve) ?? [])].sort(compareText);
    this.#sorted.set(cve, sorted);
    return sorted;
  }
}

/** What per-CVE records of distributions state: there, a notice of the same feed has nothing to add. */
function perCveStatements(statements: readonly Statement[]): ReadonlySet<string> {
  const cves = new Set<string>();
  for (const { kind, cves: fixed } of statements)
    if (kind === 'notice') for (const cve of fixed) cves.add(cve);
  const stated = new Set<string>();
  for (const {
    kind,
    cves: [cve],
    affected,
  } of statements) {
    if (kind !== 'vulnerability' || cve === undefined || !cves.has(cve)) continue;
    for (const { body } of affected) stated.add(statementKey(cve, body));
  }
  return stated;
}

function statementKey(cve: string, { ecosystem, name }: AffectedBody): string {
  return `${cve}\n${ecosystem}\n${name}`;
}

/** Whether a record's statement on a package is one on `cve`, and one nobody makes with more authority. */
function speaks(
  { kind }: Statement,
  { body, ratings }: AffectedStatement,
  { cve, covered }: { cve: string; covered: ReadonlySet<string> },
): boolean {
  if (kind === 'vulnerability') return true;
  if (ratings !== null && !ratings.some((rating) => rating.cve === cve)) return false;
  return !covered.has(statementKey(cve, body));
}

/** GitHub's ratings by CVE, for records of the Go vulnerability database, which rates nothing. */
function githubRatings(
  statements: readonly Statement[],
  identities: Identities,
): ReadonlyMap<string, Rating> {
  const ratings = new Map<string, Rating>();
  for (const statement of statements) {
    const { id, severity, cvss } = statement;
    if (!id.startsWith('GHSA-') || severity === 'unknown') continue;
    for (const cve of identities.of(statement))
      if (!ratings.has(cve)) ratings.set(cve, { cve, severity, cvss });
  }
  return ratings;
}

function rate(statement: Statement, cve: string, github: ReadonlyMap<string, Rating>): Omit<Rating, 'cve'> {
  if (statement.kind === 'notice') {
    for (const { ratings } of statement.affected)
      for (const rating of ratings ?? [])
        if (rating.cve === cve && (rating.severity !== 'unknown' || rating.cvss.length > 0)) return rating;
  }
  const silent = statement.severity === 'unknown' && statement.cvss.length === 0;
  return (silent && statement.id.startsWith('GO-') && github.get(cve)) || statement;
}

/** Packages the vendor rates apart from the record make an entry of their own. */
function bySeverity(
  affected: readonly AffectedStatement[],
  { severity, cvss }: Omit<Rating, 'cve'>,
): readonly Pick<Entry, 'severity' | 'cvss' | 'affected'>[] {
  const parts = new Map<Severity, Set<AffectedBody>>();
  for (const element of affected) {
    const own = element.severity ?? severity;
    const bodies = parts.get(own) ?? new Set();
    parts.set(own, bodies.add(element.body));
  }
  return [...parts]
    .sort(([a], [b]) => compareText(a, b))
    .map(([own, bodies]) => ({ severity: own, cvss, affected: [...bodies] }));
}
