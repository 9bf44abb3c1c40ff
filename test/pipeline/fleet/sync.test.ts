import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { NodewardError } from '../../../src/base/errors.ts';
import {
  allNodes,
  cluster,
  enableAll,
  node,
  pool,
  ScriptedProvider,
  SUBSCRIPTION,
  scratch,
  sync,
  testFleet,
} from './support.ts';
import { code, KUBECONFIG, problem, unreachable } from './sync-support.ts';

describe('syncFleet', { timeout: 60_000 }, () => {
  it('finds clusters, pools and nodes, and tells what came, changed and went', async () => {
    const fleet = await testFleet();
    const provider = new ScriptedProvider();
    const one = provider.add('one', 3);
    provider.add('two', 2);
    const first = await sync(fleet, provider);
    const added = (seen: number) => ({ seen, added: seen, changed: 0, gone: 0 });
    assert.deepEqual([first.clusters, first.pools, first.nodes], [added(2), added(2), added(5)]);
    assert.deepEqual(first.evidence, { disk: 0, sbom: 0, image: 0, none: 5 }, 'nothing is enabled');
    assert.deepEqual(first.requests, { scripted: 4 });
    const record = await fleet.store.inventory.lastSync();
    assert.deepEqual([record?.requests, record?.problems], [4, 0]);
    assert.ok(record?.endedAt);

    one.nodes.splice(0, 1);
    one.nodes[0] = node(one.np1, 1, { kernel: '5.15.0-1060-azure' });
    one.nodes.push(node(one.np1, 7));
    const second = await sync(fleet, provider);
    assert.deepEqual(second.nodes, { seen: 5, added: 1, changed: 1, gone: 1 });
    assert.deepEqual(second.clusters, { seen: 2, added: 0, changed: 0, gone: 0 });

    provider.clustersByName.delete('two');
    const third = await sync(fleet, provider);
    assert.deepEqual([third.clusters.gone, third.pools.gone, third.nodes.gone], [1, 1, 2]);
    assert.deepEqual(provider.asked, ['one whole', 'two whole', 'one changes', 'two changes', 'one changes']);
  });

  it('lists anew where that is asked for', async () => {
    const fleet = await testFleet();
    const provider = new ScriptedProvider();
    provider.add('one');
    await sync(fleet, provider);
    await sync(fleet, provider, { full: true });
    assert.deepEqual(provider.asked, ['one whole', 'one whole']);
  });

  it('a sync that changes nothing writes nothing of nodes, and yet they were seen', async () => {
    const fleet = await testFleet();
    await enableAll(fleet);
    const provider = new ScriptedProvider();
    provider.add('one', 2);
    await sync(fleet, provider);
    const before = await fleet.store.inventory.evidence({ cluster: cluster('one').id });
    fleet.clock.addHours(5);
    await sync(fleet, provider);
    assert.deepEqual(await fleet.store.inventory.evidence({ cluster: cluster('one').id }), before);
    const [seen] = await allNodes(fleet);
    assert.equal(seen?.lastSeen, fleet.clock.now().toISOString());
    assert.notEqual(seen?.firstSeen, seen?.lastSeen);
  });

  it('one cluster that does not answer, or whose look throws, hides no other, and keeps its nodes', async () => {
    const fleet = await testFleet();
    const provider = new ScriptedProvider();
    const one = provider.add('one', 2);
    const two = provider.add('two', 2);
    provider.add('three', 1);
    await sync(fleet, provider);
    one.answer = () => unreachable(one.cluster.id);
    two.answer = () => {
      throw new NodewardError('network-failed', 'connection reset\u0007');
    };
    const report = await sync(fleet, provider);
    assert.deepEqual(report.nodes, { seen: 5, added: 0, changed: 0, gone: 0 });
    assert.deepEqual(report.problems.map(({ scope, detail }) => [scope, detail]).toSorted(), [
      ['one', problem.detail],
      ['two', 'connection reset\ufffd'],
    ]);
    const stored = await fleet.store.inventory.clusters();
    assert.deepEqual(
      stored.map(({ name, problems }) => [name, problems.map((each) => each.code)]),
      [
        ['one', ['unreachable']],
        ['three', []],
        ['two', ['unreachable']],
      ],
    );
    one.answer = null;
    two.answer = null;
    await sync(fleet, provider);
    assert.deepEqual(
      (await fleet.store.inventory.clusters()).flatMap(({ problems }) => problems),
      [],
    );
  });

  it('429 storms end as a problem of their part', async () => {
    const fleet = await testFleet();
    const provider = new ScriptedProvider();
    provider.add('one');
    provider.listing = ({ clusters }) => ({
      clusters: clusters.slice(0, 0),
      complete: false,
      problems: [
        { scope: SUBSCRIPTION.id, code: 'throttled', detail: 'Azure answers 429.', remedy: 'Wait.' },
      ],
    });
    const report = await sync(fleet, provider);
    assert.deepEqual(report.problems, [{ scope: 'Contoso', detail: 'Azure answers 429.', remedy: 'Wait.' }]);
  });

  it('what an incomplete listing does not name is not gone, and it is told that it was not seen', async () => {
    const fleet = await testFleet();
    const provider = new ScriptedProvider();
    provider.add('one');
    provider.add('two');
    await sync(fleet, provider);
    provider.listing = ({ clusters }) => ({
      clusters: clusters.slice(0, 1),
      complete: false,
      problems: [{ scope: SUBSCRIPTION.id, ...problem }],
    });
    const report = await sync(fleet, provider);
    assert.deepEqual(report.clusters, { seen: 2, added: 0, changed: 0, gone: 0 });
    assert.deepEqual(
      (await fleet.store.inventory.clusters()).map(({ problems }) => problems.length),
      [0, 1],
    );
  });

  it('a subscription whose listing throws keeps its clusters', async () => {
    const fleet = await testFleet();
    const provider = new ScriptedProvider();
    provider.add('one');
    await sync(fleet, provider);
    provider.listing = () => {
      throw new Error('boom');
    };
    const report = await sync(fleet, provider);
    assert.equal(report.clusters.seen, 1);
    assert.deepEqual(
      report.problems.map(({ scope, detail }) => [scope, detail]),
      [['Contoso', 'boom']],
    );
  });

  it('a subscription that is not visible any more is told, and goes when it was not seen for long', async () => {
    const fleet = await testFleet({ forgetDays: 10 });
    const provider = new ScriptedProvider();
    provider.add('one');
    await sync(fleet, provider);
    provider.visible = [];
    fleet.clock.addHours(24);
    const report = await sync(fleet, provider);
    assert.match(report.problems[0]?.detail ?? '', /do not see this subscription any more/);
    assert.deepEqual(
      (await fleet.store.inventory.clusters()).map(({ problems }) => problems[0]?.code),
      ['no-permission'],
    );
    fleet.clock.addHours(24 * 11);
    assert.equal((await sync(fleet, provider)).clusters.gone, 1);
    fleet.clock.addHours(24 * 11);
    await sync(fleet, provider);
    assert.deepEqual(await fleet.store.inventory.clusters({ gone: true }), [], 'it is forgotten');
  });

  it('what a provider found that is not configured any more goes when it was not seen for long', async () => {
    const fleet = await testFleet({ forgetDays: 10 });
    const kubernetes = new ScriptedProvider('kubernetes');
    kubernetes.visible = [KUBECONFIG];
    kubernetes.add('own', 1, { id: 'kubernetes:1', apiHost: 'own:443' });
    await sync(fleet, kubernetes);
    const aks = new ScriptedProvider();
    aks.add('one');
    assert.equal((await sync(fleet, aks)).clusters.seen, 2);
    fleet.clock.addHours(24 * 11);
    assert.deepEqual((await sync(fleet, aks)).clusters, { seen: 1, added: 0, changed: 0, gone: 1 });
  });

  it('machines that only the cloud names do not take away what is known of a node', async () => {
    const fleet = await testFleet();
    const provider = new ScriptedProvider();
    const one = provider.add('one', 3);
    await sync(fleet, provider);
    const bare = { uid: null, image: null, kernel: null, kubelet: null, osImage: null, ready: null } as const;
    const nodes = [0, 1, 9].map((number) => node(one.np1, number, bare));
    one.answer = () => unreachable(one.cluster.id, { nodes });
    await sync(fleet, provider);
    const stored = await allNodes(fleet);
    assert.deepEqual(
      stored.map(({ uid }) => uid),
      ['uid-np1-0', 'uid-np1-1', 'uid-np1-2', null],
    );
    assert.equal(stored[0]?.kernel, '5.15.0-1057-azure');
    const other = node(one.np1, 0, { ...bare, image: 'AKSUbuntu-2204gen2containerd-202403.04.0' });
    one.answer = () => unreachable(one.cluster.id, { nodes: [other] });
    await sync(fleet, provider);
    assert.deepEqual((await allNodes(fleet))[0]?.uid, null, 'another image is another machine');
  });

  it('a pool that left the cloud’s list goes; nodes that are there all the same are found by a whole look', async () => {
    const fleet = await testFleet();
    const provider = new ScriptedProvider();
    const one = provider.add('one', 1);
    const np2 = pool(one.cluster, 'np2');
    one.pools.push(np2);
    one.nodes.push(node(np2, 5));
    await sync(fleet, provider);
    one.pools.pop();
    const kept = pool(one.cluster, 'np2', { id: `${one.cluster.id}/pools/np2`, kind: 'labels' });
    one.nodePools = [kept];
    one.nodes[1] = { ...node(np2, 5), pool: kept.id };
    const report = await sync(fleet, provider);
    assert.deepEqual(provider.asked, ['one whole', 'one whole']);
    assert.deepEqual([report.nodes.seen, report.pools.seen], [2, 2]);
  });

  it('a node whose pool nobody told of gets one', async () => {
    const fleet = await testFleet();
    const provider = new ScriptedProvider();
    const one = provider.add('one', 1);
    one.nodes.push({ ...node(one.np1, 5), pool: `${one.cluster.id}/pools/stray` });
    await sync(fleet, provider);
    const stray = (await fleet.store.inventory.pools()).find(({ name }) => name === 'stray');
    assert.deepEqual(
      [stray?.kind, (await fleet.store.inventory.nodes({ pool: stray?.id ?? '' })).length],
      ['labels', 1],
    );
  });

  it('keeps the images that regions offer', async () => {
    const fleet = await testFleet();
    const provider = new ScriptedProvider();
    const { np1 } = provider.add('one');
    provider.latest.set(np1.id, 'newest');
    await sync(fleet, provider);
    const report = await sync(fleet, provider);
    assert.deepEqual(
      (await fleet.store.inventory.pools()).map(({ latestImage }) => latestImage),
      ['newest'],
    );
    assert.equal(report.pools.changed, 0);
  });

  it('asks what a region offers for pools that are new, changed or were last asked about long ago', async () => {
    const fleet = await testFleet();
    const provider = new ScriptedProvider();
    const one = provider.add('one');
    provider.latest.set(one.np1.id, 'newest');
    await sync(fleet, provider);
    await sync(fleet, provider);
    fleet.clock.addHours(7);
    await sync(fleet, provider);
    one.pools = [{ ...one.np1, image: 'another' }];
    await sync(fleet, provider);
    await sync(fleet, provider);
    const { id } = one.np1;
    assert.deepEqual(provider.askedImages, [[id], [], [id], [id], []]);
  });

  it('a clock that went back, and nodes made in the future, lose and double nothing', async () => {
    const fleet = await testFleet();
    await enableAll(fleet);
    const provider = new ScriptedProvider();
    const one = provider.add('one', 1);
    one.nodes.push(node(one.np1, 5, { created: '2031-01-01T00:00:00.000Z' }));
    await sync(fleet, provider);
    fleet.clock.addHours(-24 * 400);
    one.nodes[0] = node(one.np1, 0, { uid: 'another' });
    const report = await sync(fleet, provider);
    assert.deepEqual(report.nodes, { seen: 2, added: 0, changed: 1, gone: 0 });
    assert.deepEqual(report.evidence, { disk: 0, sbom: 0, image: 2, none: 0 });
  });

  it('one provider without credentials is a problem, all without are an error', async () => {
    const fleet = await testFleet();
    const aks = new ScriptedProvider('aks');
    aks.subscriptionsError = new NodewardError('cloud-credentials', 'Nobody is signed in');
    const kubernetes = new ScriptedProvider('kubernetes');
    kubernetes.visible = [KUBECONFIG];
    kubernetes.add('own', 1, { id: 'kubernetes:1', apiHost: 'own:443' });
    const report = await sync(fleet, [kubernetes, aks]);
    assert.equal(report.clusters.seen, 1);
    assert.deepEqual(
      report.problems.map(({ detail }) => detail),
      ['Nobody is signed in'],
    );
    await assert.rejects(sync(fleet, aks), code('cloud-credentials'));
    assert.ok((await fleet.store.inventory.lastSync())?.endedAt);
  });

  it('is alone on its inventory; the lock of a dead process does not count', async () => {
    const folder = scratch();
    const fleet = await testFleet({}, folder);
    const provider = new ScriptedProvider();
    const one = provider.add('one');
    let second: Promise<unknown> = Promise.resolve();
    one.answer = () => {
      second = sync(fleet, new ScriptedProvider()).catch((thrown: unknown) => thrown);
      return unreachable(one.cluster.id);
    };
    await sync(fleet, provider);
    assert.ok(code('store-busy')(await second));
    mkdirSync(join(folder, 'sync'), { recursive: true });
    writeFileSync(join(folder, 'sync', '.lock'), '999999999');
    await sync(fleet, provider);
  });

  it('Ctrl-C keeps what was read, and starts nothing more', async () => {
    const fleet = await testFleet();
    const provider = new ScriptedProvider();
    for (const name of ['a', 'b', 'c', 'd']) provider.add(name, 2);
    const stop = new AbortController();
    const b = provider.clustersByName.get('b');
    assert.ok(b);
    const listing = unreachable(b.cluster.id, { nodes: [...b.nodes], complete: true, problems: [] });
    b.answer = () => {
      stop.abort(new NodewardError('interrupted', 'stopped'));
      return listing;
    };
    await assert.rejects(sync(fleet, provider, { parallel: 1, signal: stop.signal }), code('interrupted'));
    assert.deepEqual(provider.asked, ['a whole', 'b whole']);
    assert.equal((await fleet.store.inventory.counts()).nodes, 4);
    assert.equal(
      (await fleet.store.inventory.counts()).clusters,
      4,
      'nothing is gone that was not looked at',
    );
    await sync(fleet, provider);
    assert.equal((await fleet.store.inventory.counts()).nodes, 8);
  });
});
