/** What the inventory of every store must do with evidence, statements and syncs, whatever database it is on. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { InventoryWriter, Store } from '../../src/storage/index.ts';
import { cluster, day, evidence, list, node, type Open, pool, SUBSCRIPTION } from './support.ts';

const one = cluster('one');
const np1 = pool(one, 'np1');
const np2 = pool(one, 'np2', { kind: 'machines' });

/** Runs the suite on stores that `open` makes: each empty. */
export function evidenceConformance(database: string, open: Open): void {
  describe(`evidence on ${database}`, { timeout: 60_000 }, () => {
    let count = 0;
    let store: Store;
    const change = <T>(put: (writer: InventoryWriter) => Promise<T>): Promise<T> =>
      store.write(({ inventory }) => put(inventory));
    const nodes = () => store.inventory.nodes({ cluster: one.id, gone: true });
    beforeEach(async () => {
      store = await open(`evidence-${++count}`);
      await change(async (writer) => {
        await writer.putSubscription(SUBSCRIPTION, day(1));
        await writer.putCluster(one, day(1));
        await writer.putPools(one.id, [np1, np2], day(1));
      });
    });
    afterEach(() => store.close());

    it('keeps one evidence of each source, the one put last, also by a clock that went back', async () => {
      const own = node(np1, 1);
      const drift = [{ what: 'kernel', image: null, node: 'x' }];
      const gaps = [{ code: 'bad-evidence', detail: 'd', subjects: ['s'] }] as const;
      const later = evidence(own, { takenAt: day(5), drift, gaps });
      const reported = { osImage: 'Ubuntu', kernel: null, kubelet: 'v1', containerRuntime: null };
      const disk = evidence(own, { source: 'disk', confidence: 'high', complete: false, reported });
      await change(async (writer) => {
        await writer.putNodes([own], day(1));
        await writer.putSoftware('sha256:1', list('1'));
        await writer.putEvidence([later, disk]);
      });
      const stored = async () =>
        (await store.inventory.evidence({ node: own.id })).toSorted((a) => (a.source === 'disk' ? -1 : 1));
      assert.deepEqual(await stored(), [disk, later]);
      assert.equal((await store.inventory.evidence({ cluster: one.id })).length, 2);
      const earlier = evidence(own, { takenAt: day(3) });
      await change((writer) => writer.putEvidence([evidence(own, { takenAt: day(9) }), earlier]));
      assert.deepEqual(await stored(), [disk, earlier]);
      await change((writer) => writer.putEvidence([]));
      assert.deepEqual(await stored(), [disk, earlier]);
    });

    it('nodes of one state share what their evidence says, in the store and in memory', async () => {
      const many = Array.from({ length: 50 }, (_, index) => node(np1, index));
      await change(async (writer) => {
        await writer.putNodes(many, day(1));
        await writer.putSoftware('sha256:1', list('1'));
        await writer.putEvidence(many.map((each) => evidence(each)));
      });
      const all = await store.inventory.evidence({ cluster: one.id });
      assert.equal(all.length, 50);
      assert.equal(new Set(all.map(({ drift }) => drift)).size, 1);
    });

    it('refuses evidence of a list or node that was not put, and undoes the whole change', async () => {
      const own = node(np1, 1);
      await assert.rejects(
        change(async (writer) => {
          await writer.putNodes([own], day(1));
          await writer.putEvidence([evidence(own)]);
        }),
        /no software list sha256:1/,
      );
      assert.deepEqual(await nodes(), []);
      await assert.rejects(
        change(async (writer) => {
          await writer.putSoftware('sha256:1', list('1'));
          await writer.putEvidence([evidence(own)]);
        }),
        /was not put before/,
      );
      await change((writer) => writer.putNodes([own], day(1)));
      assert.equal((await nodes()).length, 1, 'the store works on after a failed change');
    });

    it('tells how old evidence is, by source, of nodes that are there', async () => {
      const [a, b, c] = [node(np1, 1), node(np1, 2), node(np1, 3)];
      assert.deepEqual(await store.inventory.evidenceAges(), []);
      await change(async (writer) => {
        await writer.putNodes([a, b, c], day(1));
        await writer.putSoftware('sha256:1', list('1'));
        await writer.putEvidence([
          evidence(a, { takenAt: day(2) }),
          evidence(b, { takenAt: day(4) }),
          evidence(c, { takenAt: day(9) }),
          evidence(a, { source: 'disk', takenAt: day(3) }),
        ]);
        await writer.markNodesGone([c.id], day(5));
      });
      assert.deepEqual(await store.inventory.evidenceAges(), [
        { source: 'disk', nodes: 1, oldest: day(3), newest: day(3) },
        { source: 'image', nodes: 2, oldest: day(2), newest: day(4) },
      ]);
    });

    it('keeps software lists whole, and tells their heads and FIPS packages', async () => {
      const component = { name: 'kubelet', version: '1', role: 'cached' } as const;
      const fips = { ...list('1.1.1f+fips'), os: null, components: [component] };
      await change(async (writer) => {
        await writer.putSoftware('sha256:1', list('1'));
        await writer.putSoftware('sha256:2', fips);
        await writer.putSoftware('sha256:2', fips);
      });
      assert.deepEqual(await store.inventory.software('sha256:2'), fips);
      assert.equal(await store.inventory.software('sha256:3'), null);
      const counted = { format: 'deb', packages: 1, programs: 0 };
      assert.deepEqual(
        [...(await store.inventory.softwareHeads())],
        [
          ['sha256:1', { digest: 'sha256:1', os: list('1').os, ...counted, components: 0, fips: false }],
          ['sha256:2', { digest: 'sha256:2', os: null, ...counted, components: 1, fips: true }],
        ],
      );
    });

    it('keeps why a disk was not read until it is', async () => {
      const own = node(np1, 1);
      const reason = { code: 'scan-failed', detail: 'a', remedy: 'b' } as const;
      const failures = () => store.inventory.scanFailures({ cluster: one.id });
      await change(async (writer) => {
        await writer.putNodes([own], day(1));
        await writer.putSoftware('sha256:1', list('1'));
        await writer.putScanFailure({ node: own.id, at: day(1), reason });
        await writer.putScanFailure({ node: own.id, at: day(2), reason });
        await writer.putEvidence([evidence(own)]);
      });
      assert.deepEqual(await failures(), [{ node: own.id, at: day(2), reason }]);
      assert.deepEqual(await store.inventory.scanFailures({ node: own.id }), await failures());
      await change((writer) => writer.putEvidence([evidence(own, { source: 'disk' })]));
      assert.deepEqual(await failures(), []);
    });

    it('keeps the last statement on each scope', async () => {
      const said = { scope: one.id, enabled: true, at: day(1), by: 'alice' };
      await change((writer) => writer.putEnablement(said));
      await change((writer) => writer.putEnablement({ ...said, enabled: false, at: day(2), by: 'bob' }));
      assert.deepEqual(await store.inventory.enablements(), [
        { scope: one.id, enabled: false, at: day(2), by: 'bob' },
      ]);
    });

    it('tells the last sync, also one that never ended, and keeps a bounded number', async () => {
      const last = () => store.inventory.lastSync();
      assert.equal(await last(), null);
      const id = await change((writer) => writer.beginSync(day(1)));
      const begun = { id, startedAt: day(1), endedAt: null, requests: 0, problems: 0 };
      assert.deepEqual(await last(), begun);
      const end = { endedAt: day(2), requests: 3, problems: 1 };
      await change((writer) => writer.endSync(id, end));
      assert.deepEqual(await last(), { ...begun, ...end });
      for (let i = 0; i < 150; i++) await change((writer) => writer.beginSync(day(3)));
      assert.equal((await last())?.id, id + 150);
    });

    it('forgets what has been gone for long, with its evidence, and lists that nothing names any more', async () => {
      const [stays, goes] = [node(np1, 1), node(np2, 2)];
      await change(async (writer) => {
        await writer.putNodes([stays, goes], day(1));
        await writer.putSoftware('sha256:1', list('1'));
        await writer.putSoftware('sha256:2', list('2'));
        await writer.putEvidence([evidence(stays), evidence(goes, { software: 'sha256:2' })]);
        await writer.putPools(one.id, [np1], day(5));
      });
      assert.equal(await change((writer) => writer.forget(day(5))), 0);
      // The node, its pool, what its evidence said, and the list.
      assert.equal(await change((writer) => writer.forget(day(6))), 4);
      assert.deepEqual(
        (await nodes()).map(({ id }) => id),
        [stays.id],
      );
      assert.deepEqual([...(await store.inventory.softwareHeads()).keys()], ['sha256:1']);
      await change(async (writer) => {
        await writer.dropSubscription(SUBSCRIPTION.id, day(7));
        await writer.forget(day(8));
      });
      assert.deepEqual(await store.inventory.clusters({ gone: true }), []);
      assert.deepEqual(await store.inventory.pools({ gone: true }), []);
    });

    it('keeps a pool that is gone until what it had has ended', async () => {
      const keeps = async (): Promise<boolean> => {
        await change((writer) => writer.forget(day(9)));
        return (await store.inventory.pools({ gone: true })).some(({ id }) => id === np2.id);
      };
      await store.write(async ({ inventory, findings }) => {
        await inventory.putSoftware('sha256:1', list('1'));
        await findings.putPoolLists(np2.id, [{ list: 'sha256:1', nodes: 1 }], day(1));
        await findings.putCandidates(np2.id, new Map([['newest', { image: 'i', list: null }]]), day(1));
        await inventory.dropSubscription(SUBSCRIPTION.id, day(5));
      });
      assert.ok(await keeps());
      await store.write(({ findings }) => findings.putPoolLists(np2.id, [], day(5)));
      assert.ok(await keeps());
      await store.write(({ findings }) => findings.putCandidates(np2.id, new Map(), day(5)));
      assert.ok(!(await keeps()));
    });
  });
}
