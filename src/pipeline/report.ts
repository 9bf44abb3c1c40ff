import type { CoverageReason } from '../model/coverage.ts';
import type { Exemption } from '../model/exemption.ts';
import type { Currency } from '../model/findings-report.ts';
import type { PoolFindingLife, Vulnerability } from '../model/recommendation.ts';
import type { StoreReader } from '../storage/index.ts';
import { currencyAt } from './findings/currency.ts';
import { type KnownPool, knownClusters } from './findings/facts.ts';
import { livesAt } from './findings/pool-lives.ts';
import { resolveScope } from './fleet/scopes.ts';
import type { Fleet, ResolvedScope } from './fleet/types.ts';

/** A pool with all of its findings. */
export interface ReportedPool {
  /** `NodePool.id`. */
  readonly pool: string;
  readonly poolName: string;
  readonly clusterName: string;
  readonly subscriptionName: string;
  readonly region: string | null;
  readonly owner: string | null;
  readonly nodes: number;
  /** Image that most of its nodes run, its family, and the image that the region offers. */
  readonly image: string | null;
  readonly family: string | null;
  readonly offered: string | null;
  /** Whether its assessment is enabled: else nothing is known of it now. */
  readonly enabled: boolean;
  /** Why it is not fully assessed; empty where it is. */
  readonly reasons: readonly CoverageReason[];
  /** Worst first, closed ones too. */
  readonly findings: readonly PoolFindingLife[];
}

/** What is common to the pools of a report. */
export interface ReportBasis {
  /** ISO 8601 instant. */
  readonly at: string;
  readonly scopeName: string;
  readonly currency: Currency;
  readonly vulnerabilities: ReadonlyMap<string, Vulnerability>;
  /** By id, also those that were withdrawn. */
  readonly exemptions: ReadonlyMap<string, Exemption>;
}

/**
 * Gives the pools of a scope one after the other with their findings, all of one instant: those of a fleet have no room in
 * memory at once.
 * @param scope as for `resolveScope`; null for the whole fleet
 * @throws NodewardError scope-unknown, and those of the store
 */
export async function eachPool(
  fleet: Fleet,
  scope: string | null,
  visit: (pool: ReportedPool, basis: ReportBasis) => void | Promise<void>,
): Promise<ReportBasis> {
  const resolved = await resolveScope(fleet, scope ?? 'all');
  return fleet.store.read(async (reader) => {
    const { clusters, pools } = await within(reader, resolved);
    const { judging, of } = await livesAt(fleet, reader, { pools });
    const basis: ReportBasis = {
      at: fleet.clock.now().toISOString(),
      scopeName: resolved.kind === 'all' ? 'whole fleet' : resolved.name,
      currency: await currencyAt(fleet, reader),
      vulnerabilities: judging.vulnerabilities,
      exemptions: new Map(
        (await reader.governance.exemptions({ withdrawn: true })).map((each) => [each.id, each]),
      ),
    };
    const wanted = pools === null ? null : new Set(pools);
    for await (const cluster of knownClusters(fleet, reader, clusters))
      for (const known of cluster.pools)
        if (wanted === null || wanted.has(known.facts.pool)) await visit(reported(known, of(known)), basis);
    return basis;
  });
}

/** The clusters of a scope, and the ids of its pools; null for all. */
async function within({ inventory }: StoreReader, { kind, id }: ResolvedScope) {
  const all = await inventory.clusters();
  if (kind === 'all') return { clusters: all, pools: null };
  const inside = (await inventory.pools()).filter((pool) => {
    const cluster = all.find((each) => each.id === pool.cluster);
    return [pool.id, pool.cluster, cluster?.subscription].includes(id);
  });
  const named = new Set(inside.map(({ cluster }) => cluster));
  return { clusters: all.filter((each) => named.has(each.id)), pools: inside.map((pool) => pool.id) };
}

function reported(
  { facts, subject, region, enabled }: KnownPool,
  findings: readonly PoolFindingLife[],
): ReportedPool {
  const { pool, poolName, clusterName, subscriptionName, owner, nodes, image, offered, reasons } = subject;
  return {
    ...{ pool, poolName, clusterName, subscriptionName, region, owner, nodes, image, offered, enabled },
    ...{ family: facts.family, reasons, findings },
  };
}
