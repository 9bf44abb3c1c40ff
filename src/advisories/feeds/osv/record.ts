import * as v from 'valibot';
import { isoDay } from '../../../base/clock.ts';
import { reasonOf } from '../../../base/errors.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import type { Severity, VendorStatus } from '../../../model/advisory.ts';
import { cveOf, isCve, isIdentifier, isKeptAlias } from '../../identifiers.ts';
import { isCvssVector, severityOfVectors, severityOfWord } from '../../severity.ts';
import type { AffectedStatement, FeedRecord, Rating, Statement } from '../../types.ts';
import { BadRecordError, spanOf } from './ranges.ts';
import { type OsvAffected, type OsvRecord, type OsvSeverities, osvRecord } from './schema.ts';

/** Ecosystems of programming languages and the like; Go stays, because node components are written in it. */
const OUT_OF_SCOPE: ReadonlySet<string> = new Set([
  'Bioconductor',
  'Bitnami',
  'ConanCenter',
  'CRAN',
  'crates.io',
  'GHC',
  'GitHub Actions',
  'Hackage',
  'Hex',
  'Julia',
  'Maven',
  'npm',
  'NuGet',
  'opam',
  'OSS-Fuzz',
  'Packagist',
  'Pub',
  'PyPI',
  'RubyGems',
  'SwiftURL',
  'VSCode',
]);

function isOutOfScope(ecosystem: string): boolean {
  return OUT_OF_SCOPE.has(ecosystem.split(':', 1)[0] ?? '');
}

const MAX_NOTE = 200;

/** One decoded JSON document as a record of the feed, or why it is none. */
export function readOsvRecord(json: unknown): Result<FeedRecord, string> {
  const parsed = v.safeParse(osvRecord, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    return err(`not an OSV record: ${v.getDotPath(issue) ?? 'record'}: ${issue.message.slice(0, 200)}`);
  }
  try {
    return ok(understand(parsed.output));
  } catch (thrown) {
    if (thrown instanceof BadRecordError) return err(thrown.message);
    return err(`unexpected: ${reasonOf(thrown)}`);
  }
}

function understand(record: OsvRecord): FeedRecord {
  const { id } = record;
  if (!isIdentifier(id)) throw new BadRecordError('its id is not an identifier');
  const modified = instant(record.modified);
  if (isWithdrawn(record)) {
    const changed = latest(modified, instant(record.withdrawn));
    return { kind: 'withdrawn', id, modified: changed, ecosystems: ecosystemsOf(record) };
  }
  if (id.startsWith('LSN-')) return { kind: 'livepatch', id, modified, cves: noticeCves(record) };
  const affected = (record.affected ?? []).flatMap((element) => readAffected(element));
  if (affected.length === 0) return { kind: 'out-of-scope', id, modified };
  return { kind: 'statement', statement: statementOf(record, modified, affected) };
}

function isWithdrawn(record: OsvRecord): boolean {
  if (record.withdrawn !== null && record.withdrawn !== undefined) return true;
  return /^\s*(?:\*\* ?REJECT|Rejected reason)/i.test(record.details ?? '');
}

function ecosystemsOf(record: OsvRecord): readonly string[] {
  const ecosystems = (record.affected ?? []).map((affected) => affected.package?.ecosystem ?? '');
  return unique(ecosystems.filter((ecosystem) => ecosystem !== '' && !isOutOfScope(ecosystem)));
}

function statementOf(
  record: OsvRecord,
  modified: string | null,
  affected: readonly AffectedStatement[],
): Statement {
  const cvss = vectorsOf(record.severity);
  const word = ubuntuWord(record.severity) ?? summaryWord(record) ?? githubWord(record);
  const severity = word === null || word === 'unknown' ? severityOfVectors(cvss) : word;
  const published = isoDay(record.published ?? '');
  return { id: record.id, ...identityOf(record), modified, published, severity, cvss, affected };
}

/** What the record is about. How ids relate differs by database, and OSV's own words for it changed over time. */
function identityOf(record: OsvRecord): Pick<Statement, 'kind' | 'cves' | 'aliases'> {
  const own = cveOf(record.id);
  const aliases = (record.aliases ?? []).filter(isKeptAlias);
  if (own !== null) {
    // A per-CVE record. Debian's old ones list other CVEs as aliases: never one vulnerability.
    const notices = (record.related ?? []).filter((id) => isNoticeOf(record.id, id));
    return {
      kind: 'vulnerability',
      cves: [own],
      aliases: unique([record.id, ...aliases, ...notices].filter((id) => id !== own)),
    };
  }
  if (/^(?:GO|GHSA)-/.test(record.id)) {
    const named = [...(record.aliases ?? []), ...(record.upstream ?? [])];
    return {
      kind: 'vulnerability',
      cves: unique(named.filter(isCve)),
      aliases: unique([record.id, ...aliases]),
    };
  }
  return { kind: 'notice', cves: noticeCves(record), aliases: [record.id] };
}

/** Whether `id` is a notice of the distribution whose per-CVE record names it as related. */
function isNoticeOf(record: string, id: string): boolean {
  if (!isIdentifier(id)) return false;
  return record.startsWith('UBUNTU-') ? id.startsWith('USN-') : /^(?:DSA|DLA)-/.test(id);
}

/** The CVEs a notice fixes: `upstream` since OSV schema 1.7, `aliases` or `related` before. */
function noticeCves(record: OsvRecord): readonly string[] {
  for (const ids of [record.upstream, record.aliases, record.related]) {
    const cves = (ids ?? []).map(cveOf).filter((cve) => cve !== null);
    if (cves.length > 0) return unique(cves);
  }
  return [];
}

function readAffected(affected: OsvAffected): AffectedStatement[] {
  const { package: named, ecosystem_specific: specific } = affected;
  if (named === null || named === undefined) return [];
  if (isOutOfScope(named.ecosystem)) return [];
  const [family = ''] = named.ecosystem.split(':', 1);
  if (named.name === '' || family === '') throw new BadRecordError('an affected package without a name');
  const urgency = family === 'Debian' ? (specific?.urgency ?? null) : null;
  const body = {
    ecosystem: named.ecosystem,
    name: named.name,
    ...standingOf(affected, family, urgency),
    note: noteOf(affected),
    imports: unique((specific?.imports ?? []).map(({ path }) => path ?? '').filter((path) => path !== '')),
  };
  const binaries = unique((specific?.binaries ?? []).flatMap(binaryNames));
  return [{ body, binaries, severity: ownSeverity(affected, urgency), ratings: ratingsOf(affected) }];
}

function standingOf(
  affected: OsvAffected,
  family: string,
  urgency: string | null,
): { status: VendorStatus } & ReturnType<typeof spanOf> {
  const span = spanOf(affected);
  // Debian's tracker writes "fixed in 0" for a release that never had the vulnerability.
  if (family === 'Debian' && span.ranges.some(({ fixed }) => fixed === '0')) {
    const always = { introduced: null, fixed: null, lastAffected: null };
    return { status: 'not-affected', ranges: [always], versions: [] };
  }
  return { status: urgency === 'end-of-life' ? 'will-not-fix' : 'affected', ...span };
}

/** Debian's urgency, or the severity OSV allows per package; null where neither rates anything. */
function ownSeverity(affected: OsvAffected, urgency: string | null): Severity | null {
  const word = urgency === null ? 'unknown' : severityOfWord(urgency);
  if (word !== 'unknown') return word;
  const vectors = severityOfVectors(vectorsOf(affected.severity));
  const own = ubuntuWord(affected.severity) ?? vectors;
  return own === 'unknown' ? null : own;
}

/**
 * Why the vendor rated it so, else which subscription the fix needs. Longer reasons are prose and left out; the
 * web address after the subscription is too.
 */
function noteOf(affected: OsvAffected): string | null {
  const reason = affected.ecosystem_specific?.priority_reason?.trim().replace(/\s+/g, ' ') ?? '';
  if (reason !== '' && reason.length <= MAX_NOTE) return reason;
  const availability = affected.ecosystem_specific?.availability?.replace(/: https?:.*$/, '').trim() ?? '';
  const says = availability !== '' && availability !== 'No subscription required';
  return says && availability.length <= MAX_NOTE ? availability : null;
}

function binaryNames(binary: Readonly<Record<string, string>>): readonly string[] {
  const name = binary.binary_name;
  return name === undefined ? Object.keys(binary) : [name];
}

/** The CVEs of an Ubuntu notice that concern this package. An empty map says nothing, so all of them do. */
function ratingsOf(affected: OsvAffected): readonly Rating[] | null {
  const cves = affected.database_specific?.cves_map?.cves ?? [];
  const ratings = cves.flatMap(({ id, severity }) => {
    const cve = cveOf(id);
    if (cve === null) return [];
    const vectors = vectorsOf(severity);
    const word = ubuntuWord(severity) ?? 'unknown';
    return [{ cve, severity: word === 'unknown' ? severityOfVectors(vectors) : word, cvss: vectors }];
  });
  return ratings.length === 0 ? null : ratings;
}

function vectorsOf(severities: OsvSeverities): readonly string[] {
  return unique((severities ?? []).map(({ score }) => score).filter(isCvssVector));
}

function ubuntuWord(severities: OsvSeverities): Severity | null {
  const rated = severities?.find(({ type }) => type === 'Ubuntu');
  return rated === undefined ? null : severityOfWord(rated.score);
}

/** AlmaLinux and Rocky Linux: `Important: kernel security update`. */
function summaryWord(record: OsvRecord): Severity | null {
  const match = /^(Critical|Important|Moderate|Low):/.exec(record.summary ?? '');
  return match?.[1] === undefined ? null : severityOfWord(match[1]);
}

function githubWord(record: OsvRecord): Severity | null {
  const word = record.database_specific?.severity;
  return record.id.startsWith('GHSA-') && typeof word === 'string' ? severityOfWord(word) : null;
}

/** An instant that can be ordered as text; null for Go's `0001-01-01T00:00:00Z` and anything that is no instant. */
function instant(text: string | null | undefined): string | null {
  return text !== null && text !== undefined && isoDay(text) !== null ? text : null;
}

function latest(a: string | null, b: string | null): string | null {
  return a === null || (b !== null && b > a) ? b : a;
}

function unique(texts: readonly string[]): readonly string[] {
  return texts.length < 2 ? texts : [...new Set(texts)];
}
