import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { placeLists, recommendationDetail, refreshFindings } from '../../../src/pipeline/findings/index.ts';
import { setEnabled } from '../../../src/pipeline/fleet/index.ts';
import { enableAll, node, pool, ScriptedProvider, sync, testFleet } from '../fleet/support.ts';
import { placeAll, placed, quietly } from './support.ts';

const FAMILY = 'AKSUbuntu-2204gen2containerd';
const NEXT = `${FAMILY}-202403.19.0`;

/** A fleet of one cluster that is enabled, after its first sync. */
async function placedFleet(context: TestContext, nodes = 3) {
  const fleet = await testFleet();
  context.after(() => fleet.store.close());
  const provider = new ScriptedProvider();
  const prod = provider.add('prod', nodes);
  await enableAll(fleet);
  const again = async (): Promise<readonly string[]> => {
    await sync(fleet, provider);
    await placeAll(fleet);
    return placed(fleet, prod.np1.id);
  };
  return { fleet, provider, prod, again, first: await again() };
}

const counts = (lists: readonly string[]): readonly string[] =>
  lists.map((each) => each.replace(/sha256:[0-9a-f]+/, '')).sort();

describe('the software lists of pools', { timeout: 120_000 }, () => {
  it('are those of the best evidence of their nodes, with how many have each', async (context) => {
    const { prod, again, first } = await placedFleet(context);
    assert.deepEqual(counts(first), [':3']);
    prod.nodes = prod.nodes.map((each, index) => (index === 0 ? { ...each, image: NEXT } : each));
    assert.deepEqual(counts(await again()), [':1', ':2']);
    prod.nodes = prod.nodes.map((each) => ({ ...each, image: NEXT }));
    assert.deepEqual(counts(await again()), ['-:2', ':3']);
  });

  it('stay where nodes run what nothing is known of: they may still have them', async (context) => {
    const { prod, again, first } = await placedFleet(context);
    prod.nodes = prod.nodes.map((each) => ({ ...each, image: null }));
    const [list = ''] = first;
    assert.deepEqual(await again(), [list.replace(/:3$/, ':0')]);
    prod.nodes = prod.nodes.map((each) => ({ ...each, image: NEXT }));
    assert.deepEqual(counts(await again()), ['-:0', ':3']);
  });

  it('stay where nodes run what no packages are known of, as long as that is so', async (context) => {
    const { prod, again, first } = await placedFleet(context);
    const bare = ['202606.19.0', '202607.02.0'].map((version) => `AKSFlatcar-flatcargen2-${version}`);
    for (const image of bare) {
      prod.nodes = prod.nodes.map((each) => ({ ...each, image }));
      const lists = await again();
      assert.ok(lists.includes(first[0]?.replace(/:3$/, ':0') ?? ''), image);
      assert.equal(counts(lists).filter((each) => each === ':0').length, 1, 'but no list without packages');
    }
    prod.nodes = prod.nodes.map((each) => ({ ...each, image: NEXT }));
    assert.ok((await again()).includes(`-${first[0]?.replace(/:3$/, ':0')}`));
  });

  it('end with their pool, their cluster, their nodes and their enablement', async (context) => {
    const { fleet, provider, prod, again } = await placedFleet(context);
    const np2 = pool(prod.cluster, 'np2');
    prod.pools.push(np2);
    prod.nodes.push(node(np2, 9));
    await again();
    assert.deepEqual(counts(await placed(fleet, np2.id)), [':1']);
    prod.nodes = prod.nodes.filter((each) => each.pool !== np2.id);
    await again();
    assert.deepEqual(counts(await placed(fleet, np2.id)), ['-:1'], 'no nodes');
    await setEnabled(fleet, { scope: 'prod/np1', enabled: false, by: 'test' });
    assert.deepEqual(counts(await again()), ['-:3'], 'disabled');
    await setEnabled(fleet, { scope: 'prod/np1', enabled: true, by: 'test' });
    fleet.clock.addHours(1);
    assert.deepEqual(counts(await again()), ['-:3', ':3'], 'enabled again');
    provider.clustersByName.delete('prod');
    assert.deepEqual(counts(await again()), ['-:3', '-:3'], 'gone');
    const { candidates } = await fleet.store.findings.history([prod.np1.id]);
    assert.ok(candidates.every(({ until }) => until !== null));
  });

  it('come with what could replace them, which ends when there is something newer', async (context) => {
    const { fleet, provider, prod, again } = await placedFleet(context);
    provider.latest.set(prod.np1.id, NEXT);
    fleet.clock.addHours(1);
    await again();
    provider.latest.set(prod.np1.id, `${FAMILY}-202404.01.0`);
    fleet.clock.addHours(100);
    await again();
    const { candidates } = await fleet.store.findings.history([prod.np1.id]);
    const offered = candidates
      .filter(({ role }) => role === 'offered')
      .toSorted((a, b) => (a.since < b.since ? -1 : 1));
    assert.deepEqual(
      offered.map(({ image, until }) => [image, until === null]),
      [
        [NEXT, false],
        [`${FAMILY}-202404.01.0`, true],
      ],
    );
    assert.equal(offered[0]?.until, offered[1]?.since);
    const used = await fleet.store.findings.listsInUse();
    assert.ok(offered[1]?.list != null && used.has(offered[1].list));
    assert.ok((await fleet.store.inventory.software(offered[1]?.list ?? '')) !== null);
  });

  it('cost no write where everything is as it was, and are the same however often they are placed', async (context) => {
    const { fleet, again, first } = await placedFleet(context);
    const before = await fleet.store.findings.history(null);
    fleet.clock.addHours(5);
    assert.deepEqual(await again(), first);
    assert.deepEqual(await fleet.store.findings.history(null), before);
  });

  it('are placed up to where they were interrupted', async (context) => {
    const { fleet, provider } = await placedFleet(context);
    provider.add('test', 2);
    await sync(fleet, provider);
    const clusters = await fleet.store.inventory.clusters();
    const stop = new AbortController();
    const step = { ...quietly(), signal: stop.signal };
    const progress = {
      step: (_: string, done: number) => (done === 0 ? stop.abort(new Error('stopped')) : undefined),
      end: () => {},
    };
    await assert.rejects(placeLists(fleet, clusters, { ...step, progress }), /stopped/);
    assert.equal((await fleet.store.findings.history(null)).pools.length, 1);
    await placeAll(fleet);
    assert.equal((await fleet.store.findings.history(null)).pools.length, 2);
  });

  it('never end before they began, also where the clock goes back', async (context) => {
    const { fleet, provider, prod, again } = await placedFleet(context);
    provider.latest.set(prod.np1.id, NEXT);
    await again();
    await refreshFindings(fleet, quietly());
    fleet.clock.addHours(-48);
    prod.nodes = prod.nodes.map((each) => ({ ...each, image: NEXT }));
    provider.latest.set(prod.np1.id, `${FAMILY}-202404.01.0`);
    await again();
    await refreshFindings(fleet, quietly());
    const { pools, candidates } = await fleet.store.findings.history(null);
    assert.equal(pools.length, 2);
    for (const { since, until } of [...pools, ...candidates]) assert.ok(until === null || until >= since);
    const { findings } = await recommendationDetail(fleet, 'prod/np1');
    assert.ok(findings.some(({ status }) => status === 'fixed'));
    for (const { exposureDays, firstSeen, lastSeen, fixedAt } of findings)
      assert.ok(exposureDays >= 0 && lastSeen >= firstSeen && (fixedAt === null || fixedAt >= firstSeen));
  });
});
