import { NodewardError } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import type { RecommendationDetail } from '../../model/findings-report.ts';
import type { NodeView } from '../../model/fleet-report.ts';
import type { Recommendation } from '../../model/recommendation.ts';
import type { StoreReader } from '../../storage/index.ts';
import { resolveScope } from '../fleet/scopes.ts';
import type { Fleet } from '../fleet/types.ts';
import { type KnownCluster, type KnownPool, knownClusters } from './facts.ts';
import { ALL } from './filter.ts';
import { trendStart } from './lists.ts';
import { livesAt, type PoolLives } from './pool-lives.ts';

const ID = /^r-[0-9a-f]{8}$/;

/**
 * One recommendation with everything it is about.
 * @param idOrPool its id, or a pool as for `resolveScope`: then that about its vulnerabilities
 * @throws NodewardError id-unknown, scope-unknown
 */
export async function recommendationDetail(fleet: Fleet, idOrPool: string): Promise<RecommendationDetail> {
  const id = idOrPool.toLowerCase();
  const pool = ID.test(id) ? null : await poolOf(fleet, idOrPool);
  return fleet.store.read(async (reader) => {
    const recommendation =
      pool === null ? await reader.findings.recommendation(id) : await ofPool(reader, pool);
    if (recommendation === null)
      throw new NodewardError('id-unknown', `There is no recommendation ${printable(idOrPool)}`);
    const { cluster: of, pool: about } = recommendation;
    const trend = await reader.findings.scores(of, trendStart(fleet));
    const stored = await reader.inventory.cluster(of);
    const empty = { recommendation, findings: [], nodes: [], trend };
    if (stored === null || about === null) return empty;
    for await (const cluster of knownClusters(fleet, reader, [stored])) {
      const known = cluster.pools.find(({ facts }) => facts.pool === about);
      if (known === undefined) continue;
      if (recommendation.kind === 'drift') return { ...empty, nodes: known.drift.nodes };
      const lives = await livesAt(fleet, reader, { pools: [about] });
      return { ...empty, findings: lives.of(known), nodes: concerned(cluster, known, lives) };
    }
    return empty;
  });
}

async function poolOf(fleet: Fleet, text: string): Promise<string> {
  const { kind, id } = await resolveScope(fleet, text);
  if (kind === 'pool') return id;
  throw new NodewardError('scope-unknown', `${printable(text)} is neither a recommendation nor a pool`, {
    remedy: 'Name a recommendation by its id (`r-…`), or a pool as CLUSTER/POOL.',
  });
}

async function ofPool({ findings }: StoreReader, pool: string): Promise<Recommendation | null> {
  const { items } = await findings.recommendations({ pool, kind: 'vulnerabilities' }, ALL);
  return items[0] ?? null;
}

/** The nodes that have findings, or of which that is not fully known, each with why. */
function concerned(
  { nodes }: KnownCluster,
  { facts }: KnownPool,
  { history }: PoolLives,
): RecommendationDetail['nodes'] {
  return (nodes.get(facts.pool) ?? [])
    .map(({ node: { name, image }, coverage }) => {
      const list = coverage.evidence === null ? undefined : history.findings.get(coverage.evidence.software);
      const there = list?.filter(({ gone }) => gone === null).length ?? null;
      return { name, image, why: whyOf(there, coverage) };
    })
    .filter(({ why }) => why !== '');
}

function whyOf(there: number | null, { evidence, reasons }: NodeView['coverage']): string {
  if (there === null)
    return evidence === null
      ? (reasons[0]?.detail ?? 'Nothing is known of its software.')
      : 'Its software was not assessed yet.';
  return there > 0 ? `${there} CVEs in its software` : (reasons[0]?.detail ?? '');
}
