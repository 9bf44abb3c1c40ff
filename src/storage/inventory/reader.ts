import { sql } from 'kysely';
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
import { among } from '../database/bulk.ts';
import type { Session } from '../database/types.ts';
import type { EvidenceAge, EvidenceOf, InventoryReader, StoredSoftware } from '../types.ts';
import {
  clusterOf,
  enablementOf,
  evidenceOf,
  nodeOf,
  poolOf,
  softwareOf,
  subscriptionOf,
  syncOf,
} from './rows.ts';
import { unpackSoftware } from './software.ts';

/** A pool that is there was seen when its cluster was listed, or when the cluster's nodes were read. */
const POOL_SEEN = lastSeen(
  sql<string>`(CASE WHEN p.kind IN ('scale-set', 'machines') THEN c.last_seen ELSE c.synced_at END)`,
  'p',
);

/** A node that is there was seen when its cluster's nodes were last read, without a write of its own. */
const NODE_SEEN = lastSeen(sql<string>`c.synced_at`, 'n');

function lastSeen(look: ReturnType<typeof sql<string>>, row: string) {
  const own = sql.ref(`${row}.last_seen`);
  const gone = sql.ref(`${row}.gone`);
  return sql<string>`CASE WHEN ${gone} IS NULL AND ${look} > ${own} THEN ${look} ELSE ${own} END`;
}

/** What is known of the fleet, out of the tables. */
export class InventoryQueries implements InventoryReader {
  protected readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  async subscriptions(): Promise<readonly StoredSubscription[]> {
    const query = this.session.db.selectFrom('subscription').selectAll().where('gone', 'is', null);
    return (await query.orderBy('name').orderBy('id').execute()).map(subscriptionOf);
  }

  async clusters({ gone = false }: { readonly gone?: boolean } = {}): Promise<readonly StoredCluster[]> {
    const query = this.#clusters().$if(!gone, (only) => only.where('c.gone', 'is', null));
    return (await query.orderBy('c.name').orderBy('c.id').execute()).map(clusterOf);
  }

  async cluster(id: string): Promise<StoredCluster | null> {
    const row = await this.#clusters().where('c.id', '=', id).where('c.gone', 'is', null).executeTakeFirst();
    return row === undefined ? null : clusterOf(row);
  }

  async pools(
    options: { readonly cluster?: string; readonly gone?: boolean } = {},
  ): Promise<readonly StoredPool[]> {
    const { cluster, gone = false } = options;
    let query = this.session.db
      .selectFrom('pool as p')
      .innerJoin('cluster as c', 'c.key', 'p.cluster')
      .selectAll('p')
      .select(['c.id as cluster_id', POOL_SEEN.as('seen')]);
    if (cluster !== undefined) query = query.where('c.id', '=', cluster);
    if (!gone) query = query.where('p.gone', 'is', null);
    return (await query.orderBy('p.name').orderBy('p.id').execute()).map(poolOf);
  }

  async nodes(
    of: ({ readonly cluster: string } | { readonly pool: string }) & { readonly gone?: boolean },
  ): Promise<readonly StoredNode[]> {
    let query = this.#nodes().where(
      'cluster' in of ? 'c.id' : 'p.id',
      '=',
      'cluster' in of ? of.cluster : of.pool,
    );
    if (of.gone !== true) query = query.where('n.gone', 'is', null);
    return (await query.orderBy('n.name').orderBy('n.id').execute()).map(nodeOf);
  }

  async findNodes(idOrName: string): Promise<readonly StoredNode[]> {
    const query = this.#nodes()
      .where('n.gone', 'is', null)
      .where((each) =>
        each.or([
          each('n.id', '=', idOrName.toLowerCase()),
          each(sql<string>`lower(n.name)`, '=', sql<string>`lower(${idOrName})`),
        ]),
      );
    return (await query.orderBy('n.name').orderBy('n.id').execute()).map(nodeOf);
  }

  async nodesElsewhere(ids: readonly string[], cluster: string): Promise<readonly StoredNode[]> {
    const query = this.#nodes()
      .where(among(this.session, 'n.id', ids))
      .where('c.id', '<>', cluster)
      .where('n.gone', 'is', null);
    return (await query.orderBy('n.name').orderBy('n.id').execute()).map(nodeOf);
  }

  async evidence(of: EvidenceOf): Promise<readonly Evidence[]> {
    let query = this.session.db
      .selectFrom('node as n')
      .innerJoin('evidence as e', 'e.node', 'n.key')
      .innerJoin('reading as r', 'r.key', 'e.reading')
      .innerJoin('software as s', 's.key', 'r.software')
      .select(['n.id as node', 'e.source', 'e.taken_at', 'e.uid', 'e.image', 'e.reading', 'e.reported'])
      .select(['r.confidence', 'r.complete', 'r.drift', 'r.gaps', 's.digest']);
    if ('node' in of) query = query.where('n.id', '=', of.node);
    else query = query.where('n.cluster', '=', this.#key(of.cluster)).where('n.gone', 'is', null);
    return evidenceOf(await query.execute());
  }

  async scanFailures(of: EvidenceOf): Promise<readonly ScanFailure[]> {
    let query = this.session.db
      .selectFrom('node as n')
      .innerJoin('scan_failure as f', 'f.node', 'n.key')
      .select(['n.id as node', 'f.at', 'f.reason']);
    if ('node' in of) query = query.where('n.id', '=', of.node);
    else query = query.where('n.cluster', '=', this.#key(of.cluster)).where('n.gone', 'is', null);
    const rows = await query.execute();
    return rows.map((row) => ({ ...row, reason: JSON.parse(row.reason) as ScanFailure['reason'] }));
  }

  async software(digest: string): Promise<SoftwareList | null> {
    const query = this.session.db.selectFrom('software').select('body').where('digest', '=', digest);
    const row = await query.executeTakeFirst();
    return row === undefined ? null : unpackSoftware(row.body);
  }

  async softwareHeads(): Promise<ReadonlyMap<string, StoredSoftware>> {
    const rows = await this.session.db
      .selectFrom('software')
      .select(['digest', 'os', 'format', 'packages', 'components', 'programs', 'fips'])
      .orderBy('key')
      .execute();
    return new Map(rows.map((row) => [row.digest, softwareOf(row)]));
  }

  async enablements(): Promise<readonly Enablement[]> {
    const rows = await this.session.db.selectFrom('enablement').selectAll().orderBy('scope').execute();
    return rows.map(enablementOf);
  }

  async lastSync(): Promise<SyncRecord | null> {
    const row = await this.session.db
      .selectFrom('sync')
      .selectAll()
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? null : syncOf(row);
  }

  async evidenceAges(): Promise<readonly EvidenceAge[]> {
    const rows = await this.session.db
      .selectFrom('evidence as e')
      .innerJoin('node as n', 'n.key', 'e.node')
      .where('n.gone', 'is', null)
      .groupBy('e.source')
      .select((each) => [
        'e.source',
        each.fn.countAll<number>().as('nodes'),
        each.fn.min('e.taken_at').as('oldest'),
        each.fn.max('e.taken_at').as('newest'),
      ])
      .execute();
    return EVIDENCE_SOURCES.flatMap((source) => {
      const row = rows.find((each) => each.source === source);
      return row === undefined ? [] : [{ ...row, source }];
    });
  }

  async counts(): Promise<{ readonly clusters: number; readonly pools: number; readonly nodes: number }> {
    const there = (table: string) => sql`(SELECT count(*) FROM ${sql.table(table)} WHERE gone IS NULL)`;
    const { rows } = await sql<{ clusters: number; pools: number; nodes: number }>`
      SELECT ${there('cluster')} AS clusters, ${there('pool')} AS pools, ${there('node')} AS nodes`.execute(
      this.session.db,
    );
    const [{ clusters, pools, nodes } = { clusters: 0, pools: 0, nodes: 0 }] = rows;
    return { clusters, pools, nodes };
  }

  #clusters() {
    return this.session.db
      .selectFrom('cluster as c')
      .innerJoin('subscription as s', 's.key', 'c.subscription')
      .selectAll('c')
      .select('s.id as subscription_id');
  }

  #nodes() {
    return this.session.db
      .selectFrom('node as n')
      .innerJoin('cluster as c', 'c.key', 'n.cluster')
      .innerJoin('pool as p', 'p.key', 'n.pool')
      .selectAll('n')
      .select(['c.id as cluster_id', 'p.id as pool_id', NODE_SEEN.as('seen')]);
  }

  /** The key of a cluster, as a part of a query. */
  #key(cluster: string) {
    return this.session.db.selectFrom('cluster').select('key').where('id', '=', cluster);
  }
}
