import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { NodewardError, reasonOf } from '../../base/errors.ts';
import { openDatabase } from '../../base/sqlite.ts';
import type {
  Advisory,
  AdvisorySource,
  AffectedPackage,
  Coverage,
  Exploitation,
} from '../../model/advisory.ts';
import type { Vulnerability } from '../../model/recommendation.ts';
import { cveNumber } from '../identifiers.ts';
import type { FeedStatus } from '../status.ts';
import { decodeBody, decodeNumbers } from './codec.ts';
import { ADVISORY_DATABASE, EPSS_SCALE, FEED_CODES, SEVERITY_CODES } from './layout.ts';
import { revisionOf, storedRevision } from './revision.ts';

/** A package of an ecosystem. */
export interface PackageName {
  readonly ecosystem: string;
  readonly name: string;
}

/** An open advisory database. */
export interface Advisories extends AdvisorySource {
  /** Identifies what the database says: the same for the same content, whenever and wherever it was built. */
  readonly revision: string;
  /** One entry per feed that was named when the database was built. */
  status(): readonly FeedStatus[];
  /** All packages that any advisory names for a vulnerability or notice, by any of its ids; empty where none does. */
  packagesOf(id: string): readonly PackageName[];
  /** The canonical name of a vulnerability by any of its ids; null for unknown ids and for notices about several. */
  resolve(id: string): string | null;
  /** ISO 8601 day the first advisory of a vulnerability was published; null where no feed says. */
  published(cve: string): string | null;
  /** Everything known of a vulnerability, whatever it is in. */
  vulnerability(cve: string): Vulnerability;
  close(): void;
}

const SMALL_CACHE = 256;
const LARGE_CACHE = 8192;

/**
 * Opens an advisory database for reading.
 * @throws NodewardError database-missing, database-unusable
 */
export function openAdvisories(path: string): Advisories {
  const database = openDatabase(path, ADVISORY_DATABASE);
  try {
    return new Reader(database, path);
  } catch (thrown) {
    database.close();
    throw unusable(path, thrown);
  }
}

function unusable(path: string, thrown: unknown): NodewardError {
  if (thrown instanceof NodewardError) return thrown;
  return new NodewardError('database-unusable', `${path} is damaged: ${reasonOf(thrown)}`, { cause: thrown });
}

const QUERIES = {
  package: 'SELECT id FROM package WHERE ecosystem = ? AND name = ?',
  statements: 'SELECT body, advisories FROM statement WHERE package = ? ORDER BY number',
  sources: 'SELECT sources FROM binary WHERE ecosystem = ? AND name = ?',
  advisory: `SELECT a.id, a.feed, a.severity, a.published, v.cve, c.vectors,
      (SELECT group_concat(id, char(10)) FROM
        (SELECT DISTINCT id FROM alias WHERE vulnerability = a.vulnerability ORDER BY id)) AS aliases
    FROM advisory a JOIN vulnerability v ON v.id = a.vulnerability LEFT JOIN cvss c ON c.id = a.cvss WHERE a.key = ?`,
  byCve: 'SELECT id, cve, published, packages FROM vulnerability WHERE cve = ?',
  byAlias: `SELECT DISTINCT v.id, v.cve, v.published, v.packages
    FROM alias a JOIN vulnerability v ON v.id = a.vulnerability WHERE a.id = ? ORDER BY v.cve`,
  packageName:
    'SELECT e.name AS ecosystem, p.name FROM package p JOIN ecosystem e ON e.id = p.ecosystem WHERE p.id = ?',
  aliases:
    'SELECT DISTINCT a.id FROM alias a JOIN vulnerability v ON v.id = a.vulnerability WHERE v.cve = ? ORDER BY a.id',
  vectors: `SELECT v.cve, c.vectors FROM advisory a JOIN vulnerability v ON v.id = a.vulnerability
    JOIN cvss c ON c.id = a.cvss GROUP BY v.id, c.id ORDER BY v.id, c.vectors`,
  kev: 'SELECT added FROM kev WHERE cve = ?',
  epss: 'SELECT score, percentile FROM epss WHERE cve = ?',
} as const;

type Row = Readonly<Record<string, unknown>>;

class Reader implements Advisories {
  readonly coverage: readonly Coverage[];
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #ecosystems: ReadonlyMap<string, number>;
  readonly #prepared = new Map<keyof typeof QUERIES, StatementSync>();
  readonly #affected = new Cache<readonly AffectedPackage[]>(SMALL_CACHE);
  readonly #advisories = new Cache<Advisory>(LARGE_CACHE);
  readonly #exploitation = new Cache<Exploitation>(LARGE_CACHE);
  #revision: string | null = null;
  #vectors: ReadonlyMap<string, string> | null = null;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    const ecosystems = database.prepare('SELECT id, name FROM ecosystem').all();
    this.#ecosystems = new Map(ecosystems.map((row) => [String(row.name), Number(row.id)]));
    this.coverage = database
      .prepare('SELECT * FROM coverage ORDER BY feed, ecosystem, as_of DESC, source')
      .all()
      .map(coverageOf);
  }

  get revision(): string {
    this.#revision ??= this.#guard(() => storedRevision(this.#database) ?? revisionOf(this.#database));
    return this.#revision;
  }

  affected(ecosystem: string, name: string): readonly AffectedPackage[] {
    return this.#affected.get(`${ecosystem}\n${name}`, () => {
      const id = this.#package(ecosystem, name);
      if (id === null) return [];
      return this.#all('statements', id).map((row) => ({
        ecosystem,
        name,
        ...decodeBody(String(row.body)),
        advisories: decodeNumbers(blob(row.advisories)),
      }));
    });
  }

  knows(ecosystem: string, name: string): boolean {
    return this.#package(ecosystem, name) !== null;
  }

  sourcesOf(ecosystem: string, binary: string): readonly string[] {
    const id = this.#ecosystems.get(ecosystem);
    if (id === undefined) return [];
    const names = this.#all('sources', id, binary).flatMap(
      (row) => JSON.parse(String(row.sources)) as string[],
    );
    return names.length < 2 ? names : [...new Set(names)].sort();
  }

  advisory(key: number): Advisory {
    return this.#advisories.get(String(key), () => {
      const [row] = this.#all('advisory', key);
      if (row === undefined) throw new NodewardError('internal', `there is no advisory with key ${key}`);
      return {
        cve: String(row.cve),
        aliases: text(row.aliases)?.split('\n') ?? [],
        id: String(row.id),
        feed: FEED_CODES[Number(row.feed)] ?? 'osv',
        severity: SEVERITY_CODES[Number(row.severity)] ?? 'unknown',
        cvss: text(row.vectors)?.split(' ') ?? [],
        published: text(row.published),
      };
    });
  }

  exploitation(cve: string): Exploitation {
    return this.#exploitation.get(cve, () => {
      const number = cveNumber(cve);
      if (number === null) return { kev: null, epss: null };
      const [kev] = this.#all('kev', number);
      const [epss] = this.#all('epss', number);
      const score = {
        score: Number(epss?.score) / EPSS_SCALE,
        percentile: Number(epss?.percentile) / EPSS_SCALE,
      };
      return { kev: text(kev?.added), epss: epss === undefined ? null : score };
    });
  }

  status(): readonly FeedStatus[] {
    const rows = this.#database.prepare('SELECT status FROM feed ORDER BY code').all();
    return rows.map((row) => JSON.parse(String(row.status)) as FeedStatus);
  }

  packagesOf(id: string): readonly PackageName[] {
    const ids = new Set(this.#vulnerabilities(id).flatMap((row) => decodeNumbers(blob(row.packages))));
    return [...ids]
      .sort((a, b) => a - b)
      .flatMap((number) => {
        const [row] = this.#all('packageName', number);
        return row === undefined ? [] : [{ ecosystem: String(row.ecosystem), name: String(row.name) }];
      });
  }

  resolve(id: string): string | null {
    const [only, ...others] = this.#vulnerabilities(id);
    return only === undefined || others.length > 0 ? null : String(only.cve);
  }

  published(cve: string): string | null {
    const [row] = this.#all('byCve', cve);
    return text(row?.published);
  }

  vulnerability(cve: string): Vulnerability {
    this.#vectors ??= this.#readVectors();
    const cvss = [...new Set(this.#vectors.get(cve)?.split(' '))];
    const aliases = this.#all('aliases', cve).map(({ id }) => String(id));
    return { cve, aliases, cvss, published: this.published(cve), ...this.exploitation(cve) };
  }

  close(): void {
    this.#database.close();
  }

  /** The vectors of all advisories about each CVE: nothing leads from a CVE to its advisories but reading all. */
  #readVectors(): ReadonlyMap<string, string> {
    const vectors = new Map<string, string>();
    for (const row of this.#all('vectors')) {
      const [cve, own] = [String(row.cve), String(row.vectors)];
      const other = vectors.get(cve);
      vectors.set(cve, other === undefined ? own : `${other} ${own}`);
    }
    return vectors;
  }

  #vulnerabilities(id: string): readonly Row[] {
    const own = this.#all('byCve', id);
    return own.length > 0 ? own : this.#all('byAlias', id);
  }

  #package(ecosystem: string, name: string): number | null {
    const id = this.#ecosystems.get(ecosystem);
    if (id === undefined) return null;
    const [row] = this.#all('package', id, name);
    return row === undefined ? null : Number(row.id);
  }

  #all(query: keyof typeof QUERIES, ...values: readonly (string | number)[]): readonly Row[] {
    return this.#guard(() => {
      let statement = this.#prepared.get(query);
      if (statement === undefined) {
        statement = this.#database.prepare(QUERIES[query]);
        this.#prepared.set(query, statement);
      }
      return statement.all(...values);
    });
  }

  #guard<T>(read: () => T): T {
    try {
      return read();
    } catch (thrown) {
      throw unusable(this.#path, thrown);
    }
  }
}

function coverageOf(row: Row): Coverage {
  return {
    feed: FEED_CODES[Number(row.feed)] ?? 'osv',
    ecosystem: String(row.ecosystem),
    records: Number(row.records),
    asOf: String(row.as_of),
    complete: row.complete === 1,
  };
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function blob(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array();
}

/** The results of the last look-ups. Emptied when full: one assessment fits, and a plain bound cannot go wrong. */
class Cache<T> {
  readonly #values = new Map<string, T>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get(key: string, make: () => T): T {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const made = make();
    if (this.#values.size >= this.#max) this.#values.clear();
    this.#values.set(key, made);
    return made;
  }
}
