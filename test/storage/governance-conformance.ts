/** What every store must do with decisions and with what is done by itself, whatever database it is on. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { DEFAULT_POLICY } from '../../src/model/governance.ts';
import type { Store, StoreWriter } from '../../src/storage/index.ts';
import { delivery, exemption, task } from './governance-support.ts';
import { day, type Open } from './support.ts';

/** Runs the suite on stores that `open` makes: each empty. */
export function governanceConformance(database: string, open: Open): void {
  describe(`governance on ${database}`, { timeout: 60_000 }, () => {
    let count = 0;
    let store: Store;
    const change = <T>(put: (writer: StoreWriter['governance']) => Promise<T>): Promise<T> =>
      store.write(({ governance }) => put(governance));
    beforeEach(async () => {
      store = await open(`governance-${++count}`);
    });
    afterEach(() => store.close());

    it('keeps exemptions, of which only the end changes', async () => {
      const vex = {
        document: 'https://example.com/vex',
        version: 2,
        timestamp: day(1),
        status: 'fixed',
      } as const;
      const first = exemption(1, { expiresAt: day(9), vex });
      const second = exemption(2, { reason: null });
      await change(async (writer) => {
        await writer.putExemption(second);
        await writer.putExemption(first);
      });
      assert.deepEqual(await store.governance.exemptions(), [first, second]);
      const withdrawn = { ...first, withdrawnAt: day(3), withdrawnBy: 'bob' };
      await change((writer) => writer.putExemption(withdrawn));
      await change((writer) => writer.putExemption({ ...second, expiresAt: day(8) }));
      const later = { ...second, expiresAt: day(8) };
      assert.deepEqual(await store.governance.exemptions(), [later]);
      assert.deepEqual(await store.governance.exemptions({ withdrawn: true }), [withdrawn, later]);
      const other = { ...later, justification: 'Another one.', expiresAt: null };
      await assert.rejects(
        change((writer) => writer.putExemption(other)),
        /another exemption is x-00000002/,
      );
      assert.deepEqual(await store.governance.exemptions(), [later], 'nothing of it was changed');
      const { subject, ...rest } = later;
      const turned = Object.fromEntries(Object.entries(subject).reverse()) as unknown as typeof subject;
      await change((writer) => writer.putExemption({ subject: turned, ...rest }));
    });

    it('keeps rules of owners in their order', async () => {
      const rule = { id: 'o-1', order: 2, by: 'tag', key: 'team', owner: null } as const;
      const first = { ...rule, id: 'o-2', order: 1, by: 'scope', key: 'all', owner: 'ops' } as const;
      await change(async (writer) => {
        await writer.putOwnerRule(rule);
        await writer.putOwnerRule(first);
      });
      assert.deepEqual(await store.governance.ownerRules(), [first, rule]);
      await change((writer) => writer.putOwnerRule({ ...rule, key: 'squad', order: 0 }));
      assert.equal((await store.governance.ownerRules())[0]?.key, 'squad');
      const drop = (): Promise<boolean> => change((writer) => writer.dropOwnerRule('o-1'));
      assert.deepEqual([await drop(), await drop()], [true, false]);
    });

    it('keeps the policy, and the default until there is one', async () => {
      assert.deepEqual(await store.governance.policy(), DEFAULT_POLICY);
      const policy = {
        ...DEFAULT_POLICY,
        kevDueDays: null,
        dueDays: { ...DEFAULT_POLICY.dueDays, low: null },
      };
      await change((writer) => writer.putPolicy(policy));
      assert.deepEqual(await store.governance.policy(), policy);
      await change((writer) => writer.putPolicy(DEFAULT_POLICY));
      assert.deepEqual(await store.governance.policy(), DEFAULT_POLICY);
    });

    it('keeps how tasks stand', async () => {
      await change((writer) => writer.putTask(task()));
      const failed = task({
        startedAt: day(2),
        endedAt: day(2),
        result: 'failed',
        error: 'a\0b',
        runs: 1,
        failures: 1,
      });
      await change((writer) => writer.putTask({ ...failed, failingSince: day(2) }));
      await change((writer) => writer.putTask(task({ task: 'assess' })));
      const stored = { ...failed, failingSince: day(2), error: 'a\ufffdb' };
      assert.deepEqual(await store.governance.tasks(), [task({ task: 'assess' }), stored]);
    });

    it('tells a key once to each channel, with the delivery that tells it', async () => {
      await change((writer) => writer.putDelivery(delivery('d1', { more: 2 }), ['k1', 'k2', 'k1']));
      await change((writer) => writer.putDelivery(delivery('d2', { channel: 'teams' }), ['k1']));
      const { governance } = store;
      assert.deepEqual(await governance.told('slack', ['k1', 'k2', 'k3']), new Set(['k1', 'k2']));
      assert.deepEqual(await governance.told('teams', ['k1', 'k2', 'k3']), new Set(['k1']));
      assert.deepEqual(await governance.told('email', ['k1']), new Set());
      await assert.rejects(change((writer) => writer.putDelivery(delivery('d3'), ['k3', 'k2'])));
      assert.deepEqual(await governance.told('slack', ['k3']), new Set(), 'all of a delivery or nothing');
      assert.deepEqual(
        (await governance.deliveries()).map(({ id }) => id),
        ['d1', 'd2'],
      );
      assert.deepEqual((await governance.deliveries())[0], delivery('d1', { more: 2 }));
    });

    it('a delivery is begun by one of several, and is over when it was sent or has failed', async () => {
      await change((writer) => writer.putDelivery(delivery('d1'), []));
      const begin = (attempts: number): Promise<boolean> =>
        change((writer) =>
          writer.markDelivery('d1', attempts, {
            state: 'sending',
            attempts: attempts + 1,
            nextAt: day(2),
            error: 'e',
          }),
        );
      assert.deepEqual(await Promise.all([begin(0), begin(0), begin(0)]), [true, false, false]);
      assert.deepEqual(await store.governance.deliveries(), [
        delivery('d1', { state: 'sending', attempts: 1, nextAt: day(2), error: 'e' }),
      ]);
      const sent = { state: 'sent', attempts: 1, nextAt: day(2), error: null } as const;
      const end = (): Promise<boolean> => change((writer) => writer.markDelivery('d1', 1, sent));
      assert.deepEqual([await end(), await end()], [true, false]);
      assert.deepEqual(await store.governance.deliveries(), []);
      assert.equal(await change((writer) => writer.markDelivery('d9', 0, sent)), false);
    });

    it('failed deliveries of a channel wait again, but for those that were tried too often', async () => {
      await change(async (writer) => {
        await writer.putDelivery(delivery('d1', { state: 'failed', attempts: 2 }), []);
        await writer.putDelivery(delivery('d2', { state: 'failed', attempts: 3 }), []);
        await writer.putDelivery(delivery('d3', { state: 'failed', attempts: 1, channel: 'email' }), []);
        await writer.putDelivery(delivery('d4', { state: 'sent' }), []);
      });
      assert.equal(await change((writer) => writer.reviveDeliveries([], 9, day(5))), 0);
      assert.equal(await change((writer) => writer.reviveDeliveries(['slack', 'teams'], 3, day(5))), 1);
      const waiting = delivery('d1', { attempts: 2, nextAt: day(5) });
      assert.deepEqual(await store.governance.deliveries(), [waiting]);
      assert.deepEqual(await store.governance.deliveryCounts(), [
        { channel: 'email', state: 'failed', count: 1 },
        { channel: 'slack', state: 'failed', count: 1 },
        { channel: 'slack', state: 'sent', count: 1 },
        { channel: 'slack', state: 'waiting', count: 1 },
      ]);
    });

    it('forgets deliveries that are over with what they told, and no others', async () => {
      await change(async (writer) => {
        await writer.putDelivery(delivery('old', { state: 'sent' }), ['k1', 'k2']);
        await writer.putDelivery(delivery('waits'), ['k3']);
        await writer.putDelivery(delivery('new', { state: 'sent', createdAt: day(5) }), ['k4']);
      });
      assert.equal(await change((writer) => writer.forgetDeliveries(day(5), new Set())), 3);
      const left = await store.governance.told('slack', ['k1', 'k2', 'k3', 'k4']);
      assert.deepEqual(left, new Set(['k3', 'k4']));
      assert.deepEqual(
        (await store.governance.deliveries()).map(({ id }) => id),
        ['waits'],
      );
    });

    it('what is still to tell counts as told, however old its delivery is', async () => {
      const told = (): Promise<ReadonlySet<string>> => store.governance.told('slack', ['k1', 'k2', 'k3']);
      const forget = (before: string, ...open: readonly string[]): Promise<number> =>
        change((writer) => writer.forgetDeliveries(before, new Set(open)));
      await change(async (writer) => {
        await writer.putDelivery(delivery('old', { state: 'sent' }), ['k1', 'k2']);
        await writer.putDelivery(delivery('new', { state: 'sent', createdAt: day(5) }), ['k3']);
        await writer.putDelivery(delivery('email', { state: 'sent', channel: 'email' }), ['k2']);
      });
      assert.equal(await forget(day(5), 'k1'), 4);
      assert.deepEqual(await told(), new Set(['k1', 'k3']));
      assert.deepEqual(await store.governance.told('email', ['k2']), new Set());
      assert.equal(await forget(day(5), 'k1'), 0);
      await assert.rejects(change((writer) => writer.putDelivery(delivery('again'), ['k1'])));
      assert.equal(await forget(day(5)), 1, 'it is over');
      assert.deepEqual(await told(), new Set(['k3']));
    });
  });
}
