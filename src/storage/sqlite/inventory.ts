import type { DatabaseSync } from 'node:sqlite';
import { EVIDENCE_SOURCES, type Evidence } from '../../model/coverage.ts';
import type {
  Enablement,
  ScanFailure,
  StoredCluster,
  StoredNode,
  StoredPool,
  StoredSubscription,
  SyncRecord,
} from '../../model/inventory.ts';
import type { SoftwareList } from '../../model/software.ts';
import type { EvidenceAge, EvidenceOf, InventoryReader, StoredSoftware } from '../types.ts';
import { storageError } from './errors.ts';
import {
  clusterOf,
  enablementOf,
  evidenceOf,
  failureOf,
  nodeOf,
  poolOf,
  type Reading,
  readingOf,
  softwareOf,
  subscriptionOf,
  syncOf,
} from './rows.ts';
import { unpackSoftware } from './software.ts';
import { type Row, Statements } from './statements.ts';
import type { Synchronous } from './synchronous.ts';
import { SqliteWriter } from './writer.ts';

const CLUSTERS =
  'SELECT c.*, s.id AS subscription FROM cluster c JOIN subscription s ON s.key = c.subscription';

/** A pool that is there was seen when its cluster was listed, or when the cluster's nodes were read. */
const POOLS = `SELECT p.*, c.id AS cluster, ${lastSeen("CASE WHEN p.kind IN ('scale-set', 'machines') THEN c.last_seen ELSE c.synced_at END", 'p')}
  FROM pool p JOIN cluster c ON c.key = p.cluster`;

/** A node that is there was seen when its cluster's nodes were last read, without a write of its own. */
const NODES = `SELECT n.*, c.id AS cluster, p.id AS pool, ${lastSeen('c.synced_at', 'n')}
  FROM node n JOIN cluster c ON c.key = n.cluster JOIN pool p ON p.key = n.pool`;

const EVIDENCE = `SELECT n.id AS node, e.source, e.taken_at, e.uid, e.image, e.reading, e.reported, r.confidence, r.complete,
  r.drift, r.gaps, s.digest FROM node n JOIN evidence e ON e.node = n.key
  JOIN reading r ON r.key = e.reading JOIN software s ON s.key = r.software`;

const FAILURES = 'SELECT n.id AS node, f.at, f.reason FROM node n JOIN scan_failure f ON f.node = n.key';

const IN_CLUSTER = 'n.cluster = (SELECT key FROM cluster WHERE id = ?) AND n.gone IS NULL';

function lastSeen(look: string, row: string): string {
  const own = `${row}.last_seen`;
  return `CASE WHEN ${row}.gone IS NULL THEN max(${own}, coalesce(${look}, '')) ELSE ${own} END AS last_seen`;
}

/** The inventory in one SQLite file. Every process may read; one at a time writes. */
export class SqliteInventory implements Synchronous<InventoryReader> {
  readonly installation: string;
  readonly #statements: Statements;
  readonly #path: string;

  constructor(database: DatabaseSync, path: string) {
    this.#statements = new Statements(database);
    this.#path = path;
    this.installation = String(
      this.#statements.get("SELECT value FROM meta WHERE name = 'installation'")?.value,
    );
  }

  writer(): SqliteWriter {
    return new SqliteWriter(this.#statements);
  }

  exec(sql: string): void {
    this.#guard(() => this.#statements.database.exec(sql));
  }

  get isTransaction(): boolean {
    return this.#statements.database.isTransaction;
  }

  subscriptions(): readonly StoredSubscription[] {
    return this.#all('SELECT * FROM subscription WHERE gone IS NULL ORDER BY name, id').map(subscriptionOf);
  }

  clusters({ gone = false } = {}): readonly StoredCluster[] {
    return this.#all(`${CLUSTERS} WHERE ${there('c', gone)} ORDER BY c.name, c.id`).map(clusterOf);
  }

  cluster(id: string): StoredCluster | null {
    return this.#all(`${CLUSTERS} WHERE c.id = ? AND ${there('c', false)}`, id).map(clusterOf)[0] ?? null;
  }

  pools({ cluster, gone = false }: { cluster?: string; gone?: boolean } = {}): readonly StoredPool[] {
    const order = 'ORDER BY p.name, p.id';
    if (cluster === undefined) return this.#all(`${POOLS} WHERE ${there('p', gone)} ${order}`).map(poolOf);
    return this.#all(`${POOLS} WHERE c.id = ? AND ${there('p', gone)} ${order}`, cluster).map(poolOf);
  }

  nodes(of: ({ cluster: string } | { pool: string }) & { readonly gone?: boolean }): readonly StoredNode[] {
    const [where, id] =
      'pool' in of
        ? ['n.pool = (SELECT key FROM pool WHERE id = ?)', of.pool]
        : ['n.cluster = (SELECT key FROM cluster WHERE id = ?)', of.cluster];
    const sql = `${NODES} WHERE ${where} AND ${there('n', of.gone ?? false)} ORDER BY n.name, n.id`;
    return this.#all(sql, id).map(nodeOf);
  }

  findNodes(idOrName: string): readonly StoredNode[] {
    const where = '(n.id = ?1 OR n.name = ?2 COLLATE NOCASE) AND n.gone IS NULL ORDER BY n.name, n.id';
    return this.#all(`${NODES} WHERE ${where}`, idOrName.toLowerCase(), idOrName).map(nodeOf);
  }

  nodesElsewhere(ids: readonly string[], cluster: string): readonly StoredNode[] {
    const sql = `${NODES} WHERE n.id IN (SELECT value FROM json_each(?)) AND c.id <> ? AND n.gone IS NULL`;
    return this.#all(sql, JSON.stringify(ids), cluster).map(nodeOf);
  }

  evidence(of: EvidenceOf): readonly Evidence[] {
    const [where, id] = 'cluster' in of ? [IN_CLUSTER, of.cluster] : ['n.id = ?', of.node];
    const readings = new Map<unknown, Reading>();
    return this.#all(`${EVIDENCE} WHERE ${where}`, id).map((row) => {
      let reading = readings.get(row.reading);
      if (reading === undefined) {
        reading = readingOf(row);
        readings.set(row.reading, reading);
      }
      return evidenceOf(row, reading);
    });
  }

  scanFailures(of: EvidenceOf): readonly ScanFailure[] {
    const [where, id] = 'cluster' in of ? [IN_CLUSTER, of.cluster] : ['n.id = ?', of.node];
    return this.#all(`${FAILURES} WHERE ${where}`, id).map(failureOf);
  }

  software(digest: string): SoftwareList | null {
    const [row] = this.#all('SELECT body FROM software WHERE digest = ?', digest);
    return row === undefined ? null : this.#guard(() => unpackSoftware(row.body as Uint8Array));
  }

  softwareHeads(): ReadonlyMap<string, StoredSoftware> {
    const rows = this.#all('SELECT digest, os, format, packages, components, programs, fips FROM software');
    return new Map(rows.map((row) => [String(row.digest), softwareOf(row)]));
  }

  enablements(): readonly Enablement[] {
    return this.#all('SELECT * FROM enablement ORDER BY scope').map(enablementOf);
  }

  lastSync(): SyncRecord | null {
    const [row] = this.#all('SELECT * FROM sync ORDER BY id DESC LIMIT 1');
    return row === undefined ? null : syncOf(row);
  }

  evidenceAges(): readonly EvidenceAge[] {
    const rows =
      this.#all(`SELECT e.source, count(*) AS nodes, min(e.taken_at) AS oldest, max(e.taken_at) AS newest
      FROM evidence e JOIN node n ON n.key = e.node WHERE n.gone IS NULL GROUP BY e.source`);
    return EVIDENCE_SOURCES.flatMap((source): EvidenceAge[] => {
      const row = rows.find((each) => each.source === source);
      if (row === undefined) return [];
      return [{ source, nodes: Number(row.nodes), oldest: String(row.oldest), newest: String(row.newest) }];
    });
  }

  counts(): { readonly clusters: number; readonly pools: number; readonly nodes: number } {
    const count = (table: string): number =>
      Number(this.#all(`SELECT count(*) AS n FROM ${table} WHERE gone IS NULL`)[0]?.n);
    return { clusters: count('cluster'), pools: count('pool'), nodes: count('node') };
  }

  close(): void {
    this.#statements.database.close();
  }

  #all(sql: string, ...values: string[]): Row[] {
    return this.#guard(() => this.#statements.all(sql, ...values));
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      throw storageError(thrown, this.#path);
    }
  }
}

function there(row: string, gone: boolean): string {
  return gone ? 'true' : `${row}.gone IS NULL`;
}
