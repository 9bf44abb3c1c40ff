/** What makes pools exposed: what their nodes say of them, and the privileged pods that run in them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NodeListing, Workloads } from '../../../src/inventory/index.ts';
import type { NodePool } from '../../../src/model/fleet.ts';
import type { Fleet } from '../../../src/pipeline/fleet/index.ts';
import { node, pool, ScriptedProvider, sync, testFleet } from './support.ts';
import { unreachable } from './sync-support.ts';

async function twoPools() {
  const fleet = await testFleet();
  const provider = new ScriptedProvider();
  const one = provider.add('one', 2);
  const np2 = pool(one.cluster, 'np2');
  one.pools.push(np2);
  one.nodes.push(node(np2, 5));
  const looked = (more: Partial<NodeListing>): void => {
    one.answer = () =>
      unreachable(one.cluster.id, { nodes: one.nodes, complete: true, problems: [], ...more });
  };
  return { fleet, provider, one, looked };
}

async function privileged({ store }: Fleet): Promise<readonly (number | null)[]> {
  return (await store.inventory.pools()).map((each) => each.privileged);
}

const counted = (...entries: readonly (readonly [string, number])[]): Workloads => ({
  privileged: new Map(entries),
  problem: null,
});

describe('privileged workloads', { timeout: 60_000 }, () => {
  it('are counted by the pool of their node; pools without any have none', async () => {
    const { fleet, provider, looked } = await twoPools();
    await sync(fleet, provider);
    assert.deepEqual(await privileged(fleet), [null, null], 'not asked for');
    looked({ workloads: counted(['aks-np1-vmss000000', 2], ['aks-np1-vmss000001', 1], ['another', 9]) });
    await sync(fleet, provider);
    assert.deepEqual(await privileged(fleet), [3, 0]);
    looked({ workloads: counted() });
    await sync(fleet, provider);
    assert.deepEqual(await privileged(fleet), [0, 0]);
  });

  it('stay as they were where nobody could count them; that is told, and nothing else is missing', async () => {
    const { fleet, provider, one, looked } = await twoPools();
    looked({ workloads: counted(['aks-np2-vmss000005', 4]) });
    await sync(fleet, provider);
    const problem = {
      scope: one.cluster.id,
      code: 'no-permission',
      detail: 'Forbidden',
      remedy: 'Ask.',
    } as const;
    looked({ workloads: { privileged: null, problem } });
    const report = await sync(fleet, provider);
    assert.deepEqual(report.problems, [{ scope: 'one', detail: 'Forbidden', remedy: 'Ask.' }]);
    assert.deepEqual(await privileged(fleet), [0, 4]);
    const [cluster] = await fleet.store.inventory.clusters();
    assert.deepEqual(cluster?.problems, [], 'its nodes are known all the same');
    one.answer = () => unreachable(one.cluster.id);
    await sync(fleet, provider);
    assert.deepEqual(await privileged(fleet), [0, 4], 'a cluster that does not answer says nothing of them');
  });

  it('are forgotten where they are not asked for any more', async () => {
    const { fleet, provider, looked } = await twoPools();
    looked({ workloads: counted(['aks-np1-vmss000000', 2]) });
    await sync(fleet, provider);
    looked({});
    await sync(fleet, provider);
    assert.deepEqual(await privileged(fleet), [null, null]);
  });
});

describe('a pool that only its nodes tell of', { timeout: 60_000 }, () => {
  it('keeps what nodes said that did not change since', async () => {
    const { fleet, provider, one, looked } = await twoPools();
    const of = (more: Partial<NodePool>): NodePool =>
      pool(one.cluster, 'spot', { id: `${one.cluster.id}/pools/spot`, kind: 'labels', ...more });
    const stored = async (): Promise<unknown> => {
      const pools = await fleet.store.inventory.pools();
      const { publicAddress, labels } = pools.find(({ name }) => name === 'spot') ?? assert.fail();
      return { publicAddress, labels };
    };
    const nodes = [...one.nodes, node(of({}), 7), node(of({}), 8)];
    const whole = of({ publicAddress: true, labels: { team: 'shop', tier: 'web' } });
    looked({ nodes, pools: [whole], cursor: 'c1' });
    await sync(fleet, provider);
    const changed = of({ publicAddress: false, labels: { team: 'shop', tier: 'batch', more: 'x' } });
    looked({ kind: 'changes', nodes: nodes.slice(-1), pools: [changed], cursor: 'c2' });
    await sync(fleet, provider);
    assert.deepEqual(await stored(), { publicAddress: true, labels: { team: 'shop' } });
    looked({ nodes, pools: [changed], cursor: 'c3' });
    await sync(fleet, provider);
    assert.deepEqual(
      await stored(),
      { publicAddress: false, labels: changed.labels },
      'a whole look is the last word',
    );
  });
});
