/** What the inventory of every store must do with the fleet, whatever database it is on. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { InventoryWriter, Store, Tally } from '../../src/storage/index.ts';
import { cluster, day, node, type Open, pool, SUBSCRIPTION } from './support.ts';

const one = cluster('one');
const two = cluster('two');
const np1 = pool(one, 'np1');
const np2 = pool(one, 'np2', { kind: 'machines' });
const karpenter = pool(one, 'spot', { kind: 'autoprovisioned', id: `${one.id}/pools/karpenter/spot` });
const look = { cursor: 'c1', problems: [] } as const;

/** Runs the suite on stores that `open` makes: each empty, and the same again where the name is the same. */
export function inventoryConformance(database: string, open: Open): void {
  describe(`inventory on ${database}`, { timeout: 60_000 }, () => {
    let count = 0;
    let store: Store;
    const change = <T>(put: (writer: InventoryWriter) => Promise<T>): Promise<T> =>
      store.write(({ inventory }) => put(inventory));
    const nodes = (more: { readonly gone?: boolean } = {}) =>
      store.inventory.nodes({ cluster: one.id, ...more });
    beforeEach(async () => {
      store = await open(`inventory-${++count}`);
      await change(async (writer) => {
        await writer.putSubscription(SUBSCRIPTION, day(1));
        await writer.putCluster(one, day(1));
        await writer.putPools(one.id, [np1, np2], day(1));
      });
    });
    afterEach(() => store.close());

    it('gives back what was put, with when it was seen', async () => {
      const a = node(np1, 1, { ready: null, uid: null, image: null });
      const b = node(np2, 2, { unschedulable: true });
      await change((writer) => writer.putNodes([a, b], day(1)));
      const { inventory } = store;
      const seen = { firstSeen: day(1), lastSeen: day(1), gone: null };
      assert.deepEqual(await inventory.subscriptions(), [
        { ...SUBSCRIPTION, ...seen, listedAt: null, problems: [] },
      ]);
      const unsynced = { syncedAt: null, cursor: null, problems: [] };
      assert.deepEqual(await inventory.clusters(), [{ ...one, ...seen, ...unsynced }]);
      assert.deepEqual(await inventory.cluster(one.id), (await inventory.clusters())[0]);
      assert.deepEqual(
        await inventory.pools({ cluster: one.id }),
        [np1, np2].map((each) => ({ ...each, ...seen, latestAsked: null, privileged: null })),
      );
      assert.deepEqual(
        await nodes(),
        [a, b].map((each) => ({ ...each, ...seen })),
      );
      assert.deepEqual(
        (await inventory.nodes({ pool: np2.id })).map(({ name }) => name),
        [b.name],
      );
      assert.deepEqual(await inventory.nodes({ cluster: two.id }), []);
      assert.deepEqual(await inventory.counts(), { clusters: 1, pools: 2, nodes: 2 });
    });

    it('counts what came, changed and went, and nothing that stays as it is', async () => {
      const tallyOf = (put: (writer: InventoryWriter) => Promise<void>): Promise<Tally['nodes']> =>
        change(async (writer) => {
          await put(writer);
          return writer.tally.nodes;
        });
      const [a, b] = [node(np1, 1), node(np1, 2)];
      const newer = node(np1, 2, { kernel: '5.15.0-1060-azure' });
      const steps: readonly (readonly [(writer: InventoryWriter) => Promise<void>, Tally['nodes']])[] = [
        [(w) => w.putNodes([a, b], day(1)), { added: 2, changed: 0, gone: 0 }],
        [(w) => w.putNodes([a, b], day(2)), { added: 0, changed: 0, gone: 0 }],
        [(w) => w.putNodes([newer], day(2)), { added: 0, changed: 1, gone: 0 }],
        [(w) => w.keepNodes(one.id, new Set([newer.id]), day(3)), { added: 0, changed: 0, gone: 1 }],
        [(w) => w.markNodesGone([a.id], day(4)), { added: 0, changed: 0, gone: 0 }],
        [(w) => w.putNodes([a], day(5)), { added: 1, changed: 0, gone: 0 }],
        [(w) => w.putNodes([], day(6)), { added: 0, changed: 0, gone: 0 }],
      ];
      for (const [put, expected] of steps) assert.deepEqual(await tallyOf(put), expected);
      const [back] = await store.inventory.findNodes(a.id);
      assert.deepEqual([back?.firstSeen, back?.lastSeen, back?.gone], [day(1), day(5), null]);
    });

    it('of nodes that are put twice at once, the last one stays', async () => {
      const [a, b] = [node(np1, 1), node(np1, 1, { kernel: 'other' })];
      const tally = await change(async (writer) => {
        await writer.putNodes([a, b], day(1));
        return writer.tally.nodes;
      });
      assert.deepEqual(tally, { added: 1, changed: 0, gone: 0 });
      assert.deepEqual(
        (await nodes()).map(({ kernel }) => kernel),
        ['other'],
      );
    });

    it('keeps more nodes than fit into one statement', async () => {
      const many = Array.from({ length: 5_000 }, (_, index) => node(np1, index));
      await change((writer) => writer.putNodes(many, day(1)));
      assert.equal((await nodes()).length, 5_000);
      const kept = new Set(many.slice(0, 4_000).map(({ id }) => id));
      await change((writer) => writer.keepNodes(one.id, kept, day(2)));
      assert.equal((await nodes()).length, 4_000);
    });

    it('refuses nodes of a pool that was not put, and says which', async () => {
      const unknown = pool(one, 'unknown');
      await assert.rejects(
        change((writer) => writer.putNodes([node(unknown, 1)], day(1))),
        (thrown) => thrown instanceof RangeError && thrown.message.startsWith(unknown.id),
      );
    });

    it('a whole look sees all nodes that are there, a part of one only those it names', async () => {
      const [a, b] = [node(np1, 1), node(np1, 2)];
      const lastSeen = async () => (await nodes({ gone: true })).map((each) => each.lastSeen);
      await change(async (writer) => {
        await writer.putNodes([a, b], day(1));
        await writer.markSynced(one.id, { ...look, at: day(1) });
      });
      await change((writer) => writer.markSynced(one.id, { ...look, at: day(3) }));
      assert.deepEqual(await lastSeen(), [day(3), day(3)]);
      await change(async (writer) => {
        await writer.touchNodes([b.id], day(4));
        await writer.markSynced(one.id, { ...look, at: null });
      });
      assert.deepEqual(await lastSeen(), [day(3), day(4)]);
      await change(async (writer) => {
        await writer.keepNodes(one.id, new Set([b.id]), day(6));
        await writer.markSynced(one.id, { ...look, at: day(6) });
      });
      assert.deepEqual(await lastSeen(), [day(3), day(6)], 'what is gone was last seen before');
      assert.equal((await nodes({ gone: true }))[0]?.gone, day(6));
    });

    it('keeps what a look came to', async () => {
      const problem = { code: 'unreachable', detail: 'a', remedy: 'b' } as const;
      await change((writer) => writer.markSynced(one.id, { ...look, at: day(1) }));
      await change((writer) => writer.markSynced(one.id, { at: null, cursor: null, problems: [problem] }));
      const { syncedAt, cursor, problems } = (await store.inventory.cluster(one.id)) ?? {};
      assert.deepEqual([syncedAt, cursor, problems], [day(1), null, [problem]]);
    });

    it('a pool that is no longer listed goes with its nodes, and the next look is a whole one', async () => {
      await change(async (writer) => {
        await writer.putNodes([node(np1, 1), node(np2, 2)], day(1));
        await writer.markSynced(one.id, { ...look, at: day(1) });
      });
      const tally = await change(async (writer) => {
        await writer.putPools(one.id, [np1], day(2));
        return writer.tally;
      });
      assert.deepEqual(tally.pools, { added: 0, changed: 0, gone: 1 });
      assert.deepEqual(tally.nodes, { added: 0, changed: 0, gone: 1 });
      assert.deepEqual(
        (await nodes()).map((each) => each.pool),
        [np1.id],
      );
      assert.equal((await store.inventory.cluster(one.id))?.cursor, null);
      assert.deepEqual(
        (await store.inventory.pools({ gone: true })).map(({ gone }) => gone),
        [null, day(2)],
      );
    });

    it('a pool that only nodes tell of lives as long as they do', async () => {
      const names = async () => (await store.inventory.pools()).map(({ name }) => name);
      await change(async (writer) => {
        await writer.putNodePools([karpenter], day(1));
        await writer.putNodes([node(karpenter, 1)], day(1));
        await writer.markSynced(one.id, { ...look, at: day(1) });
      });
      await change((writer) => writer.putPools(one.id, [np1, np2], day(2)));
      assert.deepEqual(await names(), ['np1', 'np2', 'spot']);
      await change(async (writer) => {
        await writer.keepNodes(one.id, new Set(), day(3));
        await writer.markSynced(one.id, { ...look, at: null });
      });
      assert.equal((await names()).length, 3, 'a look that did not see everything removes nothing');
      await change((writer) => writer.markSynced(one.id, { ...look, at: day(4) }));
      assert.deepEqual(await names(), ['np1', 'np2']);
    });

    it('a cluster that is no longer there goes with its pools and nodes; another look brings it back', async () => {
      await change((writer) => writer.putNodes([node(np1, 1)], day(1)));
      const {
        clusters,
        pools,
        nodes: went,
      } = await change(async (writer) => {
        await writer.putCluster(two, day(2));
        await writer.keepClusters(SUBSCRIPTION.id, new Set([two.id]), day(2));
        return writer.tally;
      });
      assert.deepEqual([clusters.gone, pools.gone, went.gone], [1, 2, 1]);
      const { inventory } = store;
      assert.deepEqual(
        (await inventory.clusters()).map(({ name }) => name),
        ['two'],
      );
      assert.equal(await inventory.cluster(one.id), null);
      assert.deepEqual(
        (await inventory.clusters({ gone: true })).map(({ gone }) => gone),
        [day(2), null],
      );
      await change((writer) => writer.putCluster(one, day(3)));
      assert.equal((await inventory.cluster(one.id))?.firstSeen, day(1));
    });

    it('keeps what listing a subscription came to, and when it last gave all', async () => {
      const problems = [{ code: 'no-permission', detail: 'No.', remedy: 'Do.' }] as const;
      const told = async () =>
        (await store.inventory.subscriptions()).map((each) => [each.listedAt, each.problems]);
      await change((writer) => writer.markListed(SUBSCRIPTION.id, { at: null, problems }));
      assert.deepEqual(await told(), [[null, problems]]);
      await change((writer) => writer.markListed(SUBSCRIPTION.id, { at: day(2), problems: [] }));
      await change((writer) => writer.putSubscription({ ...SUBSCRIPTION, name: 'Renamed' }, day(3)));
      assert.deepEqual(await told(), [[day(2), []]]);
      await change((writer) => writer.markListed(SUBSCRIPTION.id, { at: null, problems }));
      assert.deepEqual(await told(), [[day(2), problems]]);
    });

    it('what a clock that was wrong saw in the future was seen when it is looked at again', async () => {
      await change(async (writer) => {
        await writer.putNodes([node(np1, 1)], day(20));
        await writer.markSynced(one.id, { ...look, at: day(20) });
      });
      await change((writer) => writer.markSynced(one.id, { ...look, at: day(5) }));
      assert.deepEqual(
        (await nodes()).map(({ lastSeen }) => lastSeen),
        [day(5)],
      );
    });

    it('a subscription is dropped with everything in it', async () => {
      await change((writer) => writer.putNodes([node(np1, 1)], day(1)));
      await change((writer) => writer.dropSubscription(SUBSCRIPTION.id, day(2)));
      assert.deepEqual(await store.inventory.subscriptions(), []);
      assert.deepEqual(await store.inventory.counts(), { clusters: 0, pools: 0, nodes: 0 });
    });

    it('finds nodes by name or id in any case, and those that another cluster has', async () => {
      const { inventory } = store;
      const elsewhere = { ...pool(two, 'np1'), kind: 'labels' } as const;
      await change(async (writer) => {
        await writer.putCluster(two, day(1));
        await writer.putNodePools([elsewhere], day(1));
        await writer.putNodes([node(np1, 1), node(elsewhere, 1), node(np1, 2)], day(1));
      });
      const [first] = await inventory.findNodes('AKS-NP1-vmss000002');
      assert.equal(first?.id, node(np1, 2).id);
      assert.equal((await inventory.findNodes(node(np1, 2).id.toUpperCase()))[0]?.id, first?.id);
      assert.equal((await inventory.findNodes('aks-np1-vmss000001')).length, 2);
      assert.deepEqual(await inventory.findNodes('%'), []);
      const ids = [node(np1, 1).id, node(np1, 2).id, node(elsewhere, 1).id];
      assert.deepEqual(
        (await inventory.nodesElsewhere(ids, two.id)).map((each) => each.cluster),
        [one.id, one.id],
      );
      assert.deepEqual(await inventory.nodesElsewhere([], two.id), []);
    });

    it('sorts names by their code points, whatever the language of the server', async () => {
      const names = ['a', 'B', 'ä', 'b', 'A', 'Z', 'z', '_', 'a-b', 'ab'];
      await change((writer) =>
        writer.putPools(
          one.id,
          names.map((name) => pool(one, name)),
          day(1),
        ),
      );
      assert.deepEqual(
        (await store.inventory.pools()).map(({ name }) => name),
        names.toSorted(),
      );
    });

    it('keeps the latest image that a region offers, whatever a listing says after it', async () => {
      const latest = async () =>
        (await store.inventory.pools()).map(({ latestImage, latestAsked }) => [latestImage, latestAsked]);
      await change((writer) => writer.putLatestImages(new Map([[np1.id, 'new']]), day(1)));
      const tally = await change(async (writer) => {
        await writer.putPools(one.id, [np1, np2], day(2));
        return writer.tally.pools;
      });
      assert.deepEqual(tally, { added: 0, changed: 0, gone: 0 });
      assert.deepEqual(await latest(), [
        ['new', day(1)],
        [null, null],
      ]);
      await change((writer) => writer.putPools(one.id, [{ ...np1, image: 'other' }, np2], day(3)));
      const asked = 'what changed is to be asked about again';
      assert.deepEqual((await latest())[0], ['new', null], asked);
      await change((writer) =>
        writer.putPools(one.id, [{ ...np1, image: 'other', latestImage: 'x' }, np2], day(4)),
      );
      assert.deepEqual((await latest())[0], ['x', day(4)]);
    });

    it('keeps what exposes a pool: public addresses, labels, privileged workloads', async () => {
      const exposed = async () =>
        (await store.inventory.pools()).map((each) => [each.publicAddress, each.labels, each.privileged]);
      const open = { ...np1, publicAddress: true, labels: { team: 'payments' } };
      const tally = await change(async (writer) => {
        await writer.putPools(one.id, [open, { ...np2, publicAddress: false }], day(2));
        await writer.putWorkloads(new Map([[np1.id, 3]]));
        return writer.tally.pools;
      });
      assert.deepEqual(tally, { added: 0, changed: 2, gone: 0 });
      assert.deepEqual(await exposed(), [
        [true, { team: 'payments' }, 3],
        [false, {}, null],
      ]);
      await change((writer) =>
        writer.putWorkloads(
          new Map([
            [np2.id, 0],
            ['unknown', 1],
          ]),
        ),
      );
      await change((writer) => writer.putPools(one.id, [np1, np2], day(3)));
      assert.deepEqual(await exposed(), [
        [np1.publicAddress, np1.labels, 3],
        [np2.publicAddress, np2.labels, 0],
      ]);
      await change((writer) => writer.putWorkloads(new Map([[np1.id, null]])));
      assert.deepEqual((await exposed())[0], [np1.publicAddress, np1.labels, null]);
    });
  });
}
