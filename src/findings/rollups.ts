import { compareText } from '../base/text.ts';
import type { RollupRow } from '../model/findings-report.ts';
import type { Recommendation, RecommendationState, ScorePoint } from '../model/recommendation.ts';
import { addCounts, type Counting, noCounts } from './counts.ts';
import type { PoolSubject } from './recommendations.ts';

/** Recommendations of one scope, added up. */
interface Sum {
  readonly kind: RollupRow['kind'];
  readonly id: string;
  readonly name: string;
  readonly states: Record<RecommendationState, number>;
  readonly counts: Counting;
  nodes: number;
  /** Nodes of which findings can be told, and the risk of their pools, once for each of them. */
  assessed: number;
  risk: number;
}

/**
 * How `all`, each subscription and each cluster stand. The score is 100 less the mean risk of the pools, each weighed by
 * its nodes of which findings can be told; null where there are none.
 * @param pools of the recommendations
 * @param day ISO 8601
 */
export function scorePoints(
  recommendations: readonly Recommendation[],
  pools: readonly Pick<PoolSubject, 'pool' | 'coverage'>[],
  day: string,
): readonly ScorePoint[] {
  const assessed = new Map(pools.map(({ pool, coverage }) => [pool, coverage.assessed + coverage.partly]));
  return sumsOf(recommendations, assessed).map((sum) => ({
    scope: sum.id,
    day,
    score: scoreIn(sum),
    healthy: sum.states.healthy,
    unhealthy: sum.states.unhealthy,
    notAssessed: sum.states['not-assessed'],
    open: sum.counts.open,
    available: sum.counts.byFix.available,
    overdue: sum.counts.overdue,
  }));
}

/** To one decimal, and never up: 100 is only said where nothing is at risk. */
function scoreIn({ assessed, risk }: Sum): number | null {
  return assessed === 0 ? null : Math.floor((1000 * assessed - 10 * risk) / assessed) / 10;
}

/**
 * Recommendations added up: the fleet, then subscriptions and clusters by name.
 * @param trend the points of a scope, oldest first
 */
export function rollupRows(
  recommendations: readonly Recommendation[],
  trend: (scope: string) => readonly ScorePoint[],
): readonly RollupRow[] {
  return sumsOf(recommendations, new Map()).map(({ kind, id, name, states, counts, nodes }) => {
    return { kind, id, name, states, counts, nodes, trend: trend(id) };
  });
}

const KINDS: readonly RollupRow['kind'][] = ['fleet', 'subscription', 'cluster'];

function sumsOf(
  recommendations: readonly Recommendation[],
  assessed: ReadonlyMap<string, number>,
): readonly Sum[] {
  const fleet = noSum('fleet', 'all', 'fleet');
  const sums = new Map([[fleet.id, fleet]]);
  const sumOf = (kind: Sum['kind'], id: string, name: string): Sum => {
    const sum = sums.get(id) ?? noSum(kind, id, name);
    sums.set(id, sum);
    return sum;
  };
  for (const each of recommendations) {
    const nodes = each.pool === null ? 0 : (assessed.get(each.pool) ?? 0);
    add(fleet, each, nodes);
    add(sumOf('subscription', each.subscription, each.subscriptionName), each, nodes);
    add(sumOf('cluster', each.cluster, each.clusterName), each, nodes);
  }
  return [...sums.values()].sort(
    (a, b) =>
      KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || compareText(a.name, b.name) || compareText(a.id, b.id),
  );
}

function noSum(kind: RollupRow['kind'], id: string, name: string): Sum {
  const states = { unhealthy: 0, 'not-assessed': 0, healthy: 0 };
  return { kind, id, name, states, counts: noCounts(), nodes: 0, assessed: 0, risk: 0 };
}

function add(sum: Sum, { kind, state, counts, nodes, risk }: Recommendation, assessed: number): void {
  sum.states[state]++;
  if (kind !== 'vulnerabilities') return;
  addCounts(sum.counts, counts);
  sum.nodes += nodes;
  sum.assessed += assessed;
  sum.risk += risk.score * assessed;
}
