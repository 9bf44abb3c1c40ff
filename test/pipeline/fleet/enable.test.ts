import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Enablement } from '../../../src/model/inventory.ts';
import { type Fleet, nodeViews, resolveScope, setEnabled } from '../../../src/pipeline/fleet/index.ts';
import { standings } from '../../../src/pipeline/fleet/standing.ts';
import { cluster, node, pool, ScriptedProvider, sync, testFleet } from './support.ts';

const code = (wanted: string) => (thrown: unknown) => (thrown as { code?: string }).code === wanted;
const one = cluster('one');
const np1 = pool(one, 'np1');
const said = (scope: string, enabled: boolean): Enablement => ({
  scope,
  enabled,
  at: '2024-01-01',
  by: 'me',
});

describe('standings', () => {
  it('the most specific statement wins, and a tag goes before all', () => {
    const statement = fc.constantFrom(true, false, null);
    const tags = fc.record({ cluster: fc.boolean(), pool: fc.boolean() });
    fc.assert(
      fc.property(
        fc.tuple(statement, statement, statement, statement),
        tags,
        fc.boolean(),
        (words, tagged, reverse) => {
          const scopes = ['all', one.subscription, one.id, np1.id];
          const list = words.flatMap((word, index) =>
            word === null ? [] : [said(scopes[index] ?? '', word)],
          );
          const own = { ...one, tags: tagged.cluster ? { Keep: 'out' } : { other: 'out' } };
          const ownPool = { ...np1, tags: tagged.pool ? { keep: 'OUT' } : {} };
          const judge = standings(reverse ? list.toReversed() : list, [{ name: 'keep', value: 'out' }]);
          const expected =
            !tagged.cluster && !tagged.pool && (words.findLast((word) => word !== null) ?? false);
          assert.equal(judge.of(own, ownPool).enabled, expected);
          const ofCluster = !tagged.cluster && (words.slice(0, 3).findLast((word) => word !== null) ?? false);
          assert.equal(judge.of(own, null).enabled, ofCluster);
        },
      ),
    );
  });

  it('statements on other things say nothing', () => {
    const others = [said('/subscriptions/2', true), said(`${one.id}2`, true), said('', true)];
    assert.equal(standings(others, []).of(one, np1).enabled, false);
  });

  it('an exclusion without a value takes any', () => {
    const judge = standings([said('all', true)], [{ name: 'off', value: null }]);
    assert.equal(judge.of({ ...one, tags: { Off: 'whatever' } }, np1).enabled, false);
    assert.equal(judge.of({ ...one, tags: { offline: 'x' } }, np1).enabled, true);
  });
});

async function twoClusters() {
  const fleet = await testFleet();
  const provider = new ScriptedProvider();
  const guid = '00000000-0000-0000-0000-00000000000a';
  const other = { id: `/subscriptions/${guid}`, provider: 'aks', name: 'Fabrikam' } as const;
  provider.visible.push(other);
  const first = provider.add('one', 2);
  first.pools.push(pool(first.cluster, 'np2'));
  first.nodes.push(node(pool(first.cluster, 'np2'), 7));
  provider.add('Two', 1);
  const same = { ...cluster('one', { subscription: other.id }), id: `${other.id}/x/one` };
  provider.clustersByName.set('far', {
    cluster: same,
    pools: [pool(same, 'np1')],
    nodes: [],
    nodePools: [],
    answer: () => ({
      kind: 'all',
      nodes: [],
      removed: [],
      pools: [],
      complete: true,
      cursor: null,
      problems: [],
    }),
  });
  provider.nodes = (
    (nodes) => async (found, cursor) =>
      found.cluster.id === same.id
        ? { kind: 'all', nodes: [], removed: [], pools: [], complete: true, cursor: null, problems: [] }
        : nodes.call(provider, found, cursor)
  )(provider.nodes);
  await sync(fleet, provider);
  return { fleet, first, same, guid };
}

describe('resolveScope', { timeout: 60_000 }, () => {
  it('finds everything by every name it has, in any case', async () => {
    const { fleet, first, same, guid } = await twoClusters();
    const two = cluster('Two').id;
    const cases = [
      ['all', 'all', 'all'],
      ['ALL', 'all', 'all'],
      ['contoso', 'subscription', '/subscriptions/1'],
      [guid.toUpperCase(), 'subscription', `/subscriptions/${guid}`],
      [`/subscriptions/${guid}`, 'subscription', `/subscriptions/${guid}`],
      ['two', 'cluster', two],
      [two.toUpperCase(), 'cluster', two],
      ['Contoso/one', 'cluster', first.cluster.id],
      ['fabrikam/ONE', 'cluster', same.id],
      [`${guid}/one`, 'cluster', same.id],
      ['two/np1', 'pool', `${two}/agentpools/np1`],
      ['one/np2', 'pool', `${first.cluster.id}/agentpools/np2`],
      ['Contoso/one/np1', 'pool', `${first.cluster.id}/agentpools/np1`],
    ] as const;
    for (const [text, kind, id] of cases) {
      const scope = await resolveScope(fleet, text);
      assert.deepEqual([scope.kind, scope.id], [kind, id], text);
    }
    assert.equal((await resolveScope(fleet, 'one/np2')).name, 'one/np2');
  });

  it('lists the candidates of a name that several things have, and refuses unknown ones', async () => {
    const { fleet, first, same } = await twoClusters();
    for (const text of ['one', 'one/np1'])
      await assert.rejects(
        resolveScope(fleet, text),
        (thrown: Error) =>
          code('scope-unknown')(thrown) &&
          [first.cluster.id, same.id].every((id) => thrown.message.includes(id)),
      );
    for (const text of ['', 'no', 'np1', '%', '/', 'contoso/', 'all/one', 'one/np1/x'])
      await assert.rejects(resolveScope(fleet, text), code('scope-unknown'), text);
    await assert.rejects(resolveScope(fleet, 'a\u001b[31m'), /a\ufffd\[31m/);
  });
});

describe('setEnabled', { timeout: 60_000 }, () => {
  const sources = async (fleet: Fleet) =>
    (await Array.fromAsync(await nodeViews(fleet, { cluster: null, pool: null }))).map(
      ({ coverage }) => coverage.evidence?.source ?? null,
    );

  it('gives what it enables the evidence of its images at once, and takes it from view when disabled', async () => {
    const { fleet, first } = await twoClusters();
    assert.deepEqual(await sources(fleet), [null, null, null, null]);
    const done = await setEnabled(fleet, { scope: 'Contoso/one/np1', enabled: true, by: 'alice' });
    assert.deepEqual(done, { scope: `${first.cluster.id}/agentpools/np1`, name: 'one/np1' });
    assert.deepEqual((await sources(fleet)).filter((each) => each === 'image').length, 2);
    assert.equal(
      (await fleet.store.inventory.evidence({ cluster: first.cluster.id })).length,
      2,
      'others get none',
    );
    await setEnabled(fleet, { scope: 'contoso', enabled: true, by: 'alice' });
    assert.equal((await sources(fleet)).filter((each) => each === 'image').length, 4);
    await setEnabled(fleet, { scope: 'Contoso/one', enabled: false, by: 'bob' });
    assert.equal(
      (await sources(fleet)).filter((each) => each === 'image').length,
      3,
      'the pool has a word of its own',
    );
  });

  it('is in the audit log, with who did it and when; what was refused is not', async () => {
    const { fleet, first } = await twoClusters();
    await setEnabled(fleet, { scope: 'Contoso/one', enabled: true, by: 'alice' });
    fleet.clock.addHours(1);
    await setEnabled(fleet, { scope: 'Contoso/one', enabled: false, by: 'bob' });
    await assert.rejects(setEnabled(fleet, { scope: 'nothing', enabled: true, by: 'eve' }));
    const events = await fleet.store.governance.audit();
    assert.deepEqual(
      events.map(({ at, actor, action, subject, detail }) => [at, actor, action, subject, detail]),
      [
        ['2024-08-12T00:00:00.000Z', 'alice', 'assessment.enable', first.cluster.id, { name: 'one' }],
        ['2024-08-12T01:00:00.000Z', 'bob', 'assessment.disable', first.cluster.id, { name: 'one' }],
      ],
    );
  });

  it('takes `all` before anything is known', async () => {
    const fleet = await testFleet();
    assert.deepEqual(await setEnabled(fleet, { scope: 'all', enabled: true, by: 'me' }), {
      scope: 'all',
      name: 'all',
    });
    await assert.rejects(setEnabled(fleet, { scope: 'one', enabled: true, by: 'me' }), code('scope-unknown'));
  });
});
