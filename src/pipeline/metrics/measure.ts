import { NodewardError } from '../../base/errors.ts';
import {
  RECOMMENDATION_STATES,
  RECOMMENDATION_TITLES,
  type RecommendationKind,
} from '../../model/recommendation.ts';
import type { StoreReader } from '../../storage/index.ts';
import type { Fleet } from '../fleet/index.ts';
import type { Workspace } from '../workspace.ts';
import type { AdvisoryAge, Measurements, RecommendationCount } from './types.ts';

/** Pools that are measured one by one: each takes about twenty series. */
const MAX_POOLS = 10_000;

/** A score that is older says nothing of now. */
const SCORE_DAYS = 7;

const KINDS = Object.keys(RECOMMENDATION_TITLES) as readonly RecommendationKind[];

/**
 * Everything that metrics show, of one instant. It reads what was computed before: nothing is assessed for it.
 * @throws NodewardError of the store
 */
export async function measure({ store, workspace, clock }: Fleet): Promise<Measurements> {
  const since = new Date(clock.now().getTime() - SCORE_DAYS * 86_400_000).toISOString().slice(0, 10);
  return await store.read(async (reader) => {
    const { inventory, findings, governance } = reader;
    const page = { offset: 0, limit: MAX_POOLS };
    const pools = await findings.recommendations({ kind: 'vulnerabilities' }, page);
    const lastSync = await inventory.lastSync();
    return {
      fleet: await inventory.counts(),
      pools: pools.items,
      poolsLeftOut: pools.total - pools.items.length,
      recommendations: await recommendationCounts(reader),
      score: await lastScore(reader, 'all', since),
      subscriptionScores: await subscriptionScores(reader, since),
      computedAt: (await findings.computed())?.at ?? null,
      syncedAt: lastSync?.endedAt ?? null,
      syncProblems: lastSync === null || lastSync.endedAt === null ? null : lastSync.problems,
      evidence: await inventory.evidenceAges(),
      advisories: advisoryAges(workspace),
      newestImage: ifThere(() => workspace.catalogue().info.newest),
      tasks: await governance.tasks(),
      deliveries: await governance.deliveryCounts(),
    };
  });
}

async function recommendationCounts({ findings }: StoreReader): Promise<readonly RecommendationCount[]> {
  const counts: RecommendationCount[] = [];
  for (const kind of KINDS) {
    for (const state of RECOMMENDATION_STATES) {
      const { total } = await findings.recommendations({ kind, state }, { offset: 0, limit: 1 });
      counts.push({ kind, state, count: total });
    }
  }
  return counts;
}

async function subscriptionScores(
  reader: StoreReader,
  since: string,
): Promise<Measurements['subscriptionScores']> {
  const scores: { subscription: string; score: number }[] = [];
  for (const { id, name } of await reader.inventory.subscriptions()) {
    const score = await lastScore(reader, id, since);
    if (score !== null) scores.push({ subscription: name, score });
  }
  return scores;
}

async function lastScore({ findings }: StoreReader, scope: string, since: string): Promise<number | null> {
  return (await findings.scores(scope, since)).at(-1)?.score ?? null;
}

/** The newest of each ecosystem and feed; none where there is no database. */
function advisoryAges(workspace: Workspace): readonly AdvisoryAge[] {
  const coverage = ifThere(() => workspace.advisories().coverage) ?? [];
  const newest = new Map<string, AdvisoryAge>();
  for (const { feed, ecosystem, asOf } of coverage) {
    const key = JSON.stringify([feed, ecosystem]);
    const before = newest.get(key);
    if (before === undefined || before.asOf < asOf) newest.set(key, { feed, ecosystem, asOf });
  }
  return [...newest.values()];
}

/** What a database that can be opened says; null where it cannot. */
function ifThere<T>(look: () => T): T | null {
  try {
    return look();
  } catch (thrown) {
    if (thrown instanceof NodewardError) return null;
    throw thrown;
  }
}
