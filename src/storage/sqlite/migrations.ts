import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { NodewardError } from '../../base/errors.ts';

/** `NWfl`: a Nodeward inventory of the fleet. */
export const APPLICATION_ID = 0x4e57_666c;

/** What makes layout n of layout n-1. Never changed once released. */
export type Migration = (database: DatabaseSync) => void;

/** All migrations in order: the first makes layout 1 of an empty file. */
export const MIGRATIONS: readonly Migration[] = [createLayout1, addListings, addReported];

/** Clusters, pools and nodes refer to each other by number: their ids are long and there are many nodes. */
function createLayout1(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE subscription (
      key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, provider TEXT NOT NULL, name TEXT NOT NULL,
      first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, gone TEXT
    ) STRICT;
    CREATE TABLE cluster (
      key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
      subscription INTEGER NOT NULL REFERENCES subscription, provider TEXT NOT NULL, name TEXT NOT NULL,
      resource_group TEXT, node_resource_group TEXT, region TEXT, kubernetes_version TEXT, power TEXT NOT NULL,
      provisioning TEXT, auto_upgrade TEXT NOT NULL, tags TEXT NOT NULL, revision TEXT, api_host TEXT,
      synced_at TEXT, cursor TEXT, problems TEXT NOT NULL DEFAULT '[]',
      first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, gone TEXT
    ) STRICT;
    CREATE INDEX cluster_subscription ON cluster (subscription);
    CREATE TABLE pool (
      key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, cluster INTEGER NOT NULL REFERENCES cluster,
      name TEXT NOT NULL, kind TEXT NOT NULL, mode TEXT, os TEXT NOT NULL, os_sku TEXT, vm_size TEXT, count INTEGER,
      image TEXT, latest_image TEXT, latest_asked TEXT, kubernetes_version TEXT, os_disk TEXT NOT NULL, power TEXT NOT NULL,
      provisioning TEXT, tags TEXT NOT NULL, revision TEXT,
      first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, gone TEXT
    ) STRICT;
    CREATE INDEX pool_cluster ON pool (cluster);
    CREATE TABLE node (
      key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, cluster INTEGER NOT NULL REFERENCES cluster,
      pool INTEGER NOT NULL REFERENCES pool, name TEXT NOT NULL, uid TEXT, image TEXT, arch TEXT, os TEXT NOT NULL,
      os_image TEXT, kernel TEXT, kubelet TEXT, container_runtime TEXT, boot_id TEXT, ready INTEGER,
      unschedulable INTEGER NOT NULL, created TEXT,
      first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, gone TEXT
    ) STRICT;
    CREATE INDEX node_cluster ON node (cluster, gone);
    CREATE INDEX node_pool ON node (pool, gone);
    CREATE INDEX node_name ON node (name COLLATE NOCASE);
    CREATE INDEX node_gone ON node (gone) WHERE gone IS NOT NULL;
    CREATE TABLE software (
      key INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE,
      os TEXT, format TEXT NOT NULL, packages INTEGER NOT NULL, components INTEGER NOT NULL, programs INTEGER NOT NULL,
      fips INTEGER NOT NULL, body BLOB NOT NULL
    ) STRICT;
    CREATE TABLE reading (
      key INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, software INTEGER NOT NULL REFERENCES software,
      confidence TEXT NOT NULL, complete INTEGER NOT NULL, drift TEXT NOT NULL, gaps TEXT NOT NULL
    ) STRICT;
    CREATE INDEX reading_software ON reading (software);
    CREATE TABLE evidence (
      node INTEGER NOT NULL REFERENCES node ON DELETE CASCADE, source TEXT NOT NULL, taken_at TEXT NOT NULL,
      uid TEXT, image TEXT, reading INTEGER NOT NULL REFERENCES reading,
      PRIMARY KEY (node, source)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX evidence_reading ON evidence (reading);
    CREATE TABLE scan_failure (
      node INTEGER PRIMARY KEY REFERENCES node ON DELETE CASCADE, at TEXT NOT NULL, reason TEXT NOT NULL
    ) STRICT;
    CREATE TABLE enablement (
      scope TEXT PRIMARY KEY, enabled INTEGER NOT NULL, at TEXT NOT NULL, said_by TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE sync (
      id INTEGER PRIMARY KEY AUTOINCREMENT, started_at TEXT NOT NULL, ended_at TEXT,
      requests INTEGER NOT NULL DEFAULT 0, problems INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    PRAGMA application_id = ${APPLICATION_ID};
  `);
  database.prepare('INSERT INTO meta VALUES (?, ?)').run('installation', randomUUID());
}

/** What listing the clusters of a subscription came to, so that one without clusters is not one that nobody could list. */
function addListings(database: DatabaseSync): void {
  database.exec(`
    ALTER TABLE subscription ADD COLUMN listed_at TEXT;
    ALTER TABLE subscription ADD COLUMN problems TEXT NOT NULL DEFAULT '[]';
  `);
}

/** What a node said when evidence was taken of it, to tell when it changed since. */
function addReported(database: DatabaseSync): void {
  database.exec('ALTER TABLE evidence ADD COLUMN reported TEXT');
}

/**
 * Brings a file to the newest layout, each step in a transaction of its own.
 * @throws NodewardError store-unusable where it is of another kind or a newer layout
 */
export function migrate(database: DatabaseSync, path: string, migrations = MIGRATIONS): void {
  while (layoutOf(database, path, migrations.length) < migrations.length) {
    database.exec('BEGIN IMMEDIATE');
    try {
      // Another process may have made the step while this one waited for its turn.
      const layout = layoutOf(database, path, migrations.length);
      migrations[layout]?.(database);
      database.exec(`PRAGMA user_version = ${Math.min(layout + 1, migrations.length)}; COMMIT`);
    } catch (thrown) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw thrown;
    }
  }
}

function layoutOf(database: DatabaseSync, path: string, newest: number): number {
  const id = Number(database.prepare('PRAGMA application_id').get()?.application_id);
  const layout = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  const empty = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  if (id !== APPLICATION_ID && !(id === 0 && layout === 0 && empty))
    throw new NodewardError('store-unusable', `${path} is not an inventory of Nodeward`, { place: path });
  if (layout > newest) {
    const detail = `${path} has layout ${layout}, this program knows layouts up to ${newest}`;
    throw new NodewardError('store-unusable', detail, { place: path });
  }
  return layout;
}
