/** What commands ask of findings. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TellablePool } from '../../../src/findings/index.ts';
import {
  currency,
  cveDetail,
  findingList,
  fleetReport,
  openFindings,
  recommendationDetail,
  recommendationList,
  refreshFindings,
  rollups,
} from '../../../src/pipeline/findings/index.ts';
import { setEnabled } from '../../../src/pipeline/fleet/index.ts';
import { addExemption, addOwnerRule, setPolicy } from '../../../src/pipeline/governance/index.ts';
import { node, pool, ScriptedProvider, sync, testFleet } from '../fleet/support.ts';
import { code } from '../fleet/sync-support.ts';
import { quietly } from './support.ts';

const ALL = { offset: 0, limit: 100_000 };
const FAMILY = 'AKSUbuntu-2204gen2containerd';
const OLD = `${FAMILY}-202402.26.0`;
const NEW = `${FAMILY}-202407.08.0`;

/** Two clusters: `prod` with pools of an old and a new image and one of unknown nodes, `test` with one that is not enabled. */
async function openPair() {
  const fleet = await testFleet();
  const provider = new ScriptedProvider();
  const prod = provider.add('prod', 2, { tags: { owner: 'web@contoso.example' } });
  const fresh = pool(prod.cluster, 'fresh');
  const custom = pool(prod.cluster, 'custom');
  prod.pools.push(fresh, custom);
  prod.nodes = prod.nodes.map((each) => ({ ...each, image: OLD }));
  prod.nodes.push(
    node(fresh, 7, { image: NEW, kernel: '5.15.0-1067-azure' }),
    node(custom, 8, { image: null }),
  );
  provider.latest.set(prod.np1.id, NEW);
  provider.add('test', 1);
  await sync(fleet, provider);
  await setEnabled(fleet, { scope: 'prod', enabled: true, by: 'test' });
  await sync(fleet, provider);
  await refreshFindings(fleet, quietly());
  return { fleet, provider, np1: prod.np1.id };
}

describe('what is asked of findings', { timeout: 120_000 }, () => {
  let opened: Awaited<ReturnType<typeof openPair>>;
  before(async () => {
    opened = await openPair();
  });
  after(() => opened.fleet.store.close());

  it('is one recommendation for each pool, and how it stands', async () => {
    const { fleet, np1 } = opened;
    const list = await recommendationList(fleet, { scope: 'prod', kind: 'vulnerabilities' }, ALL);
    const states = new Map(list.items.map(({ poolName, state }) => [poolName, state]));
    assert.deepEqual([...states].sort(), [
      ['custom', 'not-assessed'],
      ['fresh', 'unhealthy'],
      ['np1', 'unhealthy'],
    ]);
    const none = await recommendationList(fleet, { scope: 'test', kind: 'vulnerabilities' }, ALL);
    assert.deepEqual(
      none.items.map(({ state, reasons }) => [state, reasons[0]?.code]),
      [['not-assessed', 'not-enabled']],
    );
    const one = list.items.find(({ pool: id }) => id === np1);
    const detail = await recommendationDetail(fleet, 'PROD/np1');
    assert.deepEqual(detail.recommendation, one);
    assert.deepEqual(await recommendationDetail(fleet, one?.id.toUpperCase() ?? ''), detail);
    assert.equal(detail.findings.length, one?.counts.open);
    assert.deepEqual(
      detail.nodes.map(({ name, why }) => [name, why]),
      ['aks-np1-vmss000000', 'aks-np1-vmss000001'].map((name) => [
        name,
        `${one?.counts.open} CVEs in its software`,
      ]),
    );
    assert.ok(detail.trend.length === 1);
    const unknown = await recommendationDetail(fleet, 'prod/custom');
    assert.deepEqual(unknown.findings, []);
    assert.match(unknown.nodes[0]?.why ?? '', /names no node image/);
    await assert.rejects(recommendationDetail(fleet, 'r-00000000'), code('id-unknown'));
    await assert.rejects(recommendationDetail(fleet, 'prod'), code('scope-unknown'));
    await assert.rejects(recommendationDetail(fleet, 'nothing'), code('scope-unknown'));
  });

  it('is the CVEs of the fleet, of a cluster and of a pool, which agree', async () => {
    const { fleet } = opened;
    const everything = await findingList(fleet, { scope: null }, ALL);
    const cluster = await findingList(fleet, { scope: 'prod' }, ALL);
    const subscription = await findingList(fleet, { scope: 'contoso' }, ALL);
    assert.ok(everything.kind === 'cves' && cluster.kind === 'cves' && subscription.kind === 'cves');
    assert.ok(everything.total > 500);
    assert.deepEqual(cluster.items, everything.items);
    assert.deepEqual(
      subscription.items.map((each) => ({ ...each, scope: 'all' })),
      everything.items,
    );
    const pools = await Promise.all(
      ['prod/np1', 'prod/fresh'].map((scope) => findingList(fleet, { scope }, ALL)),
    );
    const cves = new Set(
      pools.flatMap((each) => (each.kind === 'pool' ? each.items.map(({ cve }) => cve) : [])),
    );
    assert.deepEqual(cves, new Set(everything.items.map(({ cve }) => cve)));
    assert.equal((await findingList(fleet, { scope: 'test/np1' }, ALL)).total, 0);
  });

  it('can be filtered and paged in the same way, whatever the scope', async () => {
    const { fleet } = opened;
    const filters = [
      { severity: 'high' },
      { kev: true },
      { kev: false, search: 'LINUX' },
      { fix: 'available' },
      { status: 'open', search: 'cve-2024-1' },
      { overdue: true },
      { current: true },
    ] as const;
    for (const filter of filters) {
      const kept = await findingList(fleet, { scope: null, ...filter }, ALL);
      const computed = await findingList(fleet, { scope: 'prod', ...filter }, ALL);
      assert.deepEqual(computed.items, kept.items, JSON.stringify(filter));
      const page = { offset: 3, limit: 5 };
      const part = await findingList(fleet, { scope: 'prod', ...filter }, page);
      assert.deepEqual([part.items, part.total], [kept.items.slice(3, 8), kept.total]);
    }
    const exploited = await findingList(fleet, { scope: 'prod/np1', kev: true }, ALL);
    const all = await findingList(fleet, { scope: null, kev: true }, ALL);
    assert.ok(exploited.total > 0 && exploited.total <= all.total);
  });

  it('is everything about one CVE, by any of its names', async () => {
    const { fleet } = opened;
    const detail = await cveDetail(fleet, 'CVE-2024-1086');
    assert.deepEqual(
      detail.pools.map(({ poolName, nodes, region, offered }) => [poolName, nodes.length, region, offered]),
      [['np1', 2, 'westeurope', NEW]],
    );
    assert.deepEqual(detail.images, [{ image: OLD, nodes: 2 }]);
    assert.equal(detail.pools[0]?.life.fix, 'available');
    assert.equal(detail.pools[0]?.life.fixImage, NEW);
    assert.ok(detail.vulnerability?.kev !== null && detail.vulnerability !== null);
    assert.ok(
      detail.reasons.some(
        ({ package: name, reason }) => /^linux-image-/.test(name) && reason.comparison !== '',
      ),
    );
    assert.deepEqual(new Set(detail.fixedIn?.families.map(({ family }) => family)), new Set([FAMILY]));
    assert.equal(detail.rollup?.pools, 1);
    assert.deepEqual(await cveDetail(fleet, 'cve-2024-1086'), detail);
    assert.deepEqual(await cveDetail(fleet, 'UBUNTU-CVE-2024-1086'), detail);

    const unknown = await cveDetail(fleet, 'CVE-1999-0001');
    assert.deepEqual(
      [unknown.pools, unknown.images, unknown.rollup, unknown.vulnerability],
      [[], [], null, null],
    );
    assert.equal(unknown.fixedIn?.gaps[0]?.code, 'no-coverage');
    await assert.rejects(cveDetail(fleet, 'openssl'), code('usage'));
  });

  it('is told to people as its lists say', async () => {
    const { fleet } = opened;
    const told = new Map<string, TellablePool>();
    await fleet.store.read(async (reader) => {
      for await (const each of openFindings(fleet, reader))
        told.set(`${each.clusterName}/${each.poolName}`, each);
    });
    assert.deepEqual([...told.keys()].sort(), ['prod/custom', 'prod/fresh', 'prod/np1', 'test/np1']);
    const lives = (await recommendationDetail(fleet, 'prod/np1')).findings;
    const available = lives.filter(({ fix }) => fix === 'available').map(({ cve }) => cve);
    const findings = told.get('prod/np1')?.findings ?? [];
    assert.deepEqual(
      new Set(findings.filter(({ fix }) => fix === 'available').map(({ cve }) => cve)),
      new Set(available),
    );
    assert.ok(findings.some(({ cve, kev, fixImage }) => cve === 'CVE-2024-1086' && kev && fixImage === NEW));
  });

  it('adds up, and is reported of one instant', async () => {
    const { fleet } = opened;
    const rows = await rollups(fleet, null);
    assert.deepEqual(
      rows.map(({ kind, name }) => [kind, name]),
      [
        ['fleet', 'fleet'],
        ['subscription', 'Contoso'],
        ['cluster', 'prod'],
        ['cluster', 'test'],
      ],
    );
    assert.ok(rows.every(({ trend }) => trend.length === 1));
    assert.deepEqual(
      (await rollups(fleet, 'prod')).map(({ name }) => name),
      ['prod'],
    );
    const report = await fleetReport(fleet, 'prod');
    assert.equal(report.scopeName, 'prod');
    assert.ok(report.cves.length > 500 && report.recommendations.length > 3 && report.rollups.length === 1);
    assert.equal(report.audit.verdict.broken, null);
    await assert.rejects(fleetReport(fleet, 'nothing'), code('scope-unknown'));
  });
});

it('what ends because a pool is not assessed any more is not told as known to be gone', {
  timeout: 120_000,
}, async (context) => {
  const { fleet } = await openPair();
  context.after(() => fleet.store.close());
  const first = fleet.clock.now().toISOString();
  fleet.clock.addHours(24);
  await setEnabled(fleet, { scope: 'prod/np1', enabled: false, by: 'test' });
  await refreshFindings(fleet, quietly());
  const { recommendation, findings } = await recommendationDetail(fleet, 'prod/np1');
  assert.deepEqual([recommendation.state, recommendation.reasons[0]?.code], ['not-assessed', 'not-enabled']);
  assert.ok(findings.length > 500);
  for (const { status, notes } of findings) {
    assert.equal(status, 'fixed');
    assert.match(notes.at(-1) ?? '', /disabled then: whether nodes still have it is not known/);
  }
  const cve = 'CVE-2024-1086';
  const { pools, rollup } = await cveDetail(fleet, cve);
  assert.match(pools[0]?.life.notes.at(-1) ?? '', /is not known/);
  assert.equal(rollup, null, 'nobody fixed it in the fleet');
  const { total } = await findingList(fleet, { scope: 'prod', search: cve }, ALL);
  assert.equal(total, 0);
  fleet.clock.addHours(24);
  await setEnabled(fleet, { scope: 'prod/np1', enabled: true, by: 'test' });
  await refreshFindings(fleet, quietly());
  const back = (await cveDetail(fleet, cve)).pools[0]?.life;
  assert.deepEqual([back?.status, back?.firstSeen, back?.fixAvailableSince], ['open', first, first]);
});

describe('how current findings are', { timeout: 120_000 }, () => {
  it('says what changed since they were computed', async (context) => {
    const { fleet, provider } = await openPair();
    context.after(() => fleet.store.close());
    const behind = async (): Promise<string | null> => (await currency(fleet)).behind;
    const again = async (): Promise<void> => {
      fleet.clock.addHours(1);
      await refreshFindings(fleet, quietly());
      assert.equal(await behind(), null);
    };
    await again();
    const changes = [
      () =>
        addExemption(fleet, { cve: 'CVE-2024-1086', reason: 'waived', justification: 'a test', by: 'test' }),
      () => addOwnerRule(fleet, { by: 'tag', key: 'owner' }, 'test'),
      () => setPolicy(fleet, { key: 'due.high', value: '1d', by: 'test' }),
      () => setEnabled(fleet, { scope: 'test', enabled: true, by: 'test' }),
    ];
    for (const change of changes) {
      fleet.clock.addHours(1);
      await change();
      assert.match((await behind()) ?? '', /changed since/);
      await again();
    }
    fleet.clock.addHours(1);
    await sync(fleet, provider);
    assert.match((await behind()) ?? '', /synced since/);
    await again();
    fleet.clock.addHours(25);
    assert.match((await behind()) ?? '', /more than a day ago/);
    const owned = await recommendationList(fleet, { scope: null, owner: 'web@contoso.example' }, ALL);
    assert.ok(owned.total >= 3);
  });

  it('says that they never were', async (context) => {
    const fleet = await testFleet();
    context.after(() => fleet.store.close());
    const { at, behind } = await currency(fleet);
    assert.equal(at, null);
    assert.match(behind ?? '', /never computed/);
  });
});
