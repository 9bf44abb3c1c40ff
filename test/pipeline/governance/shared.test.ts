import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  addExemption,
  auditVerdict,
  expireExemptions,
  importVex,
  setPolicy,
} from '../../../src/pipeline/governance/index.ts';
import { openStore, type Store } from '../../../src/storage/index.ts';
import { postgresPeer } from '../../storage/postgres-support.ts';
import { noPostgres } from '../../support/postgres.ts';
import { scratch, TestClock, testFleet } from '../fleet/support.ts';
import { events, file, vex } from './support.ts';

describe('decisions of two processes in one PostgreSQL database', {
  skip: noPostgres(),
  timeout: 120_000,
}, () => {
  const peer = postgresPeer();

  /** Two fleets with a store of their own each, as two processes have. */
  async function both(name: string) {
    const place = await peer.place(name);
    const { workspace, rules, store: unused } = await testFleet({}, scratch());
    await unused.close();
    const clock = new TestClock();
    const open = (): Promise<Store> => openStore(place, { create: true, sandbox: false });
    const stores = [await open(), await open()] as const;
    const [one, two] = stores.map((store) => ({ store, workspace, rules, clock }));
    assert.ok(one !== undefined && two !== undefined);
    const close = async () => {
      for (const store of stores) await store.close();
    };
    return { one, two, clock, close };
  }

  it('are all kept, in one whole chain', async () => {
    const { one, two, close } = await both('decisions');
    const wanted = { reason: 'waived', justification: 'accepted' } as const;
    const add = (fleet: typeof one, number: number) =>
      addExemption(fleet, { ...wanted, cve: `CVE-2024-${1000 + number}`, by: `user ${number}` });
    const numbers = Array.from({ length: 20 }, (_, number) => number);
    const made = await Promise.all(numbers.map((number) => add(number % 2 === 0 ? one : two, number)));
    const kept = await two.store.governance.exemptions();
    assert.deepEqual(kept.map(({ id }) => id).toSorted(), made.map(({ id }) => id).toSorted());
    assert.equal((await auditVerdict(one)).events, 20);
    assert.equal((await auditVerdict(one)).broken, null);
    await Promise.all([
      setPolicy(one, { key: 'due.high', value: '10d', by: 'a' }),
      setPolicy(two, { key: 'due.low', value: '11d', by: 'b' }),
    ]);
    const { dueDays } = await one.store.governance.policy();
    assert.deepEqual([dueDays.high, dueDays.low], [10, 11]);
    await close();
  });

  it('import a document once, and record once what expires', async () => {
    const { one, two, clock, close } = await both('imports');
    const path = file(vex(1, [{ vulnerability: 'CVE-2023-51767', status: 'fixed' }]));
    const imports = await Promise.all([one, two, one, two].map((fleet) => importVex(fleet, path, 'alice')));
    assert.deepEqual(imports.map(({ exemptions, unchanged }) => [exemptions.length, unchanged]).toSorted(), [
      [0, 1],
      [0, 1],
      [0, 1],
      [1, 0],
    ]);
    assert.equal((await events(one, 'vex.import')).length, 1);
    await addExemption(one, {
      cve: 'CVE-2024-6387',
      reason: 'waived',
      justification: 'x',
      expires: '1d',
      by: 'a',
    });
    clock.addHours(24);
    const expired = await Promise.all([one, two, one, two].map((fleet) => expireExemptions(fleet)));
    assert.equal(expired.flat().length, 1);
    assert.equal((await events(two, 'exemption.expire')).length, 1);
    assert.equal((await auditVerdict(two)).broken, null);
    await close();
  });
});
