import type { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '../../base/sqlite.ts';
import type { FeedId } from '../../model/advisory.ts';
import type { SourceCoverage } from '../collector.ts';
import { cveOfNumber } from '../identifiers.ts';
import type { FeedStatus } from '../status.ts';
import type { AffectedBody, Entry } from '../types.ts';
import { decodeBody, decodeNumbers } from './codec.ts';
import { ADVISORY_DATABASE, EPSS_SCALE, FEED_CODES, SEVERITY_CODES } from './layout.ts';
import type { FeedContent } from './writer.ts';

/**
 * Everything a database holds of one feed, as it was written; null where the feed is not in it.
 * @throws NodewardError database-missing, database-unusable
 */
export function rereadFeed(path: string, feed: FeedId): FeedContent | null {
  const database = openDatabase(path, ADVISORY_DATABASE);
  try {
    const code = FEED_CODES.indexOf(feed);
    const row = database.prepare('SELECT status, fingerprint FROM feed WHERE code = ?').get(code);
    if (row === undefined) return null;
    return {
      status: JSON.parse(String(row.status)) as FeedStatus,
      fingerprint: typeof row.fingerprint === 'string' ? row.fingerprint : null,
      coverage: coverageOf(database, feed, code),
      entries: entriesOf(database, feed, code),
      binaries: binariesOf(database, code),
      kev: feed === 'cisa-kev' ? kevOf(database) : new Map(),
      epss: feed === 'epss' ? epssOf(database) : new Map(),
    };
  } finally {
    database.close();
  }
}

/**
 * The fingerprints of the feeds of a database, to tell whether their files changed since it was built.
 * @throws NodewardError database-missing, database-unusable
 */
export function fingerprintsOf(path: string): ReadonlyMap<FeedId, string | null> {
  const database = openDatabase(path, ADVISORY_DATABASE);
  try {
    const fingerprints = new Map<FeedId, string | null>();
    for (const row of database.prepare('SELECT code, fingerprint FROM feed').iterate()) {
      const feed = FEED_CODES[Number(row.code)];
      if (feed !== undefined)
        fingerprints.set(feed, typeof row.fingerprint === 'string' ? row.fingerprint : null);
    }
    return fingerprints;
  } finally {
    database.close();
  }
}

function coverageOf(database: DatabaseSync, feed: FeedId, code: number): readonly SourceCoverage[] {
  const rows = database.prepare('SELECT * FROM coverage WHERE feed = ? ORDER BY rowid').all(code);
  return rows.map((row) => ({
    feed,
    source: String(row.source),
    ecosystem: String(row.ecosystem),
    records: Number(row.records),
    asOf: String(row.as_of),
    complete: row.complete === 1,
  }));
}

function entriesOf(database: DatabaseSync, feed: FeedId, code: number): readonly Entry[] {
  const aliases = aliasesOf(database, code);
  const entries = new Map<number, Entry & { readonly affected: AffectedBody[] }>();
  const advisories = database.prepare(`SELECT a.*, v.cve, c.vectors FROM advisory a
    JOIN vulnerability v ON v.id = a.vulnerability LEFT JOIN cvss c ON c.id = a.cvss WHERE a.feed = ? ORDER BY a.key`);
  for (const row of advisories.iterate(code)) {
    entries.set(Number(row.key), {
      feed,
      id: String(row.id),
      cve: String(row.cve),
      aliases: aliases.get(Number(row.vulnerability)) ?? [],
      severity: SEVERITY_CODES[Number(row.severity)] ?? 'unknown',
      cvss: typeof row.vectors === 'string' ? row.vectors.split(' ') : [],
      published: typeof row.published === 'string' ? row.published : null,
      affected: [],
    });
  }
  const statements =
    database.prepare(`SELECT e.name AS ecosystem, p.name, s.body, s.advisories FROM statement s
    JOIN package p ON p.id = s.package JOIN ecosystem e ON e.id = p.ecosystem ORDER BY s.package, s.number`);
  for (const row of statements.iterate()) {
    const packed = row.advisories;
    if (!(packed instanceof Uint8Array)) continue;
    const name = { ecosystem: String(row.ecosystem), name: String(row.name) };
    const body = { ...name, ...decodeBody(String(row.body)) };
    for (const key of decodeNumbers(packed)) entries.get(key)?.affected.push(body);
  }
  return [...entries.values()];
}

function aliasesOf(database: DatabaseSync, code: number): ReadonlyMap<number, readonly string[]> {
  const aliases = new Map<number, string[]>();
  const rows = database.prepare('SELECT id, vulnerability FROM alias WHERE feed = ? ORDER BY id');
  for (const row of rows.iterate(code)) {
    const vulnerability = Number(row.vulnerability);
    const known = aliases.get(vulnerability);
    if (known === undefined) aliases.set(vulnerability, [String(row.id)]);
    else known.push(String(row.id));
  }
  return aliases;
}

function binariesOf(database: DatabaseSync, code: number): FeedContent['binaries'] {
  const binaries = new Map<string, Map<string, Set<string>>>();
  const rows = database.prepare(
    'SELECT e.name AS ecosystem, b.name, b.sources FROM binary b JOIN ecosystem e ON e.id = b.ecosystem WHERE b.feed = ?',
  );
  for (const row of rows.iterate(code)) {
    const ecosystem = String(row.ecosystem);
    const table = binaries.get(ecosystem) ?? new Map<string, Set<string>>();
    binaries.set(ecosystem, table);
    table.set(String(row.name), new Set(JSON.parse(String(row.sources)) as string[]));
  }
  return binaries;
}

function kevOf(database: DatabaseSync): ReadonlyMap<string, string> {
  const kev = new Map<string, string>();
  for (const row of database.prepare('SELECT cve, added FROM kev').iterate())
    kev.set(cveOfNumber(Number(row.cve)), String(row.added));
  return kev;
}

function epssOf(database: DatabaseSync): FeedContent['epss'] {
  const epss = new Map<string, readonly [number, number]>();
  for (const row of database.prepare('SELECT cve, score, percentile FROM epss').iterate()) {
    const score = Number(row.score) / EPSS_SCALE;
    epss.set(cveOfNumber(Number(row.cve)), [score, Number(row.percentile) / EPSS_SCALE]);
  }
  return epss;
}
