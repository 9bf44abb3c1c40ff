import { Counter, Gauge, Registry } from 'prom-client';
import { printable } from '../../base/text.ts';
import { SEVERITIES } from '../../model/advisory.ts';
import {
  FIX_AVAILABILITIES,
  RECOMMENDATION_STATES,
  type Recommendation,
} from '../../model/recommendation.ts';
import type { Measurements } from '../../pipeline/metrics/index.ts';

/** Names in clouds are shorter; a longer one was made to flood. */
const MAX_LABEL = 200;

/** Metrics in the text format of Prometheus, version 0.0.4. What is not known has no sample. */
export function expose(measurements: Measurements, version: string): Promise<string> {
  const registry = new Registry();
  fleetMetrics(new Metrics(registry), measurements, version);
  poolMetrics(new Metrics(registry), measurements);
  ageMetrics(new Metrics(registry), measurements);
  workMetrics(new Metrics(registry), measurements);
  return registry.metrics();
}

type Labels = Readonly<Record<string, string>>;

/** One sample of a metric. */
type Sample = readonly [labels: Labels, value: number | null];

/** Makes metrics with all of their samples at once. */
class Metrics {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Samples that have the same labels are added up: names in clouds need not be unique. */
  gauge(name: string, help: string, samples: Iterable<Sample>): void {
    const known = joined(samples, (a, b) => a + b);
    const labelNames = Object.keys(known[0]?.[0] ?? {});
    const gauge = new Gauge({ name: `nodeward_${name}`, help, labelNames, registers: [this.#registry] });
    // Without labels there is a sample of zero from the start, which would say what is not known.
    if (known.length === 0) this.#registry.removeSingleMetric(`nodeward_${name}`);
    for (const [labels, value] of known) gauge.set(labels, value);
  }

  counter(name: string, help: string, samples: readonly Sample[]): void {
    if (samples.length === 0) return;
    const labelNames = Object.keys(samples[0]?.[0] ?? {});
    const counter = new Counter({ name: `nodeward_${name}`, help, labelNames, registers: [this.#registry] });
    for (const [labels, value] of samples) counter.inc(clean(labels), value ?? 0);
  }
}

/** The samples that have a value, one for each set of labels: `join` makes one value of two. */
function joined(
  samples: Iterable<Sample>,
  join: (a: number, b: number) => number,
): readonly (readonly [Labels, number])[] {
  const found = new Map<string, readonly [Labels, number]>();
  for (const [given, value] of samples) {
    if (value === null) continue;
    const labels = clean(given);
    const key = JSON.stringify(labels);
    const before = found.get(key);
    found.set(key, [labels, before === undefined ? value : join(before[1], value)]);
  }
  return [...found.values()];
}

function clean(labels: Labels): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [
      name,
      printable(value.slice(0, MAX_LABEL)).toWellFormed(),
    ]),
  );
}

function fleetMetrics(metrics: Metrics, measured: Measurements, version: string): void {
  const { fleet, recommendations, score, subscriptionScores, poolsLeftOut } = measured;
  metrics.gauge('build_info', 'The version that runs; always 1.', [[{ version }, 1]]);
  metrics.gauge('clusters', 'Clusters that are there.', [[{}, fleet.clusters]]);
  metrics.gauge('pools', 'Node pools that are there.', [[{}, fleet.pools]]);
  metrics.gauge('nodes', 'Nodes that are there.', [[{}, fleet.nodes]]);
  metrics.gauge(
    'recommendations',
    'Recommendations by kind and state.',
    recommendations.map(({ kind, state, count }) => [{ kind, state }, count]),
  );
  metrics.gauge('score', 'Score of the fleet, from 0 to 100.', [[{}, score]]);
  metrics.gauge(
    'subscription_score',
    'Score of each subscription, from 0 to 100.',
    joined(
      subscriptionScores.map((each): Sample => [{ subscription: each.subscription }, each.score]),
      Math.min,
    ),
  );
  metrics.gauge(
    'pools_left_out',
    'Node pools, those with the least risk, that have no metrics of their own because there are too many.',
    [[{}, poolsLeftOut]],
  );
}

/** Pools that nothing is known of have a state, and no counts: zero would say that they have no findings. */
function poolMetrics(metrics: Metrics, { pools }: Measurements): void {
  const known = pools.filter(({ state, counts }) => state !== 'not-assessed' || counts.open > 0);
  const each = (value: (pool: Recommendation) => number): Sample[] =>
    known.map((pool) => [labelsOf(pool), value(pool)]);
  metrics.gauge(
    'pool_state',
    'Whether a node pool is in a state, 1 or 0; how many are where several have the same name.',
    pools.flatMap((pool) =>
      RECOMMENDATION_STATES.map(
        (state): Sample => [{ ...labelsOf(pool), state }, Number(pool.state === state)],
      ),
    ),
  );
  metrics.gauge(
    'findings',
    'Open findings of each node pool that is assessed, by severity: CVEs that are neither fixed nor exempted.',
    known.flatMap((pool) =>
      SEVERITIES.map(
        (severity): Sample => [{ ...labelsOf(pool), severity }, pool.counts.bySeverity[severity]],
      ),
    ),
  );
  metrics.gauge(
    'findings_by_fix',
    'The same open findings, by how far a fix is.',
    known.flatMap((pool) =>
      FIX_AVAILABILITIES.map((fix): Sample => [{ ...labelsOf(pool), fix }, pool.counts.byFix[fix]]),
    ),
  );
  metrics.gauge(
    'findings_known_exploited',
    'Open findings that are in CISA KEV.',
    each(({ counts }) => counts.kev),
  );
  metrics.gauge(
    'findings_overdue',
    'Open findings whose due date has passed.',
    each(({ counts }) => counts.overdue),
  );
  metrics.gauge(
    'findings_reopened',
    'Open findings that were fixed before.',
    each(({ counts }) => counts.reopened),
  );
  metrics.gauge(
    'findings_exempted',
    'Findings that an exemption suppresses.',
    each(({ counts }) => counts.exempted),
  );
  metrics.gauge(
    'pool_risk',
    'Risk of the worst open finding, from 0 to 100.',
    joined(
      each(({ risk }) => risk.score),
      Math.max,
    ),
  );
}

function labelsOf({ subscriptionName, clusterName, poolName }: Recommendation): Labels {
  return { subscription: subscriptionName, cluster: clusterName, pool: poolName ?? '' };
}

function ageMetrics(metrics: Metrics, measured: Measurements): void {
  const { syncedAt, syncProblems, computedAt, evidence, advisories, newestImage } = measured;
  metrics.gauge('sync_timestamp_seconds', 'When the last look at the fleet ended.', [
    [{}, seconds(syncedAt)],
  ]);
  metrics.gauge('sync_problems', 'Problems of that look.', [[{}, syncProblems]]);
  metrics.gauge('findings_timestamp_seconds', 'When the findings were last computed.', [
    [{}, seconds(computedAt)],
  ]);
  metrics.gauge(
    'evidence_nodes',
    'Nodes that there is evidence of, by source.',
    evidence.map(({ source, nodes }) => [{ source }, nodes]),
  );
  metrics.gauge(
    'evidence_oldest_timestamp_seconds',
    'When the oldest evidence of a source was taken.',
    evidence.map(({ source, oldest }) => [{ source }, seconds(oldest)]),
  );
  metrics.gauge(
    'evidence_newest_timestamp_seconds',
    'When the newest evidence of a source was taken.',
    evidence.map(({ source, newest }) => [{ source }, seconds(newest)]),
  );
  metrics.gauge(
    'advisories_timestamp_seconds',
    'Up to when the advisories of an ecosystem go.',
    advisories.map(({ feed, ecosystem, asOf }) => [{ feed, ecosystem }, seconds(asOf)]),
  );
  metrics.gauge('images_timestamp_seconds', 'When the newest image of the catalogue was built.', [
    [{}, seconds(newestImage)],
  ]);
}

function workMetrics(metrics: Metrics, { tasks, deliveries }: Measurements): void {
  metrics.counter(
    'task_runs_total',
    'Runs of each task that ended.',
    tasks.map(({ task, runs }) => [{ task }, runs]),
  );
  metrics.counter(
    'task_failures_total',
    'Runs of each task that failed.',
    tasks.map(({ task, failures }) => [{ task }, failures]),
  );
  metrics.gauge(
    'task_last_run_success',
    'Whether the last run of a task went well, 1 or 0.',
    tasks.map(({ task, result }) => [{ task }, result === null ? null : Number(result === 'ok')]),
  );
  metrics.gauge(
    'task_last_run_timestamp_seconds',
    'When the last run of a task ended.',
    tasks.map(({ task, endedAt }) => [{ task }, seconds(endedAt)]),
  );
  metrics.gauge(
    'task_due_timestamp_seconds',
    'When a task is due next.',
    tasks.map(({ task, dueAt }) => [{ task }, seconds(dueAt)]),
  );
  metrics.gauge(
    'deliveries',
    'Digests by channel and state.',
    deliveries.map(({ channel, state, count }) => [{ channel, state }, count]),
  );
}

/** Seconds since 1970 of an instant or day; null where there is none. */
function seconds(instant: string | null): number | null {
  const ms = instant === null ? Number.NaN : Date.parse(instant);
  return Number.isNaN(ms) ? null : ms / 1000;
}
