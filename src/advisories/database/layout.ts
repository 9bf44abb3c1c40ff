import type { DatabaseKind } from '../../base/sqlite.ts';
import type { FeedId, Severity, VendorStatus } from '../../model/advisory.ts';

/** The advisory database. Raise `version` whenever a table or an encoding changes. */
export const ADVISORY_DATABASE: DatabaseKind = {
  applicationId: 0x4e574144, // "NWAD"
  version: 1,
  missing: 'database-missing',
  unusable: 'database-unusable',
};

/** Numbers in the database stand for positions in these lists: only ever append. */
export const FEED_CODES: readonly FeedId[] = ['osv', 'azure-linux', 'cisa-kev', 'epss'];

/** As `FEED_CODES`. */
export const SEVERITY_CODES: readonly Severity[] = [
  'unknown',
  'negligible',
  'low',
  'medium',
  'high',
  'critical',
];

/** As `FEED_CODES`. */
export const STATUS_CODES: readonly VendorStatus[] = ['affected', 'will-not-fix', 'not-affected'];

/**
 * A look-up touches the rows of one package and of the advisories that match: the cost of an assessment does not
 * grow with the database.
 *
 * - `statement`      all of a package: one row per distinct ranges, with the keys of the advisories that state them
 * - `advisory`       one record about one vulnerability
 * - `vulnerability`  one CVE: the packages its advisories name, and the earliest day one was published
 * - `alias`          every other id of a vulnerability, by the feed that says so
 * - `cvss`           distinct lists of vectors, separated by blanks
 * - `binary`         the source packages of a binary package
 * - `revision`       `Advisories.revision`; databases of earlier builds are without it
 * - `kev`, `epss`    by the number of the CVE (`cveNumber`); EPSS in billionths
 */
export const TABLES = `
  CREATE TABLE feed (code INTEGER PRIMARY KEY, status TEXT NOT NULL, fingerprint TEXT);
  CREATE TABLE coverage (
    feed INTEGER NOT NULL, source TEXT NOT NULL, ecosystem TEXT NOT NULL,
    records INTEGER NOT NULL, as_of TEXT NOT NULL, complete INTEGER NOT NULL
  );
  CREATE TABLE ecosystem (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE package (
    id INTEGER PRIMARY KEY, ecosystem INTEGER NOT NULL, name TEXT NOT NULL, UNIQUE (ecosystem, name)
  );
  CREATE TABLE statement (
    package INTEGER NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL, advisories BLOB NOT NULL,
    PRIMARY KEY (package, number)
  ) WITHOUT ROWID;
  CREATE TABLE advisory (
    key INTEGER PRIMARY KEY, vulnerability INTEGER NOT NULL, id TEXT NOT NULL, feed INTEGER NOT NULL,
    severity INTEGER NOT NULL, cvss INTEGER, published TEXT
  );
  CREATE TABLE vulnerability (
    id INTEGER PRIMARY KEY, cve TEXT NOT NULL UNIQUE, published TEXT, packages BLOB NOT NULL
  );
  CREATE TABLE alias (
    id TEXT NOT NULL, vulnerability INTEGER NOT NULL, feed INTEGER NOT NULL,
    PRIMARY KEY (id, vulnerability, feed)
  ) WITHOUT ROWID;
  CREATE TABLE cvss (id INTEGER PRIMARY KEY, vectors TEXT NOT NULL);
  CREATE TABLE binary (
    ecosystem INTEGER NOT NULL, name TEXT NOT NULL, feed INTEGER NOT NULL, sources TEXT NOT NULL,
    PRIMARY KEY (ecosystem, name, feed)
  ) WITHOUT ROWID;
  CREATE TABLE kev (cve INTEGER PRIMARY KEY, added TEXT NOT NULL);
  CREATE TABLE epss (cve INTEGER PRIMARY KEY, score INTEGER NOT NULL, percentile INTEGER NOT NULL);
`;

/** Indexes, made after the rows. */
export const INDEXES = 'CREATE INDEX alias_vulnerability ON alias (vulnerability);';

/** EPSS is published with up to nine decimals, so whole billionths hold it exactly. */
export const EPSS_SCALE = 1_000_000_000;
