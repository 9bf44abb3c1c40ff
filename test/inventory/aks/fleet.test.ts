import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FoundCluster, NodeListing } from '../../../src/inventory/types.ts';
import type { Node } from '../../../src/model/fleet.ts';
import { IMPATIENT, testRun } from '../support.ts';
import { applied, everyCluster, everySubscription, startAks } from './sandbox.ts';

const HOUR = 3_600_000;

describe('the fleet of a sandbox', { timeout: 180_000 }, () => {
  it('is found with one listing per subscription, and one credential per cluster', async (context) => {
    const { aks } = await startAks(context);
    const subscriptions = await everySubscription(aks);
    const clusters = await everyCluster(aks);
    let nodes = 0;
    for (const found of clusters) nodes += (await aks.nodes(found, null, testRun())).nodes.length;
    assert.ok(clusters.length >= 7 && nodes >= 50, `${clusters.length} clusters, ${nodes} nodes`);
    const { requests } = aks.traffic();
    const asked = clusters.filter(({ cluster }) => cluster.power !== 'stopped').length;
    assert.equal(requests['ARM list clusters'], subscriptions.length);
    assert.equal(requests['ARM cluster credential'], asked);
    assert.deepEqual(
      Object.keys(requests)
        .filter((kind) => kind.startsWith('ARM'))
        .sort(),
      ['ARM cluster credential', 'ARM list clusters', 'ARM list machines', 'ARM list subscriptions'],
    );
  });

  it('has every node in a pool that is known, with what it runs', async (context) => {
    const { aks } = await startAks(context);
    for (const found of await everyCluster(aks)) {
      const listing = await aks.nodes(found, null, testRun());
      const pools = new Map([...found.pools, ...listing.pools].map((pool) => [pool.id, pool]));
      for (const node of listing.nodes) {
        const pool = pools.get(node.pool);
        assert.ok(pool !== undefined, `${node.name} is of ${node.pool}`);
        assert.match(
          node.id,
          /^\/subscriptions\/[0-9a-f-]{36}\/resourcegroups\/mc_.*\/virtualmachines\/[^/]+$/,
        );
        if (!listing.complete) continue;
        assert.ok(node.uid !== null && node.kernel !== null && node.kubelet?.startsWith('v'), node.name);
        assert.equal(node.os, pool.os === 'unknown' ? node.os : pool.os);
      }
    }
  });

  it('has pools of every kind', async (context) => {
    const { aks, cluster } = await startAks(context);
    const found = await cluster('lab-wus2');
    const { pools } = await aks.nodes(found, null, testRun());
    const kinds = [...found.pools, ...pools].map(({ kind }) => kind);
    assert.deepEqual([...new Set(kinds)].sort(), ['autoprovisioned', 'machines', 'scale-set']);
    assert.match(
      pools.find(({ kind }) => kind === 'autoprovisioned')?.id ?? '',
      /\/pools\/karpenter\/default$/,
    );
  });

  it('has no nodes in a stopped cluster, which is not asked', async (context) => {
    const { aks, cluster } = await startAks(context);
    const found = await cluster('loadtest-wus2');
    assert.equal(found.cluster.power, 'stopped');
    const before = aks.traffic();
    const { nodes, complete, problems } = await aks.nodes(found, null, testRun());
    assert.deepEqual([nodes, complete, problems], [[], true, []]);
    assert.deepEqual(aks.traffic(), before);
  });

  it('names the machines of a cluster that cannot be reached, and says so', async (context) => {
    const { aks, cluster } = await startAks(context);
    const found = await cluster('private-sdc');
    const { nodes, complete, cursor, problems } = await aks.nodes(found, null, testRun());
    assert.deepEqual([nodes.length, complete, cursor], [3, false, null]);
    assert.deepEqual(
      problems.map(({ code, scope }) => [code, scope]),
      [['unreachable', found.cluster.id]],
    );
    for (const { uid, image, ready, pool } of nodes)
      assert.deepEqual([uid, image, ready, pool], [null, null, null, found.pools[0]?.id]);
  });

  it('is read by changes as it is read anew, through days of upgrades and churn', async (context) => {
    const { aks, advance } = await startAks(context);
    const clusters = (await everyCluster(aks)).filter(({ cluster }) => cluster.name !== 'private-sdc');
    const kept = new Map<string, { nodes: ReadonlyMap<string, Node>; cursor: string | null }>();
    const kinds = new Set<NodeListing['kind']>();
    let changed = 0;
    for (let step = 0; step < 8; step++) {
      await advance(21 * HOUR);
      for (const found of clusters) {
        const before = kept.get(found.cluster.id) ?? { nodes: new Map<string, Node>(), cursor: null };
        const listing = await aks.nodes(found, before.cursor, testRun());
        assert.deepEqual([listing.complete, listing.problems], [true, []], found.cluster.name);
        const nodes = applied(before.nodes, listing);
        kept.set(found.cluster.id, { nodes, cursor: listing.cursor });
        if (step > 0) kinds.add(listing.kind);
        if (listing.kind === 'changes') changed += listing.nodes.length + listing.removed.length;
        const anew = applied(new Map(), await aks.nodes(found, null, testRun()));
        assert.deepEqual(sorted(nodes), sorted(anew), `${found.cluster.name} after ${step} steps`);
      }
    }
    assert.ok(kinds.has('changes') && changed > 10, `${changed} changes`);
  });

  it('asks Azure nothing again for a cluster that it knows', async (context) => {
    const { aks, cluster, open } = await startAks(context);
    const found = await cluster('shop-weu');
    const { cursor } = await aks.nodes(found, null, testRun());
    const later = open();
    const { kind } = await later.nodes(found, cursor, testRun());
    assert.deepEqual([kind, later.traffic().requests], ['changes', { 'Kubernetes version of nodes': 1 }]);
  });

  it('asks where a cluster is once more where what was kept leads nowhere', async (context) => {
    const { aks, cluster } = await startAks(context);
    const found = await cluster('shop-weu');
    const { cursor } = await aks.nodes(found, null, testRun());
    const kept = JSON.parse(cursor ?? '') as Record<string, unknown>;
    const moved = JSON.stringify({ ...kept, server: 'https://127.0.0.1:1/' });
    const { complete, problems } = await aks.nodes(found, moved, testRun());
    assert.deepEqual([complete, problems], [true, []]);
  });

  it('keeps no secret in its cursors', async (context) => {
    const { aks, cluster } = await startAks(context);
    const { cursor } = await aks.nodes(await cluster('shop-weu'), null, testRun());
    assert.doesNotMatch(cursor ?? '', /"sandbox"|Bearer|PRIVATE/);
  });
});

describe('what goes wrong in a sandbox', { timeout: 180_000 }, () => {
  it('in one cluster is a problem of that cluster alone', async (context) => {
    const { aks, cluster, fault } = await startAks(context);
    const [sick, well] = [await cluster('shop-weu'), await cluster('stage-weu')];
    await fault('unreachable', 'shop-weu');
    const listing = await aks.nodes(sick, null, testRun());
    assert.deepEqual(
      listing.problems.map(({ code }) => code),
      ['unreachable'],
    );
    assert.ok(listing.nodes.length > 0 && !listing.complete);
    assert.deepEqual((await aks.nodes(well, null, testRun())).problems, []);
  });

  it('is a permission that is not there', async (context) => {
    const { aks, cluster, fault } = await startAks(context);
    const found = await cluster('shop-weu');
    await fault('forbidden', 'shop-weu');
    const { complete, problems } = await aks.nodes(found, null, testRun());
    assert.equal(complete, false);
    assert.equal(problems[0]?.code, 'no-permission', JSON.stringify(problems));
  });

  it('is throttling, which is waited out, and a problem where it does not end', async (context) => {
    const { open, fault } = await startAks(context);
    const aks = open({}, { patience: { ...IMPATIENT, throttledMs: 5_000 } });
    const [subscription] = await everySubscription(aks);
    assert.ok(subscription !== undefined);
    await fault('throttle', subscription.name, 1);
    const waited = await aks.clusters(subscription, testRun());
    assert.deepEqual([waited.complete, aks.traffic().throttled], [true, 1]);
    await fault('throttle', subscription.name);
    const { clusters, complete, problems } = await open().clusters(subscription, testRun());
    assert.deepEqual([clusters, complete, problems.map(({ code }) => code)], [[], false, ['throttled']]);
  });

  it('are credentials that Azure does not take', async (context) => {
    const { open } = await startAks(context);
    const aks = open({ credential: { token: 'wrong' } });
    await assert.rejects(aks.subscriptions(testRun()), { code: 'cloud-credentials' });
    const checks = await aks.check(testRun());
    assert.deepEqual(
      checks.map(({ state }) => state),
      ['failed'],
    );
    assert.match(checks[0]?.remedy ?? '', /az login/);
  });

  it('is an endpoint that nobody answers at', async (context) => {
    const { open } = await startAks(context);
    const aks = open({ endpoint: 'https://127.0.0.1:1' });
    await assert.rejects(aks.subscriptions(testRun()), { code: 'cloud-failed' });
  });

  it('is a certificate that another authority signed', async (context) => {
    const { open } = await startAks(context);
    await assert.rejects(open({ caFile: null }).subscriptions(testRun()), { code: 'cloud-failed' });
  });
});

describe('images that a region offers', { timeout: 60_000 }, () => {
  it('are asked for once per region, family and version, and told for every pool', async (context) => {
    const { aks } = await startAks(context);
    const clusters = await everyCluster(aks);
    const { images, problems } = await aks.latestImages(clusters, testRun());
    assert.deepEqual(problems, []);
    const poolsOf = (wanted: (found: FoundCluster, index: number) => boolean): readonly string[] =>
      clusters.flatMap((found) => found.pools.filter((_, index) => wanted(found, index)).map(({ id }) => id));
    const asked = aks.traffic().requests['ARM upgrade profile'] ?? 0;
    assert.ok(asked < images.size, `${asked} requests for ${images.size} pools`);
    const expected = poolsOf(({ cluster, pools }, index) => {
      const pool = pools[index];
      return cluster.power !== 'stopped' && pool?.kind === 'scale-set' && pool.image !== null;
    });
    assert.deepEqual([...images.keys()].sort(), [...expected].sort());
    for (const [pool, image] of images) {
      const own = clusters.flatMap(({ pools }) => pools).find(({ id }) => id === pool)?.image ?? '';
      assert.equal(image.replace(/-[\d.]+$/, ''), own.replace(/-[\d.]+$/, ''));
    }
    assert.ok([...images.values()].some((image) => image.startsWith('AKSWindows-')));
  });

  it('are the others’ where one pool cannot be asked', async (context) => {
    const { aks, fault } = await startAks(context);
    const clusters = await everyCluster(aks);
    await fault('throttle', 'Contoso Staging');
    const { images, problems } = await aks.latestImages(clusters, testRun());
    assert.ok(problems.length > 0 && problems.every(({ code }) => code === 'throttled'));
    assert.ok(images.size > 0);
  });
});

describe('config check', { timeout: 60_000 }, () => {
  it('finds all in order for an owner', async (context) => {
    const { aks } = await startAks(context);
    const checks = await aks.check(testRun());
    assert.deepEqual(
      checks.filter(({ state }) => state !== 'ok'),
      [],
    );
    assert.ok(checks.length >= 8);
  });

  it('names each action that a reader lacks for snapshots, and what is not there', async (context) => {
    const { open } = await startAks(context, { credential: { token: 'sandbox-reader' } });
    const checks = await open({ snapshotResourceGroup: 'nodeward-snapshots' }).check(testRun());
    const failed = checks.filter(({ state }) => state === 'failed').map(({ detail }) => detail);
    assert.ok(
      failed.some((detail) => detail.includes('Microsoft.Compute/snapshots/write')),
      JSON.stringify(checks),
    );
    const nowhere = await open({ snapshotResourceGroup: 'nowhere' }).check(testRun());
    const missing = nowhere.find(({ detail }) => detail === 'nowhere is not there');
    assert.match(missing?.remedy ?? '', /az group create --name nowhere/);
  });
});

function sorted(nodes: ReadonlyMap<string, Node>): readonly Node[] {
  return [...nodes.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
