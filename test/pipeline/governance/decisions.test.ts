import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import type { Fleet } from '../../../src/pipeline/fleet/index.ts';
import {
  addOwnerRule,
  auditEvents,
  auditVerdict,
  ownerRules,
  policy,
  removeOwnerRule,
  setPolicy,
} from '../../../src/pipeline/governance/index.ts';
import { assessed, code, events, refresh, twoClusters } from './support.ts';

async function counted(fleet: Fleet) {
  const { rules, pools, unowned } = await ownerRules(fleet);
  return { rules: rules.map(({ rule, scopeName, pools: own }) => [rule.by, scopeName, own]), pools, unowned };
}

describe('owners', () => {
  it('are given by the first rule that says one; empty values and names in another case do not keep it', async () => {
    const { fleet } = await assessed();
    const tag = await addOwnerRule(fleet, { by: 'tag', key: 'owner' }, 'alice');
    await addOwnerRule(fleet, { by: 'label', key: 'Team' }, 'alice');
    await addOwnerRule(fleet, { by: 'scope', key: 'two/np1', owner: 'team two' }, 'alice');
    await addOwnerRule(fleet, { by: 'scope', key: 'all', owner: 'platform', order: 5 }, 'alice');
    assert.deepEqual(await counted(fleet), {
      rules: [
        ['scope', 'all', 3],
        ['tag', null, 0],
        ['label', null, 0],
        ['scope', 'two/np1', 0],
      ],
      pools: 3,
      unowned: 0,
    });
    const last = (await ownerRules(fleet)).rules[0]?.rule.id ?? '';
    await removeOwnerRule(fleet, last, 'bob');
    assert.deepEqual((await counted(fleet)).rules, [
      ['tag', null, 2],
      ['label', null, 0],
      ['scope', 'two/np1', 1],
    ]);
    await removeOwnerRule(fleet, tag.id.toUpperCase(), 'bob');
    assert.deepEqual(await counted(fleet), {
      rules: [
        ['label', null, 1],
        ['scope', 'two/np1', 1],
      ],
      pools: 3,
      unowned: 1,
    });
    await refresh(fleet);
    const found = { kind: 'vulnerabilities', owner: 'team two' } as const;
    const { items } = await fleet.store.findings.recommendations(found, { offset: 0, limit: 9 });
    assert.deepEqual(
      items.map(({ clusterName }) => clusterName),
      ['two'],
    );
    assert.deepEqual(
      (await events(fleet, 'owner.remove')).map(({ actor, detail }) => [actor, detail.by]),
      [
        ['bob', 'scope'],
        ['bob', 'tag'],
      ],
    );
  });

  it('are refused where a rule makes no sense', async () => {
    const { fleet } = await twoClusters();
    const { id } = await addOwnerRule(fleet, { by: 'tag', key: 'owner' }, 'alice');
    const add = (rule: Parameters<typeof addOwnerRule>[1]) => addOwnerRule(fleet, rule, 'alice');
    await assert.rejects(add({ by: 'tag', key: 'OWNER' }), code('usage'));
    await assert.rejects(add({ by: 'tag', key: ' ' }), code('usage'));
    await assert.rejects(add({ by: 'label', key: 'team', owner: 'x' }), code('usage'));
    await assert.rejects(add({ by: 'scope', key: 'one' }), code('usage'));
    await assert.rejects(add({ by: 'scope', key: 'three', owner: 'x' }), code('scope-unknown'));
    await assert.rejects(add({ by: 'label', key: 'team', order: -1 }), code('usage'));
    await assert.rejects(removeOwnerRule(fleet, 'o-00000000', 'alice'), code('id-unknown'));
    await removeOwnerRule(fleet, id, 'alice');
    assert.equal((await auditEvents(fleet)).length, 2);
  });
});

describe('the policy', () => {
  it('is changed key by key, and recorded where it changes', async () => {
    const { fleet } = await twoClusters();
    await setPolicy(fleet, { key: 'due.critical', value: '3d', by: 'alice' });
    await setPolicy(fleet, { key: 'due.critical', value: '3 days', by: 'bob' });
    await setPolicy(fleet, { key: 'KEV.due', value: 'none', by: 'bob' });
    await assert.rejects(setPolicy(fleet, { key: 'retention', value: 'none', by: 'bob' }), code('usage'));
    const values = Object.fromEntries((await policy(fleet)).map(({ key, value }) => [key, value]));
    assert.deepEqual(values, {
      'due.critical': '3d',
      'due.high': '30d',
      'due.medium': '90d',
      'due.low': '180d',
      'due.negligible': 'none',
      'due.unknown': '90d',
      'kev.due': 'none',
      retention: '400d',
    });
    assert.deepEqual(
      (await events(fleet, 'policy.set')).map(({ actor, subject, detail }) => [actor, subject, detail]),
      [
        ['alice', 'due.critical', { from: '7d', to: '3d' }],
        ['bob', 'kev.due', { from: '7d', to: 'none' }],
      ],
    );
  });
});

describe('the audit log', () => {
  it('is whole, until somebody changes the database behind it', async () => {
    const { fleet } = await twoClusters();
    for (const value of ['1d', '2d', '3d', '4d'])
      await setPolicy(fleet, { key: 'due.high', value, by: 'alice\u0000\u202e\ud800' });
    const whole = await auditVerdict(fleet);
    assert.deepEqual([whole.events, whole.broken], [4, null]);
    const head = whole.head ?? '';
    const path = join(fleet.workspace.paths.dataDir, 'inventory.db');
    await fleet.store.close();
    const tampered = new DatabaseSync(path);
    tampered.exec('DROP TRIGGER audit_event_update; DROP TRIGGER audit_event_delete');
    const verdict = async (statement: string) => {
      tampered.exec(`BEGIN; ${statement}`);
      const rows = tampered.prepare('SELECT * FROM audit_event ORDER BY sequence').all();
      tampered.exec('ROLLBACK');
      const audit = async () =>
        rows.map((row) => ({ ...row, detail: JSON.parse(String(row.detail)) })) as never;
      const store = { governance: { audit } } as never;
      return (await auditVerdict({ store }, { head })).broken;
    };
    assert.equal(await verdict('SELECT 1'), null);
    const altered = await verdict("UPDATE audit_event SET detail = '{}' WHERE sequence = 2");
    assert.deepEqual([altered?.sequence, /altered/.test(altered?.why ?? '')], [2, true]);
    assert.equal((await verdict('DELETE FROM audit_event WHERE sequence = 2'))?.sequence, 3);
    assert.match((await verdict('DELETE FROM audit_event WHERE sequence = 4'))?.why ?? '', /cut off/);
    assert.match((await verdict('DELETE FROM audit_event'))?.why ?? '', /cut off/);
    tampered.close();
  });
});
