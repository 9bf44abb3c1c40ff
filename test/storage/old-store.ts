/** A store of layout 3 as it was made by the statements of that time, with one of everything in it. */
import { DatabaseSync } from 'node:sqlite';
import { zstdCompressSync } from 'node:zlib';
import { day, list } from './support.ts';

/** What layouts 1, 2 and 3 were made with. */
const LAYOUTS = [
  `
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
    PRAGMA application_id = 1314350700;
  `,
  `
    ALTER TABLE subscription ADD COLUMN listed_at TEXT;
    ALTER TABLE subscription ADD COLUMN problems TEXT NOT NULL DEFAULT '[]';
  `,
  'ALTER TABLE evidence ADD COLUMN reported TEXT',
];

const SEEN = `'${day(1)}', '${day(2)}', NULL`;

const ROWS = `
    INSERT INTO meta VALUES ('installation', '5f3c0d9e-0000-4000-8000-000000000001');
    INSERT INTO subscription VALUES (7, '/subscriptions/1', 'aks', 'Contoso', ${SEEN});
    INSERT INTO cluster VALUES (8, '/c', 7, 'aks', 'c', NULL, NULL, NULL, NULL, 'running', NULL,
      '{"kubernetes":null,"nodeOs":null}', '{}', NULL, NULL, '${day(3)}', 'cursor', '[]', ${SEEN});
    INSERT INTO pool VALUES (9, '/c/p', 8, 'p', 'scale-set', NULL, 'linux', NULL, NULL, 2, NULL, 'latest', '${day(2)}', NULL,
      'managed', 'running', NULL, '{"team":"a"}', NULL, ${SEEN});
    INSERT INTO node VALUES (10, '/n', 8, 9, 'N', 'u', NULL, NULL, 'linux', NULL, NULL, NULL, NULL, NULL, 1, 0, NULL, ${SEEN});
    INSERT INTO node VALUES (11, '/gone', 8, 9, 'gone', NULL, NULL, NULL, 'linux', NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL,
      '${day(1)}', '${day(1)}', '${day(2)}');
    INSERT INTO reading VALUES (13, x'00', 12, 'medium', 1, '[]', '[]');
    INSERT INTO evidence (node, source, taken_at, reading) VALUES (10, 'image', '${day(2)}', 13);
    INSERT INTO scan_failure VALUES (10, '${day(2)}', '{"code":"scan-failed","detail":"a","remedy":"b"}');
    INSERT INTO enablement VALUES ('all', 1, '${day(1)}', 'alice');
    INSERT INTO sync (started_at, ended_at, requests, problems) VALUES ('${day(2)}', '${day(2)}', 5, 1);
`;

/** Makes the file, of layout 1, 2 or 3; rows that layout 1 knows are the same in all. */
export function makeOldStore(path: string, layout: 1 | 2 | 3): void {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: true });
  const [first = '', ...later] = LAYOUTS.slice(0, layout);
  database.exec(first);
  database
    .prepare("INSERT INTO software VALUES (12, 'sha256:1', NULL, 'deb', 1, 0, 0, 0, ?)")
    .run(zstdCompressSync(JSON.stringify(list('1'))));
  database.exec(ROWS);
  for (const statements of later) database.exec(statements);
  database.exec(`PRAGMA user_version = ${layout}`);
  database.close();
}
