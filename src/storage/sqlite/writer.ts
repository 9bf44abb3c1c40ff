import { createHash } from 'node:crypto';
import type { Evidence } from '../../model/coverage.ts';
import type { Cluster, Node, NodePool, Subscription } from '../../model/fleet.ts';
import type { Enablement, ScanFailure, SyncRecord } from '../../model/inventory.ts';
import type { SoftwareList } from '../../model/software.ts';
import type { InventoryReader, InventoryWriter, Look } from '../types.ts';
import {
  CLUSTER_COLUMNS,
  clusterValues,
  NODE_COLUMNS,
  nodeValues,
  POOL_COLUMNS,
  poolValues,
} from './rows.ts';
import { hasFips, packSoftware } from './software.ts';
import { type Put, SeenTable, type Statements } from './statements.ts';
import type { Synchronous } from './synchronous.ts';

/** Syncs that are remembered. */
const SYNCS = 100;

const LISTED = "kind IN ('scale-set', 'machines')";

/** A node that goes keeps the instant it was last seen. Its cluster's last look is the one before this one. */
const NODE_GONE = `UPDATE node SET gone = ?1,
  last_seen = max(last_seen, coalesce((SELECT synced_at FROM cluster WHERE key = node.cluster), ''))
  WHERE gone IS NULL AND`;

interface MutableTally {
  readonly clusters: { added: number; changed: number; gone: number };
  readonly pools: { added: number; changed: number; gone: number };
  readonly nodes: { added: number; changed: number; gone: number };
}

/** The changes of one transaction. */
export class SqliteWriter implements Omit<Synchronous<InventoryWriter>, keyof InventoryReader> {
  readonly tally: MutableTally = {
    clusters: { added: 0, changed: 0, gone: 0 },
    pools: { added: 0, changed: 0, gone: 0 },
    nodes: { added: 0, changed: 0, gone: 0 },
  };
  readonly #statements: Statements;
  readonly #subscriptions: SeenTable;
  readonly #clusters: SeenTable;
  readonly #pools: SeenTable;
  readonly #nodes: SeenTable;

  constructor(statements: Statements) {
    this.#statements = statements;
    this.#subscriptions = new SeenTable(statements, 'subscription', ['provider', 'name']);
    this.#clusters = new SeenTable(statements, 'cluster', CLUSTER_COLUMNS);
    this.#pools = new SeenTable(statements, 'pool', POOL_COLUMNS);
    this.#nodes = new SeenTable(statements, 'node', NODE_COLUMNS);
  }

  putSubscription({ id, provider, name }: Subscription, at: string): void {
    this.#subscriptions.put(id, [provider, name], at);
    this.#statements.run('UPDATE subscription SET last_seen = ? WHERE id = ?', at, id);
  }

  markListed(subscription: string, { at, problems }: Pick<Look, 'at' | 'problems'>): void {
    const sql = 'UPDATE subscription SET listed_at = coalesce(?, listed_at), problems = ? WHERE id = ?';
    this.#statements.run(sql, at, JSON.stringify(problems), subscription);
  }

  dropSubscription(id: string, at: string): void {
    this.keepClusters(id, new Set(), at);
    this.#statements.run('UPDATE subscription SET gone = ? WHERE id = ? AND gone IS NULL', at, id);
  }

  putCluster(cluster: Cluster, at: string): void {
    const subscription = keyOf(this.#subscriptions, cluster.subscription);
    this.#count('clusters', this.#clusters.put(cluster.id, clusterValues(cluster, subscription), at));
    this.#statements.run('UPDATE cluster SET last_seen = ? WHERE id = ?', at, cluster.id);
  }

  putPools(cluster: string, pools: readonly NodePool[], at: string): void {
    this.putNodePools(pools, at);
    const ids = new Set(pools.map(({ id }) => id));
    const key = keyOf(this.#clusters, cluster);
    const there = `SELECT key, id FROM pool WHERE cluster = ? AND gone IS NULL AND ${LISTED}`;
    const gone = this.#statements.all(there, key).filter(({ id }) => !ids.has(String(id)));
    for (const pool of gone) {
      this.tally.nodes.gone += this.#statements.run(`${NODE_GONE} pool = ?2`, at, Number(pool.key));
      this.tally.pools.gone += this.#statements.run(
        'UPDATE pool SET gone = ? WHERE key = ?',
        at,
        Number(pool.key),
      );
    }
    if (gone.length > 0) this.#statements.run('UPDATE cluster SET cursor = NULL WHERE key = ?', key);
  }

  putNodePools(pools: readonly NodePool[], at: string): void {
    for (const pool of pools) {
      const cluster = keyOf(this.#clusters, pool.cluster);
      const put = this.#pools.put(pool.id, poolValues(pool, cluster), at);
      this.#count('pools', put);
      // Another image or version may be offered to what changed.
      if (put === 'changed')
        this.#statements.run('UPDATE pool SET latest_asked = NULL WHERE id = ?', pool.id);
      if (pool.latestImage !== null) this.putLatestImages(new Map([[pool.id, pool.latestImage]]), at);
    }
  }

  putNodes(nodes: readonly Node[], at: string): void {
    const clusters = new Map<string, number>();
    const pools = new Map<string, number>();
    for (const node of nodes) {
      const cluster = clusters.get(node.cluster) ?? keyOf(this.#clusters, node.cluster);
      const pool = pools.get(node.pool) ?? keyOf(this.#pools, node.pool);
      clusters.set(node.cluster, cluster);
      pools.set(node.pool, pool);
      this.#count('nodes', this.#nodes.put(node.id, nodeValues(node, { cluster, pool }), at));
    }
  }

  touchNodes(ids: readonly string[], at: string): void {
    for (const id of ids) {
      this.#statements.run('UPDATE node SET last_seen = ? WHERE id = ? AND gone IS NULL', at, id);
    }
  }

  markSynced(cluster: string, { at, cursor, problems }: Look): void {
    const key = keyOf(this.#clusters, cluster);
    const told = JSON.stringify(problems);
    this.#statements.run(
      `UPDATE cluster SET synced_at = coalesce(?2, synced_at), cursor = ?3, problems = ?4
        WHERE key = ?1 AND (coalesce(?2, synced_at), ?3, ?4) IS NOT (synced_at, cursor, problems)`,
      ...[key, at, cursor, told],
    );
    if (at === null) return;
    // What a clock that was wrong put into the future was seen now.
    for (const table of ['pool', 'node']) {
      const seen = `UPDATE ${table} SET last_seen = ?2 WHERE cluster = ?1 AND gone IS NULL AND last_seen > ?2`;
      this.#statements.run(seen, key, at);
    }
    this.tally.pools.gone += this.#statements.run(
      `UPDATE pool SET gone = ?2 WHERE cluster = ?1 AND gone IS NULL AND NOT ${LISTED}
        AND NOT EXISTS (SELECT 1 FROM node WHERE node.pool = pool.key AND node.gone IS NULL)`,
      ...[key, at],
    );
  }

  keepClusters(subscription: string, ids: ReadonlySet<string>, at: string): void {
    const key = this.#subscriptions.keyOf(subscription);
    const there = 'SELECT key, id FROM cluster WHERE subscription = ? AND gone IS NULL';
    for (const row of this.#statements.all(there, key)) {
      if (ids.has(String(row.id))) continue;
      const cluster = Number(row.key);
      const gone = 'SET gone = ? WHERE gone IS NULL AND';
      this.tally.nodes.gone += this.#statements.run(`${NODE_GONE} cluster = ?2`, at, cluster);
      this.tally.pools.gone += this.#statements.run(`UPDATE pool ${gone} cluster = ?`, at, cluster);
      this.tally.clusters.gone += this.#statements.run(`UPDATE cluster ${gone} key = ?`, at, cluster);
    }
  }

  keepNodes(cluster: string, ids: ReadonlySet<string>, at: string): void {
    const there = 'SELECT id FROM node WHERE cluster = ? AND gone IS NULL';
    const rows = this.#statements.all(there, keyOf(this.#clusters, cluster));
    const gone = rows.map(({ id }) => String(id)).filter((id) => !ids.has(id));
    this.markNodesGone(gone, at);
  }

  markNodesGone(ids: readonly string[], at: string): void {
    for (const id of ids) this.tally.nodes.gone += this.#statements.run(`${NODE_GONE} id = ?2`, at, id);
  }

  putLatestImages(images: ReadonlyMap<string, string>, at: string): void {
    const sql = 'UPDATE pool SET latest_image = ?2, latest_asked = ?3 WHERE id = ?1';
    for (const [pool, image] of images) this.#statements.run(sql, pool, image, at);
  }

  putWorkloads(): void {}

  putEvidence(evidence: readonly Evidence[]): void {
    const readings = new Map<string, number>();
    for (const each of evidence) {
      const node = keyOf(this.#nodes, each.node);
      const { source, takenAt, uid, image } = each;
      const reported = each.reported === null ? null : JSON.stringify(each.reported);
      this.#statements.run(
        `INSERT INTO evidence VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE
          SET (taken_at, uid, image, reading, reported) = (?3, ?4, ?5, ?6, ?7)
          WHERE (taken_at, uid, image, reading, reported) IS NOT (?3, ?4, ?5, ?6, ?7)`,
        ...[node, source, takenAt, uid, image, this.#readingOf(each, readings), reported],
      );
      if (source === 'disk') this.#statements.run('DELETE FROM scan_failure WHERE node = ?', node);
    }
  }

  putSoftware(digest: string, software: SoftwareList): void {
    const { os, format, packages, components, binaries } = software;
    if (this.#statements.get('SELECT 1 FROM software WHERE digest = ?', digest) !== undefined) return;
    this.#statements.run(
      'INSERT INTO software VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[digest, os === null ? null : JSON.stringify(os), format, packages.length, components.length],
      ...[binaries.length, Number(hasFips(software)), packSoftware(software)],
    );
  }

  putScanFailure({ node, at, reason }: ScanFailure): void {
    const key = keyOf(this.#nodes, node);
    this.#statements.run('REPLACE INTO scan_failure VALUES (?, ?, ?)', key, at, JSON.stringify(reason));
  }

  putEnablement({ scope, enabled, at, by }: Enablement): void {
    this.#statements.run('REPLACE INTO enablement VALUES (?, ?, ?, ?)', scope, Number(enabled), at, by);
  }

  beginSync(at: string): number {
    this.#statements.run('INSERT INTO sync (started_at) VALUES (?)', at);
    const id = Number(this.#statements.get('SELECT last_insert_rowid() AS id')?.id);
    this.#statements.run('DELETE FROM sync WHERE id <= ?', id - SYNCS);
    return id;
  }

  endSync(
    id: number,
    { endedAt, requests, problems }: Pick<SyncRecord, 'endedAt' | 'requests' | 'problems'>,
  ): void {
    const sql = 'UPDATE sync SET (ended_at, requests, problems) = (?, ?, ?) WHERE id = ?';
    this.#statements.run(sql, endedAt, requests, problems, id);
  }

  forget(before: string): number {
    const unnamed = (table: string, by: string): string =>
      `NOT EXISTS (SELECT 1 FROM ${by} WHERE ${by}.${table} = ${table}.key)`;
    const rows =
      this.#statements.run('DELETE FROM node WHERE gone < ?', before) +
      this.#statements.run(`DELETE FROM pool WHERE gone < ? AND ${unnamed('pool', 'node')}`, before) +
      this.#statements.run(
        `DELETE FROM cluster WHERE gone < ? AND ${unnamed('cluster', 'pool')} AND ${unnamed('cluster', 'node')}`,
        before,
      ) +
      this.#statements.run(
        `DELETE FROM subscription WHERE gone < ? AND ${unnamed('subscription', 'cluster')}`,
        before,
      );
    return (
      rows +
      this.#statements.run(`DELETE FROM reading WHERE ${unnamed('reading', 'evidence')}`) +
      this.#statements.run(`DELETE FROM software WHERE ${unnamed('software', 'reading')}`)
    );
  }

  /** The key of what the evidence says, written where nothing said just this before. */
  #readingOf({ software, confidence, complete, drift, gaps }: Evidence, known: Map<string, number>): number {
    const told = [JSON.stringify(drift), JSON.stringify(gaps)] as const;
    const text = JSON.stringify([software, confidence, complete, ...told]);
    const before = known.get(text);
    if (before !== undefined) return before;
    const hash = createHash('sha256').update(text).digest();
    const find = 'SELECT key FROM reading WHERE hash = ?';
    let row = this.#statements.get(find, hash);
    if (row === undefined) {
      const list = this.#statements.get('SELECT key FROM software WHERE digest = ?', software);
      if (list === undefined) throw new RangeError(`no software list ${software}`);
      const insert = 'INSERT INTO reading VALUES (NULL, ?, ?, ?, ?, ?, ?)';
      this.#statements.run(insert, hash, Number(list.key), confidence, Number(complete), ...told);
      row = this.#statements.get(find, hash);
    }
    const key = Number(row?.key);
    known.set(text, key);
    return key;
  }

  #count(what: keyof MutableTally, put: Put): void {
    if (put !== 'same') this.tally[what][put]++;
  }
}

function keyOf(table: SeenTable, id: string): number {
  const key = table.keyOf(id);
  if (key === null) throw new RangeError(`${id} was not put before`);
  return key;
}
