import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allNodes, IMAGE, ScriptedProvider, sync, testFleet } from './support.ts';
import { KUBECONFIG, problem } from './sync-support.ts';

describe('clusters that two providers find', { timeout: 60_000 }, () => {
  const aks = (): ScriptedProvider => {
    const provider = new ScriptedProvider('aks');
    provider.add('prod', 2);
    return provider;
  };
  const kubernetes = (apiHost: string): ScriptedProvider => {
    const provider = new ScriptedProvider('kubernetes');
    provider.visible = [KUBECONFIG];
    const own = provider.add('prod-context', 0, { id: 'kubernetes:uid', apiHost });
    own.nodes =
      aks()
        .clustersByName.get('prod')
        ?.nodes.map((each) => ({
          ...each,
          cluster: own.cluster.id,
          pool: own.np1.id,
        })) ?? [];
    return provider;
  };

  it('are shown once: by the address of their API', async () => {
    const fleet = await testFleet();
    const report = await sync(fleet, [aks(), kubernetes('prod.example:443')]);
    assert.deepEqual([report.clusters.seen, report.nodes.seen], [1, 2]);
    assert.match(report.problems[0]?.detail ?? '', /is the cluster prod, which the provider aks has found/);
  });

  it('or by their nodes; also where the kubeconfig was read first', async () => {
    const fleet = await testFleet();
    const context = kubernetes('127.0.0.1:6443');
    await sync(fleet, context);
    await sync(fleet, context);
    assert.equal((await fleet.store.inventory.counts()).nodes, 2);
    for (let round = 0; round < 2; round++) {
      const report = await sync(fleet, [context, aks()]);
      assert.deepEqual([report.clusters.seen, report.nodes.seen], [1, 2]);
      assert.equal(report.problems.length, 1);
    }
    assert.deepEqual(
      (await fleet.store.inventory.clusters()).map(({ name }) => name),
      ['prod'],
    );
  });

  it('also where another context of the kubeconfig does not answer', async () => {
    const fleet = await testFleet();
    const context = kubernetes('127.0.0.1:6443');
    await sync(fleet, context);
    const problems = [{ scope: KUBECONFIG.id, ...problem }];
    context.listing = (whole) => ({ ...whole, complete: false, problems });
    const report = await sync(fleet, [context, aks()]);
    assert.deepEqual([report.clusters.seen, report.nodes.seen], [1, 2]);
  });

  it('of two findings of one cluster that are read side by side, one has its nodes', async () => {
    const fleet = await testFleet();
    const provider = new ScriptedProvider('kubernetes');
    provider.visible = [KUBECONFIG];
    const twins = ['left', 'right'].map((name) =>
      provider.add(name, 0, { id: `kubernetes:${name}`, apiHost: `${name}:443` }),
    );
    for (const { cluster, np1, ...twin } of twins) {
      const machines = aks().clustersByName.get('prod')?.nodes ?? [];
      twin.nodes.push(...machines.map((each) => ({ ...each, cluster: cluster.id, pool: np1.id })));
    }
    const report = await sync(fleet, provider);
    assert.deepEqual([report.clusters.seen, report.nodes.seen], [2, 2]);
    assert.deepEqual(
      report.problems.map(({ detail }) => detail),
      ['2 of its nodes have ids of nodes of another cluster; they were left out.'],
    );
  });

  it('a cluster that claims the nodes of another one does not get them', async () => {
    const fleet = await testFleet();
    const provider = aks();
    await sync(fleet, provider);
    const thief = provider.add('thief', 1);
    thief.nodes.push(
      ...(provider.clustersByName.get('prod')?.nodes ?? []).map((each) => ({
        ...each,
        cluster: thief.cluster.id,
        pool: thief.np1.id,
      })),
    );
    const report = await sync(fleet, provider);
    assert.match(report.problems[0]?.detail ?? '', /2 of its nodes have ids of nodes of another cluster/);
    assert.equal((await fleet.store.inventory.nodes({ cluster: thief.cluster.id })).length, 1);
    assert.equal((await allNodes(fleet))[0]?.image, IMAGE);
  });
});
