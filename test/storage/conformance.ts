/** What every inventory store must do, whatever database it is on. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Inventory } from '../../src/storage/index.ts';
import { cluster, day, evidence, list, node, pool, SUBSCRIPTION } from './support.ts';

const one = cluster('one');
const two = cluster('two');
const np1 = pool(one, 'np1');
const np2 = pool(one, 'np2', { kind: 'machines' });
const karpenter = pool(one, 'spot', { kind: 'autoprovisioned', id: `${one.id}/pools/karpenter/spot` });
const look = { cursor: 'c1', problems: [] } as const;

/** Runs the suite on stores that `open` makes: each empty, and the same again where the name is the same. */
export function conformance(database: string, open: (name: string) => Inventory): void {
  describe(`inventory on ${database}`, { timeout: 60_000 }, () => {
    let count = 0;
    let inventory: Inventory;
    beforeEach(() => {
      inventory = open(`store-${++count}`);
      inventory.write((writer) => {
        writer.putSubscription(SUBSCRIPTION, day(1));
        writer.putCluster(one, day(1));
        writer.putPools(one.id, [np1, np2], day(1));
      });
    });
    afterEach(() => inventory.close());

    it('gives back what was put, with when it was seen', () => {
      const [a, b] = [
        node(np1, 1, { ready: null, uid: null, image: null }),
        node(np2, 2, { unschedulable: true }),
      ];
      inventory.write((writer) => writer.putNodes([a, b], day(1)));
      const seen = { firstSeen: day(1), lastSeen: day(1), gone: null };
      assert.deepEqual(inventory.subscriptions(), [
        { ...SUBSCRIPTION, ...seen, listedAt: null, problems: [] },
      ]);
      const unsynced = { syncedAt: null, cursor: null, problems: [] };
      assert.deepEqual(inventory.clusters(), [{ ...one, ...seen, ...unsynced }]);
      assert.deepEqual(inventory.cluster(one.id), inventory.clusters()[0]);
      assert.deepEqual(
        inventory.pools({ cluster: one.id }),
        [np1, np2].map((each) => ({ ...each, ...seen, latestAsked: null })),
      );
      assert.deepEqual(
        [...inventory.nodes()],
        [a, b].map((each) => ({ ...each, ...seen })),
      );
      assert.deepEqual(
        [...inventory.nodes({ pool: np2.id })].map(({ name }) => name),
        [b.name],
      );
      assert.deepEqual([...inventory.nodes({ cluster: two.id })], []);
      assert.deepEqual(inventory.counts(), { clusters: 1, pools: 2, nodes: 2 });
    });

    it('is the same after it was closed and opened', () => {
      inventory.write((writer) => {
        writer.putNodes([node(np1, 1)], day(1));
        writer.putSoftware('sha256:1', list('1'));
        writer.putEvidence([evidence(node(np1, 1))]);
        writer.putEnablement({ scope: 'all', enabled: true, at: day(1), by: 'alice' });
      });
      const read = (store: Inventory): unknown => [
        store.installation,
        store.clusters(),
        [...store.nodes()],
        store.evidence({ cluster: one.id }),
        store.software('sha256:1'),
        store.enablements(),
      ];
      const before = read(inventory);
      inventory.close();
      inventory = open(`store-${count}`);
      assert.deepEqual(read(inventory), before);
    });

    it('counts what came, changed and went, and nothing that stays as it is', () => {
      const changes = (put: Parameters<Inventory['write']>[0]): unknown =>
        inventory.write((writer) => {
          put(writer);
          return writer.tally.nodes;
        });
      const nodes = [node(np1, 1), node(np1, 2)];
      assert.deepEqual(
        changes((w) => w.putNodes(nodes, day(1))),
        { added: 2, changed: 0, gone: 0 },
      );
      assert.deepEqual(
        changes((w) => w.putNodes(nodes, day(2))),
        { added: 0, changed: 0, gone: 0 },
      );
      const newer = node(np1, 2, { kernel: '5.15.0-1060-azure' });
      assert.deepEqual(
        changes((w) => w.putNodes([newer], day(2))),
        { added: 0, changed: 1, gone: 0 },
      );
      assert.deepEqual(
        changes((w) => w.keepNodes(one.id, new Set([newer.id]), day(3))),
        { added: 0, changed: 0, gone: 1 },
      );
      assert.deepEqual(
        changes((w) => w.markNodesGone([nodes[0]?.id ?? ''], day(4))),
        { added: 0, changed: 0, gone: 0 },
      );
      assert.deepEqual(
        changes((w) => w.putNodes(nodes.slice(0, 1), day(5))),
        { added: 1, changed: 0, gone: 0 },
      );
      const [back] = inventory.findNodes(nodes[0]?.id ?? '');
      assert.deepEqual([back?.firstSeen, back?.gone], [day(1), null]);
    });

    it('a whole look sees all nodes that are there, a part of one only those it names', () => {
      const nodes = [node(np1, 1), node(np1, 2)];
      const lastSeen = (): unknown => [...inventory.nodes({ gone: true })].map((each) => each.lastSeen);
      inventory.write((writer) => {
        writer.putNodes(nodes, day(1));
        writer.markSynced(one.id, { ...look, at: day(1) });
      });
      inventory.write((writer) => writer.markSynced(one.id, { ...look, at: day(3) }));
      assert.deepEqual(lastSeen(), [day(3), day(3)]);
      inventory.write((writer) => {
        writer.touchNodes([nodes[1]?.id ?? ''], day(4));
        writer.markSynced(one.id, { ...look, at: null });
      });
      assert.deepEqual(lastSeen(), [day(3), day(4)]);
      inventory.write((writer) => {
        writer.keepNodes(one.id, new Set([nodes[1]?.id ?? '']), day(6));
        writer.markSynced(one.id, { ...look, at: day(6) });
      });
      assert.deepEqual(lastSeen(), [day(3), day(6)], 'what is gone was last seen before');
      assert.equal([...inventory.nodes({ gone: true })][0]?.gone, day(6));
    });

    it('keeps what a look came to', () => {
      const problem = { code: 'unreachable', detail: 'a', remedy: 'b' } as const;
      inventory.write((writer) => writer.markSynced(one.id, { ...look, at: day(1) }));
      inventory.write((writer) => writer.markSynced(one.id, { at: null, cursor: null, problems: [problem] }));
      const { syncedAt, cursor, problems } = inventory.clusters()[0] ?? {};
      assert.deepEqual(
        { syncedAt, cursor, problems },
        { syncedAt: day(1), cursor: null, problems: [problem] },
      );
    });

    it('a pool that is no longer listed goes with its nodes, and the next look is a whole one', () => {
      inventory.write((writer) => {
        writer.putNodes([node(np1, 1), node(np2, 2)], day(1));
        writer.markSynced(one.id, { ...look, at: day(1) });
      });
      inventory.write((writer) => {
        writer.putPools(one.id, [np1], day(2));
        assert.deepEqual(writer.tally.pools, { added: 0, changed: 0, gone: 1 });
        assert.deepEqual(writer.tally.nodes, { added: 0, changed: 0, gone: 1 });
      });
      assert.deepEqual(
        [...inventory.nodes()].map(({ pool: id }) => id),
        [np1.id],
      );
      assert.equal(inventory.cluster(one.id)?.cursor, null);
      assert.deepEqual(
        inventory.pools({ gone: true }).map(({ gone }) => gone),
        [null, day(2)],
      );
    });

    it('a pool that only nodes tell of lives as long as they do', () => {
      inventory.write((writer) => {
        writer.putNodePools([karpenter], day(1));
        writer.putNodes([node(karpenter, 1)], day(1));
        writer.markSynced(one.id, { ...look, at: day(1) });
      });
      inventory.write((writer) => writer.putPools(one.id, [np1, np2], day(2)));
      assert.equal(inventory.pools().length, 3);
      inventory.write((writer) => {
        writer.keepNodes(one.id, new Set(), day(3));
        writer.markSynced(one.id, { ...look, at: null });
      });
      assert.equal(inventory.pools().length, 3, 'a look that did not see everything removes nothing');
      inventory.write((writer) => writer.markSynced(one.id, { ...look, at: day(4) }));
      assert.deepEqual(
        inventory.pools().map(({ name }) => name),
        ['np1', 'np2'],
      );
    });

    it('a cluster that is no longer there goes with its pools and nodes; another look brings it back', () => {
      inventory.write((writer) => writer.putNodes([node(np1, 1)], day(1)));
      inventory.write((writer) => {
        writer.putCluster(two, day(2));
        writer.keepClusters(SUBSCRIPTION.id, new Set([two.id]), day(2));
        const { clusters, pools, nodes } = writer.tally;
        assert.deepEqual([clusters.gone, pools.gone, nodes.gone], [1, 2, 1]);
      });
      assert.deepEqual(
        inventory.clusters().map(({ name }) => name),
        ['two'],
      );
      assert.equal(inventory.cluster(one.id), null);
      assert.deepEqual(
        inventory.clusters({ gone: true }).map(({ gone }) => gone),
        [day(2), null],
      );
      inventory.write((writer) => writer.putCluster(one, day(3)));
      assert.equal(inventory.cluster(one.id)?.firstSeen, day(1));
    });

    it('keeps what listing a subscription came to, and when it last gave all', () => {
      const problems = [{ code: 'no-permission', detail: 'No.', remedy: 'Do.' }] as const;
      const told = (): unknown => inventory.subscriptions().map((each) => [each.listedAt, each.problems]);
      inventory.write((writer) => writer.markListed(SUBSCRIPTION.id, { at: null, problems }));
      assert.deepEqual(told(), [[null, problems]]);
      inventory.write((writer) => writer.markListed(SUBSCRIPTION.id, { at: day(2), problems: [] }));
      inventory.write((writer) => writer.putSubscription({ ...SUBSCRIPTION, name: 'Renamed' }, day(3)));
      assert.deepEqual(told(), [[day(2), []]]);
      inventory.write((writer) => writer.markListed(SUBSCRIPTION.id, { at: null, problems }));
      assert.deepEqual(told(), [[day(2), problems]]);
    });

    it('what a clock that was wrong saw in the future was seen when it is looked at again', () => {
      inventory.write((writer) => {
        writer.putNodes([node(np1, 1)], day(20));
        writer.markSynced(one.id, { ...look, at: day(20) });
      });
      inventory.write((writer) => writer.markSynced(one.id, { ...look, at: day(5) }));
      assert.deepEqual(
        [...inventory.nodes()].map(({ lastSeen }) => lastSeen),
        [day(5)],
      );
    });

    it('a subscription is dropped with everything in it', () => {
      inventory.write((writer) => writer.putNodes([node(np1, 1)], day(1)));
      inventory.write((writer) => writer.dropSubscription(SUBSCRIPTION.id, day(2)));
      assert.deepEqual(
        [inventory.subscriptions(), inventory.counts()],
        [[], { clusters: 0, pools: 0, nodes: 0 }],
      );
    });

    it('finds nodes by name or id in any case, and those that another cluster has', () => {
      const elsewhere = { ...pool(two, 'np1'), kind: 'labels' } as const;
      inventory.write((writer) => {
        writer.putCluster(two, day(1));
        writer.putNodePools([elsewhere], day(1));
        writer.putNodes([node(np1, 1), node(elsewhere, 1), node(np1, 2)], day(1));
      });
      const [first] = inventory.findNodes('AKS-NP1-vmss000002');
      assert.equal(first?.id, node(np1, 2).id);
      assert.equal(inventory.findNodes(node(np1, 2).id.toUpperCase())[0]?.id, first?.id);
      assert.equal(inventory.findNodes('aks-np1-vmss000001').length, 2);
      assert.deepEqual(inventory.findNodes('%'), []);
      const ids = [node(np1, 1).id, node(np1, 2).id, node(elsewhere, 1).id];
      assert.deepEqual(
        inventory.nodesElsewhere(ids, two.id).map(({ cluster: id }) => id),
        [one.id, one.id],
      );
    });

    it('keeps the latest image that a region offers, whatever a listing says after it', () => {
      inventory.write((writer) => writer.putLatestImages(new Map([[np1.id, 'new']]), day(1)));
      inventory.write((writer) => {
        writer.putPools(one.id, [np1, np2], day(2));
        assert.deepEqual(writer.tally.pools, { added: 0, changed: 0, gone: 0 });
      });
      assert.deepEqual(
        inventory.pools().map(({ latestImage, latestAsked }) => [latestImage, latestAsked]),
        [
          ['new', day(1)],
          [null, null],
        ],
      );
      inventory.write((writer) => writer.putPools(one.id, [{ ...np1, image: 'other' }, np2], day(3)));
      assert.deepEqual(
        inventory.pools().map(({ latestImage, latestAsked }) => [latestImage, latestAsked]),
        [
          ['new', null],
          [null, null],
        ],
        'what changed is to be asked about again',
      );
    });

    it('keeps one evidence of each source, the one put last, also by a clock that went back', () => {
      const own = node(np1, 1);
      const drift = [{ what: 'kernel', image: null, node: 'x' }];
      const gaps = [{ code: 'bad-evidence', detail: 'd', subjects: ['s'] }] as const;
      const later = evidence(own, { takenAt: day(5), drift, gaps });
      const disk = evidence(own, { source: 'disk', confidence: 'high', complete: false });
      inventory.write((writer) => {
        writer.putNodes([own], day(1));
        writer.putSoftware('sha256:1', list('1'));
        writer.putEvidence([later, disk]);
      });
      const stored = (): unknown =>
        inventory.evidence({ node: own.id }).toSorted((a) => (a.source === 'disk' ? -1 : 1));
      assert.deepEqual(stored(), [disk, later]);
      assert.deepEqual(inventory.evidence({ cluster: one.id }).length, 2);
      const earlier = evidence(own, { takenAt: day(3) });
      inventory.write((writer) => writer.putEvidence([earlier]));
      assert.deepEqual(stored(), [disk, earlier]);
    });

    it('refuses evidence of a list that was not put, and undoes the whole change', () => {
      const own = node(np1, 1);
      assert.throws(() =>
        inventory.write((writer) => {
          writer.putNodes([own], day(1));
          writer.putEvidence([evidence(own)]);
        }),
      );
      assert.deepEqual([...inventory.nodes()], []);
      inventory.write((writer) => writer.putNodes([own], day(1)));
      assert.equal([...inventory.nodes()].length, 1, 'the store works on after a failed change');
    });

    it('keeps software lists whole, and tells their heads and FIPS packages', () => {
      const fips = {
        ...list('1.1.1f+fips'),
        components: [{ name: 'kubelet', version: '1', role: 'cached' as const }],
      };
      inventory.write((writer) => {
        writer.putSoftware('sha256:1', list('1'));
        writer.putSoftware('sha256:2', fips);
        writer.putSoftware('sha256:2', fips);
      });
      assert.deepEqual(inventory.software('sha256:2'), fips);
      assert.equal(inventory.software('sha256:3'), null);
      const heads = inventory.softwareHeads();
      assert.deepEqual(
        [...heads.values()].map((each) => [each.fips, each.components]),
        [
          [false, 0],
          [true, 1],
        ],
      );
      assert.deepEqual(heads.get('sha256:1')?.os, list('1').os);
    });

    it('keeps why a disk was not read until it is', () => {
      const own = node(np1, 1);
      const reason = { code: 'scan-failed', detail: 'a', remedy: 'b' } as const;
      const failures = (): unknown => inventory.scanFailures({ cluster: one.id });
      inventory.write((writer) => {
        writer.putNodes([own], day(1));
        writer.putSoftware('sha256:1', list('1'));
        writer.putScanFailure({ node: own.id, at: day(1), reason });
        writer.putScanFailure({ node: own.id, at: day(2), reason });
        writer.putEvidence([evidence(own)]);
      });
      assert.deepEqual(failures(), [{ node: own.id, at: day(2), reason }]);
      assert.deepEqual(inventory.scanFailures({ node: own.id }), failures());
      inventory.write((writer) => writer.putEvidence([evidence(own, { source: 'disk' })]));
      assert.deepEqual(failures(), []);
    });

    it('keeps the last statement on each scope', () => {
      const said = { scope: one.id, enabled: true, at: day(1), by: 'alice' };
      inventory.write((writer) => writer.putEnablement(said));
      inventory.write((writer) => writer.putEnablement({ ...said, enabled: false, at: day(2), by: 'bob' }));
      assert.deepEqual(inventory.enablements(), [{ scope: one.id, enabled: false, at: day(2), by: 'bob' }]);
    });

    it('tells the last sync, also one that never ended, and keeps a bounded number', () => {
      assert.equal(inventory.lastSync(), null);
      const id = inventory.write((writer) => writer.beginSync(day(1)));
      assert.deepEqual(inventory.lastSync(), {
        id,
        startedAt: day(1),
        endedAt: null,
        requests: 0,
        problems: 0,
      });
      const end = { endedAt: day(2), requests: 3, problems: 1 };
      inventory.write((writer) => writer.endSync(id, end));
      assert.deepEqual(inventory.lastSync(), { id, startedAt: day(1), ...end });
      for (let i = 0; i < 150; i++) inventory.write((writer) => writer.beginSync(day(3)));
      assert.equal(inventory.lastSync()?.id, id + 150);
    });

    it('forgets what has been gone for long, with its evidence, and lists that nothing names any more', () => {
      const [stays, goes] = [node(np1, 1), node(np2, 2)];
      inventory.write((writer) => {
        writer.putNodes([stays, goes], day(1));
        writer.putSoftware('sha256:1', list('1'));
        writer.putSoftware('sha256:2', list('2'));
        writer.putEvidence([evidence(stays), evidence(goes, { software: 'sha256:2' })]);
        writer.putPools(one.id, [np1], day(5));
      });
      assert.equal(
        inventory.write((writer) => writer.forget(day(5))),
        0,
      );
      // The node, its pool, what its evidence said, and the list.
      assert.equal(
        inventory.write((writer) => writer.forget(day(6))),
        4,
      );
      assert.deepEqual(
        [...inventory.nodes({ gone: true })].map(({ id }) => id),
        [stays.id],
      );
      assert.deepEqual([...inventory.softwareHeads().keys()], ['sha256:1']);
      inventory.write((writer) => {
        writer.dropSubscription(SUBSCRIPTION.id, day(7));
        writer.forget(day(8));
      });
      assert.deepEqual([inventory.clusters({ gone: true }), inventory.pools({ gone: true })], [[], []]);
    });

    it('reads of one instant while another process writes', () => {
      const other = open(`store-${count}`);
      inventory.read(() => {
        assert.equal(inventory.counts().nodes, 0);
        other.write((writer) => writer.putNodes([node(np1, 1)], day(1)));
        assert.equal(inventory.counts().nodes, 0);
      });
      assert.equal(inventory.counts().nodes, 1);
      other.close();
    });

    it('reads several lists of nodes side by side', () => {
      inventory.write((writer) => writer.putNodes([node(np1, 1), node(np1, 2), node(np2, 3)], day(1)));
      const pairs: string[] = [];
      for (const a of inventory.nodes({ pool: np1.id }))
        for (const b of inventory.nodes({ pool: np2.id })) pairs.push(`${a.name} ${b.name}`);
      assert.equal(pairs.length, 2);
    });
  });
}
