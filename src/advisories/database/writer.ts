import type { DatabaseSync } from 'node:sqlite';
import type { BinaryTable, ExploitationData, SourceCoverage } from '../collector.ts';
import { cveNumber } from '../identifiers.ts';
import type { FeedStatus } from '../status.ts';
import type { AffectedBody, Entry } from '../types.ts';
import { encodeBody, encodeNumbers } from './codec.ts';
import { EPSS_SCALE, FEED_CODES, INDEXES, SEVERITY_CODES, TABLES } from './layout.ts';
import { storeRevision } from './revision.ts';

/** All the database holds of one feed. */
export interface FeedContent extends ExploitationData {
  readonly status: FeedStatus;
  /** Tells whether the feed's files changed since; null where that is not known. */
  readonly fingerprint: string | null;
  readonly coverage: readonly SourceCoverage[];
  readonly entries: readonly Entry[];
  readonly binaries: BinaryTable;
}

/** Which ecosystems to keep: see `buildAdvisories`. */
export type Keep = (ecosystem: string) => boolean;

/** What was written. */
export interface Written {
  readonly advisories: number;
  readonly statements: number;
  readonly vulnerabilities: number;
}

interface Vulnerability {
  readonly id: number;
  readonly packages: Set<number>;
  published: string | null;
}

/** Fills an empty database. Nothing but `keep` decides what is left out. */
export function writeDatabase(
  database: DatabaseSync,
  contents: readonly FeedContent[],
  keep: Keep | null,
): Written {
  database.exec(TABLES);
  const writer = new Writer(database, keep);
  for (const content of contents) writer.feed(content);
  const written = writer.finish();
  for (const content of contents) writer.exploitation(content);
  database.exec(INDEXES);
  storeRevision(database);
  return written;
}

class Writer {
  readonly #database: DatabaseSync;
  readonly #keep: Keep | null;
  readonly #ecosystems = new Map<string, number>();
  readonly #packages = new Map<string, { id: number; groups: Map<string, number[]> } | null>();
  readonly #vulnerabilities = new Map<string, Vulnerability>();
  readonly #vectors = new Map<string, number>();
  readonly #encoded = new Map<AffectedBody, string>();
  #packageCount = 0;
  #key = 0;

  constructor(database: DatabaseSync, keep: Keep | null) {
    this.#database = database;
    this.#keep = keep;
  }

  feed(content: FeedContent): void {
    const code = FEED_CODES.indexOf(content.status.feed);
    this.#database
      .prepare('INSERT INTO feed VALUES (?, ?, ?)')
      .run(code, JSON.stringify(content.status), content.fingerprint);
    const coverage = this.#database.prepare('INSERT INTO coverage VALUES (?, ?, ?, ?, ?, ?)');
    for (const { source, ecosystem, records, asOf, complete } of content.coverage) {
      // Coverage without the statements behind it would turn "not looked at" into "nothing found".
      if (!this.#kept(ecosystem)) continue;
      coverage.run(code, source, ecosystem, records, asOf, complete ? 1 : 0);
    }
    this.#entries(content.entries, code);
    this.#binaries(content.binaries, code);
  }

  #entries(entries: readonly Entry[], code: number): void {
    const advisory = this.#database.prepare('INSERT INTO advisory VALUES (?, ?, ?, ?, ?, ?, ?)');
    const alias = this.#database.prepare('INSERT OR IGNORE INTO alias VALUES (?, ?, ?)');
    const aliased = new Set<string>();
    for (const entry of entries) {
      const packages = entry.affected.map((body) => [body, this.#package(body)] as const);
      if (!packages.some(([, found]) => found !== null)) continue;
      const key = ++this.#key;
      const vulnerability = this.#vulnerability(entry);
      for (const [body, found] of packages) {
        if (found === null) continue;
        vulnerability.packages.add(found.id);
        const text = this.#encode(body);
        const keys = found.groups.get(text);
        if (keys === undefined) found.groups.set(text, [key]);
        else if (keys.at(-1) !== key) keys.push(key);
      }
      const severity = SEVERITY_CODES.indexOf(entry.severity);
      const cvss = this.#cvss(entry.cvss);
      advisory.run(key, vulnerability.id, entry.id, code, severity, cvss, entry.published);
      if (aliased.has(entry.cve)) continue;
      aliased.add(entry.cve);
      for (const id of entry.aliases) alias.run(id, vulnerability.id, code);
    }
  }

  #binaries(binaries: BinaryTable, code: number): void {
    const insert = this.#database.prepare('INSERT INTO binary VALUES (?, ?, ?, ?)');
    for (const [ecosystem, table] of binaries) {
      if (!this.#kept(ecosystem)) continue;
      for (const [binary, names] of table) {
        insert.run(this.#ecosystem(ecosystem), binary, code, JSON.stringify([...names].sort()));
      }
    }
  }

  /** Rows that are known only when every feed was seen. */
  finish(): Written {
    const row = this.#database.prepare('INSERT INTO vulnerability VALUES (?, ?, ?, ?)');
    for (const [cve, { id, published, packages }] of this.#vulnerabilities)
      row.run(id, cve, published, encodeNumbers([...packages].sort((a, b) => a - b)));
    const statement = this.#database.prepare('INSERT INTO statement VALUES (?, ?, ?, ?)');
    let statements = 0;
    for (const found of this.#packages.values()) {
      let number = 0;
      for (const [body, keys] of found?.groups ?? [])
        statement.run(found?.id ?? 0, number++, body, encodeNumbers(keys));
      statements += number;
    }
    return { advisories: this.#key, statements, vulnerabilities: this.#vulnerabilities.size };
  }

  /** Exploitation of CVEs; with ecosystems left out, only of those that are still in the database. */
  exploitation({ kev, epss }: ExploitationData): void {
    const kevRow = this.#database.prepare('INSERT OR IGNORE INTO kev VALUES (?, ?)');
    const epssRow = this.#database.prepare('INSERT OR IGNORE INTO epss VALUES (?, ?, ?)');
    for (const [cve, day] of kev) if (this.#known(cve)) kevRow.run(cveNumber(cve), day);
    for (const [cve, [score, percentile]] of epss)
      if (this.#known(cve))
        epssRow.run(cveNumber(cve), Math.round(score * EPSS_SCALE), Math.round(percentile * EPSS_SCALE));
  }

  #known(cve: string): boolean {
    return this.#keep === null || this.#vulnerabilities.has(cve);
  }

  #kept(ecosystem: string): boolean {
    return this.#keep?.(ecosystem) ?? true;
  }

  #ecosystem(name: string): number {
    const known = this.#ecosystems.get(name);
    if (known !== undefined) return known;
    const id = this.#ecosystems.size + 1;
    this.#ecosystems.set(name, id);
    this.#database.prepare('INSERT INTO ecosystem VALUES (?, ?)').run(id, name);
    return id;
  }

  /** The package of a body; null where it is left out. */
  #package({ ecosystem, name }: AffectedBody): { id: number; groups: Map<string, number[]> } | null {
    const text = `${ecosystem}\n${name}`;
    const known = this.#packages.get(text);
    if (known !== undefined) return known;
    const made = this.#kept(ecosystem) ? { id: ++this.#packageCount, groups: new Map() } : null;
    this.#packages.set(text, made);
    if (made !== null)
      this.#database
        .prepare('INSERT INTO package VALUES (?, ?, ?)')
        .run(made.id, this.#ecosystem(ecosystem), name);
    return made;
  }

  #vulnerability({ cve, published }: Entry): Vulnerability {
    const known = this.#vulnerabilities.get(cve);
    if (known === undefined) {
      const made = { id: this.#vulnerabilities.size + 1, packages: new Set<number>(), published };
      this.#vulnerabilities.set(cve, made);
      return made;
    }
    if (published !== null && (known.published === null || published < known.published))
      known.published = published;
    return known;
  }

  #cvss(vectors: readonly string[]): number | null {
    if (vectors.length === 0) return null;
    const text = vectors.join(' ');
    const known = this.#vectors.get(text);
    if (known !== undefined) return known;
    const id = this.#vectors.size + 1;
    this.#vectors.set(text, id);
    this.#database.prepare('INSERT INTO cvss VALUES (?, ?)').run(id, text);
    return id;
  }

  /** Bodies are shared between entries, so each is encoded once. */
  #encode(body: AffectedBody): string {
    const known = this.#encoded.get(body);
    if (known !== undefined) return known;
    const text = encodeBody(body);
    this.#encoded.set(body, text);
    return text;
  }
}
