import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { expose } from '../../../src/interfaces/metrics/exposition.ts';
import { measure } from '../../../src/pipeline/metrics/index.ts';
import { SNAPSHOT } from '../../matching/support.ts';
import { scratch } from '../../storage/support.ts';
import { HOSTILE } from '../notifications/support.ts';
import { type Exposed, parseExposition } from './exposition.ts';
import { emptyFleet, fill, recommendation, unassessed } from './support.ts';

type Metrics = ReadonlyMap<string, Exposed>;

function sampleOf(metrics: Metrics, name: string, labels = ''): number | null {
  return metrics.get(`nodeward_${name}`)?.samples.get(labels) ?? null;
}

const POOL = 'subscription="Contoso",cluster="prod-weu"';

test('what is known of the fleet, in the format of Prometheus', { timeout: 30_000 }, async (t) => {
  const fleet = await emptyFleet(SNAPSHOT);
  t.after(() => fleet.store.close());
  await fill(fleet, [
    recommendation(1),
    recommendation(2, { state: 'healthy', counts: unassessed(2).counts, risk: { score: 0, factors: [] } }),
    unassessed(3),
    recommendation(4, { kind: 'drift' }),
  ]);
  const metrics = parseExposition(await expose(await measure(fleet), '0.1.0'));
  const expected: [string, string, number | null][] = [
    ['build_info', 'version="0.1.0"', 1],
    ['clusters', '', 1],
    ['pools', '', 1],
    ['nodes', '', 2],
    ['recommendations', 'kind="vulnerabilities",state="unhealthy"', 1],
    ['recommendations', 'kind="vulnerabilities",state="healthy"', 1],
    ['recommendations', 'kind="vulnerabilities",state="not-assessed"', 1],
    ['recommendations', 'kind="drift",state="unhealthy"', 1],
    ['recommendations', 'kind="auto-upgrade",state="unhealthy"', 0],
    ['score', '', 62],
    ['subscription_score', 'subscription="Contoso"', 61],
    ['pools_left_out', '', 0],
    ['findings', `${POOL},pool="np1",severity="critical"`, 1],
    ['findings', `${POOL},pool="np1",severity="high"`, 2],
    ['findings', `${POOL},pool="np1",severity="low"`, 0],
    ['findings', `${POOL},pool="np2",severity="critical"`, 0],
    // Nothing is known of it: zero would say that it has none.
    ['findings', `${POOL},pool="np3",severity="critical"`, null],
    ['pool_state', `${POOL},pool="np3",state="not-assessed"`, 1],
    ['pool_state', `${POOL},pool="np3",state="healthy"`, 0],
    ['findings_by_fix', `${POOL},pool="np1",fix="available"`, 2],
    ['findings_known_exploited', `${POOL},pool="np1"`, 1],
    ['findings_overdue', `${POOL},pool="np1"`, 2],
    ['findings_exempted', `${POOL},pool="np1"`, 4],
    ['findings_reopened', `${POOL},pool="np1"`, 0],
    ['pool_risk', `${POOL},pool="np1"`, 71],
    ['sync_timestamp_seconds', '', Date.parse('2024-08-09T09:30:00Z') / 1000],
    ['sync_problems', '', 2],
    ['findings_timestamp_seconds', '', Date.parse('2024-08-09T09:31:00Z') / 1000],
    ['evidence_nodes', 'source="disk"', 1],
    ['evidence_oldest_timestamp_seconds', 'source="disk"', Date.parse('2024-08-01T00:00:00Z') / 1000],
    ['evidence_newest_timestamp_seconds', 'source="image"', Date.parse('2024-08-02T00:00:00Z') / 1000],
    ['evidence_nodes', 'source="sbom"', null],
    ['task_runs_total', 'task="discover"', 12],
    ['task_failures_total', 'task="discover"', 3],
    ['task_last_run_success', 'task="discover"', 1],
    ['task_due_timestamp_seconds', 'task="discover"', Date.parse('2024-08-09T11:00:00Z') / 1000],
    ['deliveries', 'channel="slack",state="waiting"', 1],
  ];
  for (const [name, labels, value] of expected)
    assert.equal(sampleOf(metrics, name, labels), value, `${name}{${labels}}`);
  const { coverage } = fleet.workspace.advisories();
  const ecosystems = metrics.get('nodeward_advisories_timestamp_seconds')?.samples ?? new Map();
  assert.equal(ecosystems.size, new Set(coverage.map(({ feed, ecosystem }) => `${feed} ${ecosystem}`)).size);
  assert.ok((sampleOf(metrics, 'images_timestamp_seconds') ?? 0) > Date.parse('2024-01-01') / 1000);
});

test('what is not known is not there', { timeout: 30_000 }, async (t) => {
  const fleet = await emptyFleet(scratch());
  t.after(() => fleet.store.close());
  const metrics = parseExposition(await expose(await measure(fleet), '0.1.0'));
  const absent = [
    'score',
    'sync_timestamp_seconds',
    'sync_problems',
    'findings_timestamp_seconds',
    'advisories_timestamp_seconds',
    'images_timestamp_seconds',
    'task_runs_total',
    'findings',
  ];
  for (const name of absent) assert.ok(!metrics.has(`nodeward_${name}`), name);
  assert.equal(sampleOf(metrics, 'nodes'), 0);
});

test('names from outside stay in their label, and pools of one name are counted together', {
  timeout: 60_000,
}, async (t) => {
  const fleet = await emptyFleet(SNAPSHOT);
  t.after(() => fleet.store.close());
  const named = (number: number, name: string) =>
    recommendation(number, { poolName: name, clusterName: name, subscriptionName: name });
  await fill(
    fleet,
    [...HOSTILE, 'twin', 'twin'].map((name, n) => named(n, name)),
  );
  const measured = await measure(fleet);
  const metrics = parseExposition(await expose(measured, '0.1.0'));
  const twins = 'subscription="twin",cluster="twin",pool="twin",severity="high"';
  assert.equal(sampleOf(metrics, 'findings', twins), 4);
  const risk = sampleOf(metrics, 'pool_risk', 'subscription="twin",cluster="twin",pool="twin"');
  assert.equal(risk, 71, 'of two pools of one name the worst, not the sum');
  const subscriptionScores = [80, 40, 60].map((score) => ({ subscription: 'twin', score }));
  const scored = parseExposition(await expose({ ...measured, subscriptionScores }, '0.1.0'));
  assert.equal(sampleOf(scored, 'subscription_score', 'subscription="twin"'), 40);
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.constantFrom('\\', '"', '\n', '\ud800'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), async (names) => {
      const pools = names.map((name, n) => named(n, name));
      const total = [
        ...(parseExposition(await expose({ ...measured, pools }, '0.1.0'))
          .get('nodeward_findings')
          ?.samples.values() ?? []),
      ];
      assert.equal(
        total.reduce((sum, value) => sum + value, 0),
        3 * names.length,
      );
    }),
    { numRuns: 30 },
  );
});
