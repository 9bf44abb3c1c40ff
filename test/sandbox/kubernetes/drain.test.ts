import assert from 'node:assert/strict';
import { it } from 'node:test';
import { instant, isReady, isTerminating, keyOf, type Pod } from '../../../src/sandbox/kubernetes/objects.ts';
import { World } from '../../../src/sandbox/kubernetes/world.ts';
import type { SimCluster, SimNode } from '../../../src/sandbox/types.ts';
import { type Bench, startBench } from './bench.ts';

function cordon({ api }: Bench, node: SimNode): void {
  node.unschedulable = true;
  api.nodeChanged(node, 'MODIFIED');
}

/** A cluster whose workloads have a budget that is never to be met; and one without. */
function clusterWith(bench: Bench, strict: boolean): SimCluster {
  for (const cluster of bench.core.state.clusters.values()) {
    if (cluster.power === 'Stopped') continue;
    bench.api.settlePods(cluster);
    const budgets = bench.core.state.kubeOf(cluster.id, 'poddisruptionbudgets');
    const never = budgets.some(({ body }) => (body.spec as { maxUnavailable?: number }).maxUnavailable === 0);
    const roomy = bench.core.state.nodesOfCluster(cluster.id).length >= 6;
    if (never === strict && (strict || roomy)) return cluster;
  }
  throw new Error(`no cluster is ${strict ? '' : 'not '}strict`);
}

/** Drains as an upgrade does: again and again, with time in between. */
function drainFully(bench: Bench, node: SimNode): number {
  for (let tries = 1; tries <= 40; tries++) {
    if (bench.api.drain(node, { force: false }).done) return tries;
    bench.pass(15_000);
  }
  throw new Error(`${node.name} cannot be drained`);
}

function on(bench: Bench, cluster: SimCluster, node: SimNode): readonly Pod[] {
  return bench.pods(cluster).filter(({ spec }) => spec.nodeName === node.name);
}

it('drains node after node without ever breaking a budget', (context) => {
  const bench = startBench(context);
  const cluster = clusterWith(bench, false);
  const nodes = bench.core.state
    .nodesOfCluster(cluster.id)
    .filter(({ image }) => !image?.includes('Windows'));
  const wanted = bench.pods(cluster).length;
  for (const node of nodes) {
    cordon(bench, node);
    drainFully(bench, node);
    assert.deepEqual(on(bench, cluster, node), []);
    node.unschedulable = false;
    bench.api.nodeChanged(node, 'MODIFIED');
    bench.api.settlePods(cluster);
    for (const { body } of bench.core.state.kubeOf(cluster.id, 'poddisruptionbudgets')) {
      const { currentHealthy, desiredHealthy } = body.status as Record<string, number>;
      assert.ok(
        Number(currentHealthy) >= Number(desiredHealthy),
        `${keyOf(body as unknown as Pod)} is broken`,
      );
    }
  }
  bench.pass(60_000);
  // The bare pod is gone for good; all others came back.
  const left = bench.pods(cluster);
  assert.equal(left.length, wanted - 1);
  assert.ok(left.every((pod) => isReady(pod) && !isTerminating(pod)));
});

it('says which budget is in the way, and forces its way where it is told to', (context) => {
  const bench = startBench(context);
  const cluster = clusterWith(bench, true);
  const ledger = bench.pods(cluster).find(({ metadata }) => metadata.labels?.app === 'ledger');
  const node = bench.core.state.nodesOfCluster(cluster.id).find(({ name }) => name === ledger?.spec.nodeName);
  assert.ok(ledger && node);
  cordon(bench, node);
  for (let tries = 0; tries < 10; tries++, bench.pass(60_000))
    assert.equal(bench.api.drain(node, { force: false }).done, false);
  assert.deepEqual(bench.api.drain(node, { force: false }), {
    done: false,
    blocked: [{ pod: keyOf(ledger), by: 'data/ledger', kind: 'pdb' }],
  });
  assert.deepEqual(bench.api.drain(node, { force: true }), { done: false, blocked: [] });
  bench.pass(60_000);
  assert.deepEqual(bench.api.drain(node, { force: false }), { done: true, blocked: [] });
});

it('is stopped by the faults for evictions, as often as they strike', (context) => {
  const bench = startBench(context);
  const cluster = clusterWith(bench, false);
  const node = bench.core.state
    .nodesOfCluster(cluster.id)
    .find((each) => on(bench, cluster, each).some(({ metadata }) => metadata.labels?.app === 'cart'));
  assert.ok(node);
  cordon(bench, node);
  const pods = on(bench, cluster, node).length;
  bench.core.state.faults.put({ id: 'f1', kind: 'webhook-denial', target: node.name, left: pods });
  const denied = bench.api.drain(node, { force: false });
  assert.equal(denied.blocked.length, pods);
  assert.ok(denied.blocked.every(({ kind, by }) => kind === 'webhook' && by.includes('.')));
  bench.core.state.faults.put({ id: 'f2', kind: 'pdb-block', target: cluster.name, left: null });
  assert.ok(bench.api.drain(node, { force: false }).blocked.every(({ kind }) => kind === 'pdb'));
  bench.core.state.faults.delete('f2');
  drainFully(bench, node);
});

it('gives pods of a machine that is gone to others, also where another machine has its name', (context) => {
  const bench = startBench(context);
  const cluster = clusterWith(bench, false);
  const [first, second] = bench.core.state
    .nodesOfCluster(cluster.id)
    .filter((node) => on(bench, cluster, node).length > 0);
  assert.ok(first && second);
  const lost = [...on(bench, cluster, first), ...on(bench, cluster, second)].map(
    ({ metadata }) => metadata.uid,
  );
  bench.api.nodeChanged(first, 'DELETED');
  bench.core.state.nodes.delete(first.id);
  bench.pass(1_000);
  bench.api.nodeChanged(second, 'DELETED');
  Object.assign(second, { uid: 'another', created: bench.core.now() });
  bench.api.nodeChanged(second, 'ADDED');
  bench.pass(60_000);
  const pods = bench.pods(cluster);
  assert.deepEqual(
    pods.filter(({ metadata }) => lost.includes(metadata.uid)),
    [],
  );
  const names = new Set(bench.core.state.nodesOfCluster(cluster.id).map(({ name }) => name));
  assert.ok(pods.every((pod) => names.has(pod.spec.nodeName ?? '') && isReady(pod)));
  for (const { body } of bench.core.state.kubeOf(cluster.id, 'deployments')) {
    const { spec, status } = body as unknown as {
      spec: { replicas: number };
      status: Record<string, number>;
    };
    assert.equal(status.readyReplicas, spec.replicas);
  }
});

it('keeps pods waiting where no node takes them', (context) => {
  const bench = startBench(context);
  const cluster = clusterWith(bench, false);
  for (const node of bench.core.state.nodesOfCluster(cluster.id)) cordon(bench, node);
  const node = bench.core.state
    .nodesOfCluster(cluster.id)
    .find((each) => on(bench, cluster, each).length > 0);
  assert.ok(node);
  bench.api.drain(node, { force: true });
  bench.pass(60_000);
  const pending = bench.pods(cluster).filter(({ status }) => status.phase === 'Pending');
  assert.ok(pending.length > 0 && pending.every(({ spec }) => spec.nodeName === undefined));
  node.unschedulable = false;
  bench.api.nodeChanged(node, 'MODIFIED');
  bench.api.settlePods(cluster);
  bench.pass(60_000);
  assert.ok(bench.pods(cluster).every(isReady));
});

it('records events, and forgets them after an hour', (context) => {
  const bench = startBench(context);
  const cluster = bench.cluster('shop-weu');
  const [node] = bench.nodes(cluster, 'web');
  assert.ok(node);
  bench.api.event(node, 'Drain', `Draining node: ${node.name}`);
  bench.api.event(node, 'Drain', 'Eviction blocked by Too Many Requests (usually a pdb): data/ledger-1');
  const events = bench.core.state.kubeOf(cluster.id, 'events').map(({ body }) => body);
  assert.deepEqual(
    events.map(({ reason, type, source, firstTimestamp }) => [reason, type, source, firstTimestamp]),
    ['Normal', 'Warning'].map((type) => [
      'Drain',
      type,
      { component: 'upgrader' },
      instant(bench.core.now()),
    ]),
  );
  bench.pass(3_601_000);
  bench.api.event(node, 'Surge', 'Created a surge node');
  assert.deepEqual(
    bench.core.state.kubeOf(cluster.id, 'events').map(({ body }) => body.reason),
    ['Surge'],
  );
  for (let count = 0; count < 1_200; count++) bench.api.event(node, 'Upgrade', `step ${count}`);
  const kept = bench.core.state.kubeOf(cluster.id, 'events');
  assert.equal(kept.length, 1_000);
  assert.equal(kept.at(-1)?.body.message, 'step 1199');
});

it('makes the same workloads from the same seed, and nothing before somebody looks', (context) => {
  const [one, two] = [startBench(context), startBench(context)];
  assert.equal(one.core.state.kube.size, 0);
  const bodies = (bench: Bench): unknown => {
    const cluster = bench.cluster('shop-weu');
    bench.api.settlePods(cluster);
    return [...bench.core.state.kube.values()];
  };
  assert.deepEqual(bodies(one), bodies(two));
  assert.ok(one.core.state.kube.size > 20);
});

it('begins anew for another cluster with the id of one that was deleted', (context) => {
  const { core } = startBench(context);
  const world = new World(core);
  const [cluster] = core.state.clusters.values();
  assert.ok(cluster);
  const [node] = core.state.nodesOfCluster(cluster.id);
  assert.ok(node);
  world.log(cluster, 'nodes');
  world.putNode(cluster, node);
  assert.equal(world.log(cluster, 'nodes').since(1_000)?.length, 1);
  const another = { ...cluster, resourceVersion: 1_000 };
  core.state.clusters.put(another);
  assert.equal(world.told(another, node), null);
  assert.deepEqual(world.log(another, 'nodes').since(1_000), []);
});
