import { NodewardError } from '../../base/errors.ts';
import {
  type ClusterSubject,
  countingBook,
  type PoolFacts,
  type PoolSubject,
  type PoolSummary,
  recommendationsOf,
  scorePoints,
  summarise,
} from '../../findings/index.ts';
import type {
  CveRollup,
  PoolHistory,
  Recommendation,
  RecommendationState,
  ScorePoint,
} from '../../model/recommendation.ts';
import type { Computed, StoreReader, StoreWriter } from '../../storage/index.ts';
import type { Fleet } from '../fleet/types.ts';
import { expireExemptions } from '../governance/exemptions.ts';
import { groundsAt, knownClusters } from './facts.ts';
import { goneBackwards, highWater, known } from './high-water.ts';

/** How often a computation is made again because another one ended while it was made. */
const ATTEMPTS = 3;

/** Everything that lists of recommendations and CVEs show, as it follows from what a reader sees. */
interface Materialised {
  readonly before: Computed | null;
  readonly computed: Computed;
  readonly recommendations: readonly Recommendation[];
  readonly cves: readonly CveRollup[];
  readonly scores: readonly ScorePoint[];
}

/**
 * Computes the recommendations, the CVEs of the fleet and of each subscription, and the scores from what is stored, and
 * puts them in place of those before: at any time, also while lists are not assessed yet.
 * @returns how many recommendations are in each state
 * @throws NodewardError store-busy, file-unwritable, store-failed, database-missing, database-unusable
 */
export async function summariseFindings(
  fleet: Fleet,
): Promise<Readonly<Record<RecommendationState, number>>> {
  await expireExemptions(fleet);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const made = await fleet.store.read((reader) => materialise(fleet, reader));
    if (await fleet.store.write((writer) => put(writer, made))) return countStates(made.recommendations);
  }
  throw new NodewardError('store-busy', 'Other processes compute the recommendations at the same time');
}

/** @returns false where another computation, which may have seen more, was put since */
async function put({ findings }: StoreWriter, made: Materialised): Promise<boolean> {
  if (JSON.stringify(await findings.computed()) !== JSON.stringify(made.before)) return false;
  await findings.putRecommendations(made.recommendations);
  await findings.putCves(made.cves);
  await findings.putScores(made.scores);
  await findings.putComputed(made.computed);
  return true;
}

async function materialise(fleet: Fleet, reader: StoreReader): Promise<Materialised> {
  const at = fleet.clock.now();
  const facts: PoolFacts[] = [];
  const pools: PoolSubject[] = [];
  const clusters: ClusterSubject[] = [];
  for await (const cluster of knownClusters(fleet, reader, await reader.inventory.clusters())) {
    clusters.push(cluster.subject);
    for (const pool of cluster.pools) {
      pools.push(pool.subject);
      // Of what is not assessed any more it is not known that it was fixed.
      if (pool.enabled) facts.push(pool.facts);
    }
  }
  const history = await reader.findings.history(null);
  const grounds = await groundsAt(fleet, reader, null);
  const { book, uses } = countingBook(grounds.exemptions, at.toISOString(), grounds.vulnerabilities);
  const { pools: summaries, cves } = summarise(facts, history, { ...grounds, exemptions: book });
  const { before, computed } = await computedWith(fleet, reader, at);
  const waiting = nodesWaiting(history, await reader.findings.assessedLists(), computed.revision);
  const recommendations = recommendationsOf({ pools, clusters }, withPending(summaries, waiting), at);
  const scores = scorePoints(recommendations, pools, at.toISOString().slice(0, 10));
  const exemptions = uses(history.findings);
  return { before, computed: { ...computed, exemptions }, recommendations, cves, scores };
}

/** How many nodes of each pool have a list that was only assessed with other advisories than a computation is of. */
function nodesWaiting(
  { pools }: PoolHistory,
  assessed: ReadonlyMap<string, { readonly revision: string }>,
  revision: string,
): ReadonlyMap<string, number> {
  const waiting = new Map<string, number>();
  for (const { pool, list, nodes, until } of pools) {
    if (until !== null || (assessed.get(list)?.revision ?? revision) === revision) continue;
    waiting.set(pool, (waiting.get(pool) ?? 0) + nodes);
  }
  return waiting;
}

function withPending(
  summaries: ReadonlyMap<string, PoolSummary>,
  waiting: ReadonlyMap<string, number>,
): ReadonlyMap<string, PoolSummary> {
  if (waiting.size === 0) return summaries;
  return new Map(
    Array.from(summaries, ([pool, summary]) => {
      const pending = summary.pending + (waiting.get(pool) ?? 0);
      return [pool, { ...summary, pending }];
    }),
  );
}

/** Which advisories the findings are of: those that were loaded when they were assessed, not older ones. */
async function computedWith(
  fleet: Fleet,
  reader: StoreReader,
  now: Date,
): Promise<{ readonly before: Computed | null; readonly computed: Omit<Computed, 'exemptions'> }> {
  const standing = await known(reader);
  const before = standing.computed;
  const at = now.toISOString();
  if (before !== null && goneBackwards(fleet, standing) !== null)
    return { before, computed: { ...before, at } };
  const { revision } = fleet.workspace.advisories();
  return { before, computed: { at, revision, asOf: highWater(fleet, standing) } };
}

function countStates(
  recommendations: readonly Recommendation[],
): Readonly<Record<RecommendationState, number>> {
  const counts = { unhealthy: 0, 'not-assessed': 0, healthy: 0 };
  for (const { state } of recommendations) counts[state]++;
  return counts;
}
