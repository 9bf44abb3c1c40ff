import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Answer, eventsOf } from '../call.ts';
import type { Peer } from '../peers.ts';

const MERGE = 'application/merge-patch+json';

/** Watches of nodes. Each ends by itself after a second or a few. */
export function watches(peer: () => Peer): void {
  const watch = (query: string): Promise<Answer> => peer().call('GET', `/api/v1/nodes?watch=true&${query}`);
  const node = (): string => peer().nodes[5] ?? '';
  const label = (value: string | null): Promise<Answer> =>
    peer().call('PATCH', `/api/v1/nodes/${node()}`, {
      type: MERGE,
      body: { metadata: { labels: { watched: value } } },
    });
  const seen = (answer: Answer): unknown[] =>
    eventsOf(answer).map(({ type, object }) => [type, object.metadata.name, object.metadata.labels?.watched]);

  it('begins with all there are', async () => {
    for (const version of ['', '&resourceVersion=0']) {
      const answer = await watch(`timeoutSeconds=1&fieldSelector=metadata.name%3D${node()}${version}`);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers['content-type'], 'application/json');
      const [event, ...more] = eventsOf(answer);
      assert.deepEqual(
        [event?.type, event?.object.kind, event?.object.metadata.name, more.length],
        ['ADDED', 'Node', node(), 0],
      );
    }
  });

  it('goes on from a version, with every change since', async () => {
    const before = (await label('0')).body.metadata.resourceVersion;
    const versions = [(await label('1')).body, (await label('2')).body].map(
      ({ metadata }) => metadata.resourceVersion,
    );
    const answer = await watch(
      `timeoutSeconds=1&resourceVersion=${before}&fieldSelector=metadata.name%3D${node()}`,
    );
    assert.deepEqual(seen(answer), [
      ['MODIFIED', node(), '1'],
      ['MODIFIED', node(), '2'],
    ]);
    assert.deepEqual(
      eventsOf(answer).map(({ object }) => object.metadata.resourceVersion),
      versions,
    );
    await label(null);
  });

  it('tells of changes while it is open, and of what enters and leaves its selector', async () => {
    const { body } = await peer().call('GET', '/api/v1/nodes?limit=1');
    const { resourceVersion } = body.metadata;
    const watching = watch(`timeoutSeconds=2&resourceVersion=${resourceVersion}&labelSelector=watched%3Dyes`);
    for (const value of ['no', 'yes', 'no', null]) await label(value);
    const answer = await watching;
    // What leaves is shown as it was.
    assert.deepEqual(seen(answer), [
      ['ADDED', node(), 'yes'],
      ['DELETED', node(), 'yes'],
    ]);
    const [entered, left] = eventsOf(answer).map(({ object }) => Number(object.metadata.resourceVersion));
    assert.ok(Number(left) > Number(entered));
  });

  it('sends a bookmark two seconds before its end, where it has news for those who want one', async () => {
    await label('0');
    const old = (await label(null)).body.metadata.resourceVersion;
    // No node changes, but time goes on: something else does, and the list of nodes is as new as that.
    const pods = '/api/v1/namespaces/default/pods';
    const spec = { containers: [{ name: 'a', image: 'i' }] };
    await peer().call('POST', pods, {
      body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'passing' }, spec },
    });
    await peer().call('DELETE', `${pods}/passing?gracePeriodSeconds=0`);
    const newest = (await peer().call('GET', '/api/v1/nodes?limit=1')).body.metadata.resourceVersion;
    assert.ok(Number(newest) > Number(old));
    const from = (version: string): string =>
      `resourceVersion=${version}&fieldSelector=metadata.name%3Dnobody`;
    const [marked, short, plain, known] = await Promise.all([
      watch(`timeoutSeconds=4&allowWatchBookmarks=true&${from(old)}`),
      watch(`timeoutSeconds=1&allowWatchBookmarks=true&${from(old)}`),
      watch(`timeoutSeconds=4&${from(old)}`),
      watch(`timeoutSeconds=4&allowWatchBookmarks=true&${from(newest)}`),
    ]);
    const [bookmark] = eventsOf(marked);
    assert.deepEqual([bookmark?.type, bookmark?.object.kind], ['BOOKMARK', 'Node']);
    assert.ok(Number(bookmark?.object.metadata.resourceVersion) >= Number(newest));
    assert.deepEqual([eventsOf(short), eventsOf(plain), eventsOf(known)], [[], [], []]);
  });

  it('marks the end of what there is where that is asked for', async () => {
    const { body } = await peer().call('GET', '/api/v1/nodes?limit=1');
    const query = `timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&fieldSelector=metadata.name%3D${node()}`;
    const from = ['', '&resourceVersion=0', `&resourceVersion=${body.metadata.resourceVersion}`];
    const answers = await Promise.all(from.map((each) => watch(`${query}&allowWatchBookmarks=true${each}`)));
    for (const answer of answers) {
      const [added, bookmark] = eventsOf(answer);
      assert.deepEqual([added?.type, bookmark?.type], ['ADDED', 'BOOKMARK'], answer.text);
      assert.deepEqual(bookmark?.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' });
    }
    const plain = await watch(query);
    assert.deepEqual(
      eventsOf(plain).map(({ type }) => type),
      ['ADDED'],
    );
  });

  it('begins with nothing where that is asked for', async () => {
    const answer = await watch(
      'timeoutSeconds=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
    );
    assert.deepEqual([answer.status, answer.text], [200, '']);
  });

  it('waits where its version is yet to come', async () => {
    const answer = await watch('timeoutSeconds=1&resourceVersion=99999999');
    assert.deepEqual([answer.status, answer.text], [200, '']);
  });

  it('tells of pods that are made and deleted', async () => {
    const { call, nodes } = peer();
    const pods = '/api/v1/namespaces/default/pods';
    const { body } = await call('GET', `${pods}?limit=1`);
    const from = body.metadata.resourceVersion;
    const spec = { nodeName: nodes[4], containers: [{ name: 'a', image: 'i' }] };
    await call('POST', pods, {
      body: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'watched', labels: { run: 'watched' } },
        spec,
      },
    });
    await call('DELETE', `${pods}/watched?gracePeriodSeconds=0`);
    const answer = await call(
      'GET',
      `${pods}?watch=true&timeoutSeconds=1&resourceVersion=${from}&labelSelector=run%3Dwatched`,
    );
    const events = eventsOf(answer);
    assert.deepEqual([events.at(0)?.type, events.at(-1)?.type], ['ADDED', 'DELETED'], answer.text);
    assert.deepEqual(
      [events[0]?.object.metadata.name, events[0]?.object.spec.nodeName],
      ['watched', nodes[4]],
    );
  });
}
