/** What every store must do with the audit log, whatever database it is on. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AUDIT_START, auditHash } from '../../src/model/audit-hash.ts';
import type { AuditEvent } from '../../src/model/governance.ts';
import { openStore, type Store, type StorePlace } from '../../src/storage/index.ts';
import { entry } from './governance-support.ts';
import { day, type Peer } from './support.ts';

const CHILD = fileURLToPath(new URL('./auditor.child.ts', import.meta.url));

/** Runs the suite on stores of a peer. */
export function auditConformance(peer: Peer): void {
  describe(`the audit log on ${peer.database}`, { timeout: 120_000 }, () => {
    let count = 0;
    let place: StorePlace;
    let store: Store;
    const append = (more: Partial<AuditEvent> = {}): Promise<AuditEvent> =>
      store.write(({ governance }) => governance.appendAudit(entry(more)));
    beforeEach(async () => {
      place = await peer.place(`audit-${++count}`);
      store = await openStore(place, { create: true, sandbox: false });
    });
    afterEach(() => store.close());

    it('is a chain of all events', async () => {
      const hostile = { b: 'a"\ud800\0\n', a: 0.1, 10: true, 9: null, constructor: '\u2028' };
      const events = [
        await append(),
        await append({ actor: 'a\0b\ud800', subject: '\0', detail: hostile }),
        await append({ at: day(9), action: 'policy.set' }),
      ];
      assert.deepEqual(await store.governance.audit(), events, 'what was told is what is kept');
      assertWhole(await store.governance.audit());
      assert.equal(events[0]?.previous, AUDIT_START);
    });

    it('has several events of one transaction, and none of one that failed', async () => {
      await store.write(async ({ governance }) => {
        await governance.appendAudit(entry());
        await governance.appendAudit(entry());
      });
      const failing = store.write(async ({ governance }) => {
        await governance.appendAudit(entry());
        throw new Error('no');
      });
      await assert.rejects(failing, /^Error: no$/);
      assert.equal((await append()).sequence, 3);
      assertWhole(await store.governance.audit());
    });

    it('finds events', async () => {
      await append({ actor: 'alice', at: day(1) });
      await append({ actor: 'bob', at: day(2), action: 'vex.import', subject: 's' });
      await append({ actor: 'bob', at: day(3) });
      const find = async (filter: Parameters<Store['governance']['audit']>[0]): Promise<unknown> =>
        (await store.governance.audit(filter)).map(({ sequence }) => sequence);
      assert.deepEqual(await find({ actor: 'bob' }), [2, 3]);
      assert.deepEqual(await find({ actor: 'bob', action: 'vex.import' }), [2]);
      assert.deepEqual(await find({ subject: 's' }), [2]);
      assert.deepEqual(await find({ since: day(2) }), [2, 3]);
      assert.deepEqual(await find({ after: 2 }), [3]);
      assert.deepEqual(await find({ limit: 2 }), [2, 3]);
      assert.deepEqual(await find({ limit: 9, after: 3 }), []);
    });

    it('the database refuses to change or delete an event', async () => {
      const event = await append();
      const table = peer.database === 'postgres' ? 'nodeward.audit_event' : 'audit_event';
      const statements = [
        `UPDATE ${table} SET actor = 'mallory'`,
        `UPDATE ${table} SET sequence = 7`,
        `DELETE FROM ${table}`,
        ...(peer.database === 'postgres' ? [`TRUNCATE ${table}`] : []),
      ];
      for (const each of statements)
        await assert.rejects(peer.run(place, each), /never changed or deleted/, each);
      assert.deepEqual(await store.governance.audit(), [event]);
    });

    it('several processes that add events at once make one chain', async () => {
      const actors = ['a', 'b', 'c'];
      const told = await Promise.all(actors.map((actor) => run(place, actor, { events: 12 })));
      const events = await store.governance.audit();
      assertWhole(events);
      assert.equal(events.length, 36);
      for (const [index, actor] of actors.entries()) {
        const own = events.filter((event) => event.actor === actor);
        assert.deepEqual(
          told[index],
          own.map(({ sequence }) => sequence),
        );
        assert.deepEqual(
          own.map(({ detail }) => detail.number),
          Array.from({ length: 12 }, (_, number) => number + 1),
        );
      }
    });

    it('kill -9 loses no event that was acknowledged, and the chain is whole', async () => {
      for (const killAfter of [5, 20]) {
        const told = await run(place, `killed-${killAfter}`, { events: 100_000, killAfter });
        assert.ok(told.length >= killAfter);
        // What waits its turn to write comes behind a transaction of the killed process that the server still ends.
        await append();
        const events = await store.governance.audit();
        assertWhole(events);
        const kept = new Set(events.map(({ sequence }) => sequence));
        assert.deepEqual(
          told.filter((sequence) => !kept.has(sequence)),
          [],
        );
      }
    });
  });
}

function assertWhole(events: readonly AuditEvent[]): void {
  let previous = AUDIT_START;
  for (const [index, event] of events.entries()) {
    assert.deepEqual([event.sequence, event.previous], [index + 1, previous]);
    assert.equal(event.hash, auditHash(event, event.sequence, event.previous));
    previous = event.hash;
  }
}

/** Runs a process that adds events, and kills it after some. @returns the sequence numbers it acknowledged */
async function run(
  place: StorePlace,
  actor: string,
  { events, killAfter }: { readonly events: number; readonly killAfter?: number },
): Promise<readonly number[]> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(place), actor, String(events)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told: number[] = [];
  for await (const line of createInterface(child.stdout)) {
    told.push(Number(line));
    if (told.length === killAfter) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  if (killAfter === undefined) assert.equal(child.exitCode, 0);
  return told;
}
