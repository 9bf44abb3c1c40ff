import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { withIds } from '../../src/findings/ids.ts';
import {
  type ClusterSubject,
  driftOf,
  type NodeSoftware,
  type PoolSubject,
  recommendationsOf,
  rollupRows,
  scorePoints,
} from '../../src/findings/index.ts';
import type { CoverageReason } from '../../src/model/coverage.ts';
import type { Recommendation } from '../../src/model/recommendation.ts';
import { day, has, history, listed, summaryOf } from './life-support.ts';

const AT = new Date(day(5));
const reason: CoverageReason = { code: 'image-only', detail: 'Its disk was not read.', remedy: 'Read it.' };

function pool(rest: Partial<PoolSubject> = {}): PoolSubject {
  return {
    pool: 'p',
    poolName: 'system',
    cluster: 'c',
    clusterName: 'payments',
    subscription: 's',
    subscriptionName: 'Contoso',
    owner: 'team',
    nodes: 3,
    coverage: { assessed: 3, partly: 0, 'not-assessed': 0 },
    whole: true,
    reasons: [],
    image: 'old',
    offered: 'new',
    drift: { affected: 0, reasons: [] },
    ...rest,
  };
}

function cluster(rest: Partial<ClusterSubject> = {}): ClusterSubject {
  const autoUpgrade = { kubernetes: null, nodeOs: 'None' };
  const { cluster: id, clusterName, subscription, subscriptionName, owner } = pool();
  const names = { cluster: id, clusterName, subscription, subscriptionName, owner };
  return { ...names, provider: 'aks', autoUpgrade, nodes: 3, ...rest };
}

const none = summaryOf(history([has('a', 1)], { a: [] }), 5);
const some = summaryOf(history([has('a', 1)], { a: [listed(0)] }), 5);

/** The recommendation of a kind for one pool. */
function recommendationOf(
  kind: 'vulnerabilities' | 'drift',
  subject: PoolSubject,
  summary: typeof none | null,
): Recommendation {
  const summaries = new Map(summary === null ? [] : [['p', summary]]);
  const made = recommendationsOf({ pools: [subject], clusters: [] }, summaries, AT);
  assert.equal(made.length, 2);
  const found = made.find((each) => each.kind === kind);
  if (found === undefined) throw new Error(kind);
  return found;
}

describe('the recommendation to resolve findings', () => {
  it('is unhealthy where there is an open finding, whatever is not known', () => {
    for (const subject of [pool(), pool({ whole: false, reasons: [reason] })]) {
      const { state, affected, counts, risk } = recommendationOf('vulnerabilities', subject, some);
      assert.deepEqual([state, affected, counts.open], ['unhealthy', 3, 1]);
      assert.deepEqual(risk, some.risk);
      assert.ok(risk.score > 0);
    }
    assert.deepEqual(recommendationOf('vulnerabilities', pool({ reasons: [reason] }), some).reasons, [
      reason,
    ]);
  });

  it('is healthy only where every node was assessed and nothing is open', () => {
    assert.equal(recommendationOf('vulnerabilities', pool(), none).state, 'healthy');
    const parts: Partial<PoolSubject>[] = [
      { coverage: { assessed: 2, partly: 1, 'not-assessed': 0 }, reasons: [reason] },
      { coverage: { assessed: 2, partly: 0, 'not-assessed': 1 }, reasons: [reason] },
      { whole: false, reasons: [reason] },
      { nodes: 0, coverage: { assessed: 0, partly: 0, 'not-assessed': 0 }, reasons: [reason] },
    ];
    for (const part of parts) {
      const { state, reasons, affected } = recommendationOf('vulnerabilities', pool(part), none);
      assert.deepEqual([state, reasons, affected], ['not-assessed', [reason], 0]);
    }
  });

  it('is not assessed where lists were not compared with advisories yet', () => {
    const pending = summaryOf(history([has('a', 1)], {}), 5);
    for (const summary of [pending, null]) {
      const { state, reasons } = recommendationOf('vulnerabilities', pool(), summary);
      assert.equal(state, 'not-assessed');
      assert.match(reasons[0]?.detail ?? '', /not compared with the advisories yet/);
    }
  });

  it('says what it is about', () => {
    const told = recommendationOf('vulnerabilities', pool(), some);
    assert.match(told.id, /^r-[0-9a-f]{8}$/);
    const { scope, pool: id, poolName, clusterName, owner, nodes, since, image, offered } = told;
    assert.deepEqual([scope, id, poolName, clusterName, owner], ['p', 'p', 'system', 'payments', 'team']);
    assert.deepEqual([nodes, since, image, offered], [3, day(5), 'old', 'new']);
  });
});

describe('the recommendation against drift', () => {
  const found: CoverageReason = { code: 'drift', detail: 'Another image: 1 of 3 nodes.', remedy: 'Upgrade.' };

  it('is unhealthy where nodes differ, and healthy only where every node was assessed', () => {
    const drifted = recommendationOf('drift', pool({ drift: { affected: 1, reasons: [found] } }), none);
    assert.deepEqual([drifted.state, drifted.affected, drifted.reasons], ['unhealthy', 1, [found]]);
    assert.equal(recommendationOf('drift', pool(), none).state, 'healthy');
    const partly = pool({ coverage: { assessed: 0, partly: 3, 'not-assessed': 0 }, reasons: [reason] });
    assert.deepEqual(recommendationOf('drift', partly, none).state, 'not-assessed');
    assert.deepEqual(recommendationOf('drift', partly, none).reasons, [reason]);
  });
});

describe('the recommendation to upgrade automatically', () => {
  const stateOf = (rest: Partial<ClusterSubject>) =>
    recommendationsOf({ pools: [], clusters: [cluster(rest)] }, new Map(), AT)[0];

  it('follows from the channels of the cluster', () => {
    const expected: readonly [string | null, string | null, string][] = [
      ['None', null, 'unhealthy'],
      ['None', 'patch', 'unhealthy'],
      ['none', 'none', 'unhealthy'],
      ['Unmanaged', 'stable', 'unhealthy'],
      [null, null, 'unhealthy'],
      ['None', 'node-image', 'healthy'],
      [null, 'node-image', 'healthy'],
      ['NodeImage', null, 'healthy'],
      ['SecurityPatch', 'none', 'healthy'],
      ['Tomorrow', null, 'not-assessed'],
    ];
    for (const [nodeOs, kubernetes, state] of expected)
      assert.equal(stateOf({ autoUpgrade: { nodeOs, kubernetes } })?.state, state, `${nodeOs} ${kubernetes}`);
  });

  it('is not assessed where the provider has no such setting, and says why', () => {
    const told = stateOf({ provider: 'kubernetes', autoUpgrade: { nodeOs: null, kubernetes: null } });
    assert.deepEqual([told?.state, told?.affected], ['not-assessed', 0]);
    assert.match(told?.reasons[0]?.detail ?? '', /Only AKS/);
  });

  it('is about the cluster', () => {
    const told = stateOf({});
    assert.deepEqual([told?.scope, told?.pool, told?.poolName, told?.affected], ['c', null, null, 3]);
    assert.match(told?.reasons[0]?.detail ?? '', /channel is None/);
  });
});

it('ids stay the same and never meet', () => {
  const [first] = recommendationsOf({ pools: [pool()], clusters: [] }, new Map(), AT);
  assert.ok(first);
  const named = (count: number) =>
    withIds(Array.from({ length: count }, (_, index) => ({ ...first, scope: `/pools/${index}` })));
  const many = named(150_000);
  const ids = new Map(many.map(({ id, scope }) => [scope, id]));
  assert.equal(new Set(ids.values()).size, many.length, 'some of so many have the same digits');
  for (const { id, scope } of named(10)) assert.equal(ids.get(scope), id);
});

describe('drift of a pool', () => {
  const node = (name: string, rest: Partial<NodeSoftware> = {}): NodeSoftware => ({
    ...{ name, image: 'new', source: 'image', list: 'l', drift: [] },
    ...rest,
  });

  it('is none where all nodes are alike, or where nothing is known of them', () => {
    assert.deepEqual(driftOf([]), { nodes: [], reasons: [] });
    assert.deepEqual(driftOf([node('a'), node('b')]), { nodes: [], reasons: [] });
    const unknown = node('b', { image: null, source: null, list: null });
    assert.deepEqual(driftOf([node('a'), unknown]), { nodes: [], reasons: [] });
  });

  it('is in nodes that run another image than most', () => {
    const told = driftOf([node('c', { image: 'old', list: 'k' }), node('a'), node('b')]);
    assert.deepEqual(told.nodes, [{ name: 'c', image: 'old', why: 'runs old, not new' }]);
    assert.deepEqual(told.reasons[0]?.detail, 'Another image than new: 1 of 3 nodes.');
    const half = driftOf([node('a', { image: 'image-1' }), node('b', { image: 'image-2' })]);
    assert.deepEqual(
      half.nodes.map(({ name }) => name),
      ['a'],
      'of equally many the newer is the one to have',
    );
  });

  it('is in nodes that report other versions than their image has, but for patches of the cloud', () => {
    const kubelet = { what: 'kubelet', image: '1.28.3', node: '1.28.5' };
    const patches = { what: 'security patches', image: null, node: '2024-07-01' };
    const told = driftOf([node('a', { drift: [patches, kubelet] }), node('b', { drift: [patches] })]);
    assert.deepEqual(told.nodes, [
      { name: 'a', image: 'new', why: 'reports kubelet 1.28.5, its image has 1.28.3' },
    ]);
  });

  it('is in nodes with other software than those of the same image and source', () => {
    const nodes = [node('a'), node('b'), node('c', { list: 'm' }), node('d', { source: 'disk', list: 'x' })];
    const told = driftOf(nodes);
    assert.deepEqual(
      told.nodes.map(({ name }) => name),
      ['c'],
    );
    assert.match(told.nodes[0]?.why ?? '', /other software than most nodes of its image/);
  });
});

describe('scores and roll-ups', () => {
  const one = pool({ nodes: 1, coverage: { assessed: 0, partly: 1, 'not-assessed': 0 } });
  const two = pool({
    ...{ pool: 'q', cluster: 'd', clusterName: 'archive', nodes: 4 },
    coverage: { assessed: 2, partly: 1, 'not-assessed': 1 },
  });
  const summaries = new Map([
    ['p', some],
    ['q', none],
  ]);
  const made = recommendationsOf({ pools: [one, two], clusters: [cluster()] }, summaries, AT);

  it('weigh the risk of each pool by its nodes of which findings can be told', () => {
    const points = new Map(scorePoints(made, [one, two], '2024-03-06').map((each) => [each.scope, each]));
    assert.equal(some.risk.score, 38);
    assert.equal(points.get('all')?.score, 90.5);
    assert.equal(points.get('c')?.score, 62);
    assert.deepEqual(points.get('d')?.score, 100);
    assert.deepEqual([...points.keys()], ['all', 's', 'd', 'c']);
    const { healthy, unhealthy, notAssessed, open, available, overdue } = points.get('all') ?? {};
    assert.deepEqual([healthy, unhealthy, notAssessed, open, available, overdue], [0, 2, 3, 1, 0, 0]);
  });

  it('say null where nothing was assessed', () => {
    const blind = pool({ coverage: { assessed: 0, partly: 0, 'not-assessed': 3 } });
    const told = recommendationsOf({ pools: [blind], clusters: [] }, new Map(), AT);
    assert.deepEqual(
      scorePoints(told, [blind], '2024-03-06').map(({ score }) => score),
      [null, null, null],
    );
    assert.deepEqual(
      scorePoints([], [], '2024-03-06').map(({ scope, score }) => [scope, score]),
      [['all', null]],
    );
  });

  it('are 100 only where nothing is at risk', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (nodes) => {
        const coverage = { assessed: nodes, partly: 0, 'not-assessed': 0 };
        const big = { ...two, nodes, coverage };
        const told = recommendationsOf({ pools: [one, big], clusters: [] }, summaries, AT);
        const score = scorePoints(told, [one, big], '2024-03-06')[0]?.score ?? null;
        assert.ok(score !== null && score < 100 && score >= 0);
      }),
    );
  });

  it('add up what recommendations count, each node once', () => {
    const rows = rollupRows(made, (scope) =>
      scorePoints(made, [], '2024-03-06').filter((each) => each.scope === scope),
    );
    assert.deepEqual(
      rows.map(({ kind, name, nodes, counts, trend }) => [kind, name, nodes, counts.open, trend.length]),
      [
        ['fleet', 'fleet', 5, 1, 1],
        ['subscription', 'Contoso', 5, 1, 1],
        ['cluster', 'archive', 4, 0, 1],
        ['cluster', 'payments', 1, 1, 1],
      ],
    );
    assert.deepEqual(rows[0]?.states, { unhealthy: 2, 'not-assessed': 3, healthy: 0 });
  });
});
