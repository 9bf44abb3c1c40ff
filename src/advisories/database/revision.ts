import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

/**
 * Everything that a finding can follow from, in an order of its own. How many records a feed has and up to which day is
 * left out: a day without news changes no finding.
 */
const CONTENT = [
  'SELECT feed, ecosystem, complete FROM coverage ORDER BY feed, ecosystem, source, complete',
  'SELECT id, name FROM ecosystem ORDER BY id',
  'SELECT id, ecosystem, name FROM package ORDER BY id',
  'SELECT package, number, body, hex(advisories) AS advisories FROM statement ORDER BY package, number',
  'SELECT key, vulnerability, id, feed, severity, cvss, published FROM advisory ORDER BY key',
  'SELECT id, cve, published FROM vulnerability ORDER BY id',
  'SELECT id, vulnerability, feed FROM alias ORDER BY id, vulnerability, feed',
  'SELECT id, vectors FROM cvss ORDER BY id',
  'SELECT ecosystem, name, feed, sources FROM binary ORDER BY ecosystem, name, feed',
  'SELECT cve, added FROM kev ORDER BY cve',
  'SELECT cve, score, percentile FROM epss ORDER BY cve',
];

/** What a database says, as one short text: the same for databases of the same content, whenever they were built. */
export function revisionOf(database: DatabaseSync): string {
  const hash = createHash('sha256');
  for (const query of CONTENT) {
    hash.update(`${query}\n`);
    const rows = database.prepare(query);
    rows.setReturnArrays(true);
    for (const row of rows.iterate()) hash.update(`${JSON.stringify(row)}\n`);
  }
  return hash.digest('hex').slice(0, 32);
}

/** Keeps the revision with the content, so that nobody has to read everything to know it. */
export function storeRevision(database: DatabaseSync): void {
  const revision = revisionOf(database);
  database.exec('CREATE TABLE revision (digest TEXT NOT NULL)');
  database.prepare('INSERT INTO revision VALUES (?)').run(revision);
}

/** The revision that was stored when the database was built; null where it is older than that. */
export function storedRevision(database: DatabaseSync): string | null {
  const table = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'revision'");
  if (table.get() === undefined) return null;
  const digest = database.prepare('SELECT digest FROM revision').get()?.digest;
  return typeof digest === 'string' ? digest : null;
}
