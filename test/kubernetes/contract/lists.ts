import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Answer, eventsOf } from '../call.ts';
import type { Peer } from '../peers.ts';

const MERGE = 'application/merge-patch+json';

function names({ body }: Answer): string[] {
  return body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
}

/** Lists of nodes: whole, in pages, by selectors, of earlier states. */
export function lists(peer: () => Peer): void {
  it('lists nodes in order, without their kind', async () => {
    const { call, nodes } = peer();
    const { body, status } = await call('GET', '/api/v1/nodes');
    assert.equal(status, 200);
    assert.deepEqual([body.kind, body.apiVersion], ['NodeList', 'v1']);
    assert.match(body.metadata.resourceVersion, /^\d+$/);
    assert.deepEqual(Object.keys(body.metadata), ['resourceVersion']);
    const listed = names({ body } as Answer);
    assert.deepEqual(listed, [...listed].sort());
    for (const node of nodes) assert.ok(listed.includes(node));
    for (const item of body.items) assert.deepEqual([item.kind, item.apiVersion], [undefined, undefined]);
    const one = (await call('GET', `/api/v1/nodes/${nodes[0]}`)).body;
    assert.deepEqual([one.kind, one.apiVersion], ['Node', 'v1']);
    assert.match(one.spec.providerID, /^azure:\/\/\/subscriptions\//);
    assert.match(one.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it('gives pages that show one state', async () => {
    const { call } = peer();
    const all = await call('GET', '/api/v1/nodes');
    const first = await call('GET', '/api/v1/nodes?limit=3');
    const version = first.body.metadata.resourceVersion;
    assert.equal(first.body.metadata.remainingItemCount, names(all).length - 3);
    // A node that changes in between is in the pages as it was.
    const last = names(all).at(-1) ?? '';
    await call('PATCH', `/api/v1/nodes/${last}`, {
      type: MERGE,
      body: { metadata: { labels: { between: 'pages' } } },
    });
    const paged = names(first);
    let page = first;
    while (page.body.metadata.continue !== undefined) {
      page = await call(
        'GET',
        `/api/v1/nodes?limit=3&continue=${encodeURIComponent(page.body.metadata.continue)}`,
      );
      assert.equal(page.status, 200, page.text);
      assert.equal(page.body.metadata.resourceVersion, version);
      paged.push(...names(page));
    }
    assert.deepEqual(paged, names(all));
    assert.equal(page.body.items.at(-1).metadata.labels.between, undefined);
    const exact = await call('GET', `/api/v1/nodes?resourceVersionMatch=Exact&resourceVersion=${version}`);
    assert.equal(exact.body.items.at(-1).metadata.labels.between, undefined);
    const newest = await call(
      'GET',
      `/api/v1/nodes?resourceVersionMatch=NotOlderThan&resourceVersion=${version}`,
    );
    assert.equal(newest.body.items.at(-1).metadata.labels.between, 'pages');
    await call('PATCH', `/api/v1/nodes/${last}`, {
      type: MERGE,
      body: { metadata: { labels: { between: null } } },
    });
  });

  it('gives no count of what remains where a selector is used', async () => {
    const { call } = peer();
    const { body } = await call('GET', '/api/v1/nodes?limit=3&labelSelector=agentpool');
    assert.equal(body.items.length, 3);
    assert.equal(typeof body.metadata.continue, 'string');
    assert.equal(body.metadata.remainingItemCount, undefined);
  });

  it('heeds no limit where the version is 0, and none below 1', async () => {
    const { call } = peer();
    const all = names(await call('GET', '/api/v1/nodes'));
    assert.deepEqual(names(await call('GET', '/api/v1/nodes?limit=3&resourceVersion=0')), all);
    assert.deepEqual(names(await call('GET', '/api/v1/nodes?limit=0')), all);
    assert.deepEqual(names(await call('GET', '/api/v1/nodes?limit=-1')), all);
  });

  it('selects by labels', async () => {
    const { call, nodes } = peer();
    const all = names(await call('GET', '/api/v1/nodes'));
    const [a = '', b = '', c = ''] = nodes;
    for (const [node, rank] of [
      [a, '1'],
      [b, '2'],
      [c, '10'],
    ])
      await call('PATCH', `/api/v1/nodes/${node}`, { type: MERGE, body: { metadata: { labels: { rank } } } });
    const select = async (selector: string): Promise<string[]> =>
      names(await call('GET', `/api/v1/nodes?labelSelector=${encodeURIComponent(selector)}`));
    const others = (...left: string[]): string[] => all.filter((name) => !left.includes(name));
    const expected: readonly (readonly [string, string[]])[] = [
      ['rank', [a, b, c]],
      ['!rank', others(a, b, c)],
      ['rank=1', [a]],
      ['rank==1', [a]],
      [' rank = 1 , agentpool ', [a]],
      ['rank!=1', others(a)],
      ['rank in (1, 2)', [a, b]],
      ['rank in (2)', [b]],
      ['rank notin (1,2)', others(a, b)],
      ['rank,rank notin (1,2)', [c]],
      ['rank>1', [b, c]],
      ['rank<2', [a]],
      ['rank=', []],
      ['rank in ()', []],
      ['nothing', []],
      [`kubernetes.io/hostname=${b}`, [b]],
      ['', all],
    ];
    for (const [selector, wanted] of expected)
      assert.deepEqual(await select(selector), [...wanted].sort(), selector);
    for (const node of [a, b, c])
      await call('PATCH', `/api/v1/nodes/${node}`, {
        type: MERGE,
        body: { metadata: { labels: { rank: null } } },
      });
  });

  it('selects by fields', async () => {
    const { call, nodes } = peer();
    const all = names(await call('GET', '/api/v1/nodes'));
    const [a = '', b = ''] = nodes;
    await call('PATCH', `/api/v1/nodes/${a}`, { type: MERGE, body: { spec: { unschedulable: true } } });
    const select = async (selector: string): Promise<string[]> =>
      names(await call('GET', `/api/v1/nodes?fieldSelector=${encodeURIComponent(selector)}`));
    assert.deepEqual(await select(`metadata.name=${b}`), [b]);
    assert.deepEqual(await select(`metadata.name==${b}`), [b]);
    assert.deepEqual(
      await select(`metadata.name!=${b}`),
      all.filter((name) => name !== b),
    );
    assert.deepEqual(await select('spec.unschedulable=true'), [a]);
    assert.deepEqual(
      await select('spec.unschedulable=false'),
      all.filter((name) => name !== a),
    );
    assert.deepEqual(await select(`spec.unschedulable=true,metadata.name=${b}`), []);
    await call('PATCH', `/api/v1/nodes/${a}`, { type: MERGE, body: { spec: { unschedulable: null } } });
    assert.deepEqual(await select('spec.unschedulable=true'), []);
  });

  it('lists nothing in a namespace that is not there', async () => {
    const { body, status } = await peer().call('GET', '/api/v1/namespaces/nowhere/pods');
    assert.deepEqual([status, body.kind, body.items], [200, 'PodList', []]);
  });
}

/** States that the server has forgotten. */
export function oldStates(peer: () => Peer): void {
  it('says so where a page or a version is of a state that is forgotten', async () => {
    const { call, nodes, forget } = peer();
    const first = await call('GET', '/api/v1/nodes?limit=3');
    const version = first.body.metadata.resourceVersion;
    const label = (value: string): Promise<Answer> =>
      call('PATCH', `/api/v1/nodes/${nodes[0]}`, {
        type: MERGE,
        body: { metadata: { labels: { age: value } } },
      });
    await label('1');
    await forget(version);
    const exact = await call('GET', `/api/v1/nodes?resourceVersionMatch=Exact&resourceVersion=${version}`);
    assert.deepEqual([exact.status, exact.body.reason], [410, 'Expired']);
    const next = `/api/v1/nodes?limit=3&continue=${encodeURIComponent(first.body.metadata.continue)}`;
    const page = await call('GET', next);
    assert.deepEqual([page.status, page.body.reason], [410, 'Expired']);
    assert.match(page.body.message, /too old to display a consistent list result/);
    // What it offers instead goes on where the page ended, with the newest state.
    const inconsistent = page.body.metadata.continue;
    const rest = await call('GET', `/api/v1/nodes?continue=${encodeURIComponent(inconsistent)}`);
    assert.equal(rest.status, 200, rest.text);
    const all = names(await call('GET', '/api/v1/nodes'));
    assert.deepEqual([...names(first), ...names(rest)], all);
    const watch = await call('GET', `/api/v1/nodes?watch=true&timeoutSeconds=1&resourceVersion=${version}`);
    assert.equal(watch.status, 200);
    const [event, ...more] = eventsOf(watch);
    assert.deepEqual(
      [event?.type, event?.object.code, event?.object.reason, more.length],
      ['ERROR', 410, 'Expired', 0],
    );
    await label('2');
  });
}
