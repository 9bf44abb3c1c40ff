import { sql } from 'kysely';
import type { Evidence } from '../../model/coverage.ts';
import type { Cluster, Node, NodePool, Subscription } from '../../model/fleet.ts';
import type { Enablement, ScanFailure, SyncRecord } from '../../model/inventory.ts';
import type { SoftwareList } from '../../model/software.ts';
import { among, parts, tuples } from '../database/bulk.ts';
import { storable } from '../database/text.ts';
import type { InventoryWriter, Look, Tally } from '../types.ts';
import { putEvidence } from './evidence.ts';
import { forget } from './forget.ts';
import { InventoryQueries } from './reader.ts';
import { clusterValues, nodeValues, poolValues } from './rows.ts';
import { keysOf, type Put, putSeen, type SeenTable, type SeenValues } from './seen.ts';
import { hasFips, packSoftware } from './software.ts';

/** Syncs that are remembered. */
const SYNCS = 100;

/** Pools that the cloud lists, others are known by their nodes alone. */
const LISTED = ['scale-set', 'machines'];

/** When the nodes of a node's cluster were last read. */
const LOOKED = sql<string>`(SELECT synced_at FROM cluster WHERE cluster.key = node.cluster)`;

type MutableTally = { readonly [What in keyof Tally]: { -readonly [How in keyof Tally[What]]: number } };

/** The changes of one transaction. */
export class InventoryChanges extends InventoryQueries implements InventoryWriter {
  readonly tally: MutableTally = {
    clusters: { added: 0, changed: 0, gone: 0 },
    pools: { added: 0, changed: 0, gone: 0 },
    nodes: { added: 0, changed: 0, gone: 0 },
  };

  async putSubscription({ id, provider, name }: Subscription, at: string): Promise<void> {
    await this.#put('subscription', new Map([[id, { provider, name }]]), at);
    await this.#saw('subscription', id, at);
  }

  async markListed(subscription: string, { at, problems }: Pick<Look, 'at' | 'problems'>): Promise<void> {
    await this.session.db
      .updateTable('subscription')
      .set({ problems: JSON.stringify(problems), ...(at === null ? {} : { listed_at: at }) })
      .where('id', '=', subscription)
      .execute();
  }

  async dropSubscription(id: string, at: string): Promise<void> {
    await this.keepClusters(id, new Set(), at);
    await this.session.db
      .updateTable('subscription')
      .set({ gone: at })
      .where('id', '=', id)
      .where('gone', 'is', null)
      .execute();
  }

  async putCluster(cluster: Cluster, at: string): Promise<void> {
    const subscription = (await keysOf(this.session, 'subscription', [cluster.subscription]))(
      cluster.subscription,
    );
    const values = new Map([[cluster.id, clusterValues(cluster, subscription)]]);
    this.#count('clusters', await this.#put('cluster', values, at));
    await this.#saw('cluster', cluster.id, at);
  }

  async putPools(cluster: string, pools: readonly NodePool[], at: string): Promise<void> {
    await this.putNodePools(pools, at);
    const { db } = this.session;
    const key = (await keysOf(this.session, 'cluster', [cluster]))(cluster);
    const ids = new Set(pools.map(({ id }) => id));
    const there = await db
      .selectFrom('pool')
      .select(['key', 'id'])
      .where('cluster', '=', key)
      .where('gone', 'is', null)
      .where('kind', 'in', LISTED)
      .execute();
    const gone = there.filter(({ id }) => !ids.has(id)).map((pool) => pool.key);
    if (gone.length === 0) return;
    await this.#nodesGone(among(this.session, 'pool', gone), at);
    await db
      .updateTable('pool')
      .set({ gone: at })
      .where(among(this.session, 'key', gone))
      .execute();
    this.tally.pools.gone += gone.length;
    await db.updateTable('cluster').set({ cursor: null }).where('key', '=', key).execute();
  }

  async putNodePools(pools: readonly NodePool[], at: string): Promise<void> {
    const clusterKey = await keysOf(
      this.session,
      'cluster',
      pools.map(({ cluster }) => cluster),
    );
    const values = new Map(pools.map((pool) => [pool.id, poolValues(pool, clusterKey(pool.cluster))]));
    const put = await this.#put('pool', values, at);
    this.#count('pools', put);
    // Another image or version may be offered to what changed.
    if (put.changed.length > 0)
      await this.session.db
        .updateTable('pool')
        .set({ latest_asked: null })
        .where(among(this.session, 'id', put.changed))
        .execute();
    const told = pools.flatMap(({ id, latestImage }) =>
      latestImage === null ? [] : [[id, latestImage] as const],
    );
    await this.putLatestImages(new Map(told), at);
  }

  async putNodes(nodes: readonly Node[], at: string): Promise<void> {
    const clusterKey = await keysOf(
      this.session,
      'cluster',
      nodes.map(({ cluster }) => cluster),
    );
    const poolKey = await keysOf(
      this.session,
      'pool',
      nodes.map(({ pool }) => pool),
    );
    const values = nodes.map((node) => {
      const keys = { cluster: clusterKey(node.cluster), pool: poolKey(node.pool) };
      return [node.id, nodeValues(node, keys)] as const;
    });
    this.#count('nodes', await this.#put('node', new Map(values), at));
  }

  async touchNodes(ids: readonly string[], at: string): Promise<void> {
    await this.session.db
      .updateTable('node')
      .set({ last_seen: at })
      .where(among(this.session, 'id', ids))
      .where('gone', 'is', null)
      .execute();
  }

  async markSynced(cluster: string, { at, cursor, problems }: Look): Promise<void> {
    const { db } = this.session;
    const key = (await keysOf(this.session, 'cluster', [cluster]))(cluster);
    await db
      .updateTable('cluster')
      .set({
        cursor: storable(cursor),
        problems: JSON.stringify(problems),
        ...(at === null ? {} : { synced_at: at }),
      })
      .where('key', '=', key)
      .execute();
    if (at === null) return;
    // What a clock that was wrong put into the future was seen now.
    for (const table of ['pool', 'node'] as const)
      await db
        .updateTable(table)
        .set({ last_seen: at })
        .where('cluster', '=', key)
        .where('gone', 'is', null)
        .where('last_seen', '>', at)
        .execute();
    const { numUpdatedRows } = await db
      .updateTable('pool')
      .set({ gone: at })
      .where('cluster', '=', key)
      .where('gone', 'is', null)
      .where('kind', 'not in', LISTED)
      .where(sql<boolean>`NOT EXISTS (SELECT 1 FROM node WHERE node.pool = pool.key AND node.gone IS NULL)`)
      .executeTakeFirstOrThrow();
    this.tally.pools.gone += Number(numUpdatedRows);
  }

  async keepClusters(subscription: string, ids: ReadonlySet<string>, at: string): Promise<void> {
    const there = await this.session.db
      .selectFrom('cluster as c')
      .innerJoin('subscription as s', 's.key', 'c.subscription')
      .select(['c.key', 'c.id'])
      .where('s.id', '=', subscription)
      .where('c.gone', 'is', null)
      .execute();
    const gone = there.filter(({ id }) => !ids.has(id)).map(({ key }) => key);
    if (gone.length === 0) return;
    await this.#nodesGone(among(this.session, 'cluster', gone), at);
    for (const [what, table, column] of [
      ['pools', 'pool', 'cluster'],
      ['clusters', 'cluster', 'key'],
    ] as const) {
      const query = this.session.db.updateTable(table).set({ gone: at }).where('gone', 'is', null);
      const { numUpdatedRows } = await query
        .where(among(this.session, column, gone))
        .executeTakeFirstOrThrow();
      this.tally[what].gone += Number(numUpdatedRows);
    }
  }

  async keepNodes(cluster: string, ids: ReadonlySet<string>, at: string): Promise<void> {
    const key = (await keysOf(this.session, 'cluster', [cluster]))(cluster);
    const there = this.session.db.selectFrom('node').select('id').where('cluster', '=', key);
    const rows = await there.where('gone', 'is', null).execute();
    await this.markNodesGone(
      rows.map(({ id }) => id).filter((id) => !ids.has(id)),
      at,
    );
  }

  async markNodesGone(ids: readonly string[], at: string): Promise<void> {
    if (ids.length > 0) await this.#nodesGone(among(this.session, 'id', ids), at);
  }

  async putLatestImages(images: ReadonlyMap<string, string>, at: string): Promise<void> {
    for (const part of parts([...images]))
      await sql`UPDATE pool SET latest_image = told.column2, latest_asked = ${at}
        FROM (VALUES ${tuples(part)}) AS told WHERE pool.id = told.column1`.execute(this.session.db);
  }

  async putWorkloads(privileged: ReadonlyMap<string, number | null>): Promise<void> {
    const count = sql`CAST(told.column2 AS bigint)`;
    for (const part of parts([...privileged]))
      await sql`UPDATE pool SET privileged = ${count} FROM (VALUES ${tuples(part)}) AS told
        WHERE pool.id = told.column1 AND privileged IS DISTINCT FROM ${count}`.execute(this.session.db);
  }

  async putEvidence(evidence: readonly Evidence[]): Promise<void> {
    await putEvidence(this.session, evidence);
  }

  async putSoftware(digest: string, software: SoftwareList): Promise<void> {
    const { db } = this.session;
    const before = db.selectFrom('software').select('key').where('digest', '=', digest);
    if ((await before.executeTakeFirst()) !== undefined) return;
    const { os, format, packages, components, binaries } = software;
    await db
      .insertInto('software')
      .values({
        digest,
        os: os === null ? null : JSON.stringify(os),
        format,
        packages: packages.length,
        components: components.length,
        programs: binaries.length,
        fips: Number(hasFips(software)),
        body: packSoftware(software),
      })
      .execute();
  }

  async putScanFailure({ node, at, reason }: ScanFailure): Promise<void> {
    const told = { at, reason: JSON.stringify(reason) };
    const key = (await keysOf(this.session, 'node', [node]))(node);
    await this.session.db
      .insertInto('scan_failure')
      .values({ node: key, ...told })
      .onConflict((conflict) => conflict.column('node').doUpdateSet(told))
      .execute();
  }

  async putEnablement({ scope, enabled, at, by }: Enablement): Promise<void> {
    const said = { enabled: Number(enabled), at, said_by: by };
    await this.session.db
      .insertInto('enablement')
      .values({ scope, ...said })
      .onConflict((conflict) => conflict.column('scope').doUpdateSet(said))
      .execute();
  }

  async beginSync(at: string): Promise<number> {
    const { db } = this.session;
    const { id } = await db
      .insertInto('sync')
      .values({ started_at: at })
      .returning('id')
      .executeTakeFirstOrThrow();
    await db
      .deleteFrom('sync')
      .where('id', '<=', id - SYNCS)
      .execute();
    return id;
  }

  async endSync(
    id: number,
    { endedAt, requests, problems }: Pick<SyncRecord, 'endedAt' | 'requests' | 'problems'>,
  ): Promise<void> {
    const end = { ended_at: endedAt, requests, problems };
    await this.session.db.updateTable('sync').set(end).where('id', '=', id).execute();
  }

  async forget(before: string): Promise<number> {
    return await forget(this.session, before);
  }

  async #put(table: SeenTable, values: SeenValues, at: string): Promise<Put> {
    return await putSeen(this.session, table, { values, at });
  }

  async #saw(table: 'subscription' | 'cluster', id: string, at: string): Promise<void> {
    await this.session.db.updateTable(table).set({ last_seen: at }).where('id', '=', id).execute();
  }

  /** A node that goes keeps the instant it was last seen. Its cluster's last look is the one before this one. */
  async #nodesGone(which: ReturnType<typeof among>, at: string): Promise<void> {
    const lastSeen = sql<string>`CASE WHEN ${LOOKED} > last_seen THEN ${LOOKED} ELSE last_seen END`;
    const { numUpdatedRows } = await this.session.db
      .updateTable('node')
      .set({ gone: at, last_seen: lastSeen })
      .where('gone', 'is', null)
      .where(which)
      .executeTakeFirstOrThrow();
    this.tally.nodes.gone += Number(numUpdatedRows);
  }

  #count(what: keyof Tally, { added, changed }: Put): void {
    this.tally[what].added += added.length;
    this.tally[what].changed += changed.length;
  }
}
