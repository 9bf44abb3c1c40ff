import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Answer } from '../call.ts';
import type { Peer } from '../peers.ts';

const TYPES = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
} as const;

/** Changes of nodes. */
export function patches(peer: () => Peer): void {
  const path = (): string => `/api/v1/nodes/${peer().nodes[3]}`;
  const patch = (type: keyof typeof TYPES, body: unknown): Promise<Answer> =>
    peer().call('PATCH', path(), { type: TYPES[type], body });
  const refused = async (answer: Promise<Answer>, code: number, reason: string): Promise<string> => {
    const { status, body, text } = await answer;
    assert.deepEqual([status, body.reason], [code, reason], text);
    return body.message;
  };

  it('merges labels and annotations', async () => {
    const merged = await patch('merge', {
      metadata: { labels: { a: '1', b: '2' }, annotations: { 'x/y': 'z {"q":1}' } },
    });
    assert.equal(merged.status, 200, merged.text);
    assert.deepEqual([merged.body.kind, merged.body.metadata.labels.a], ['Node', '1']);
    const again = await patch('merge', { metadata: { labels: { a: null, b: '3' } } });
    assert.deepEqual([again.body.metadata.labels.a, again.body.metadata.labels.b], [undefined, '3']);
    assert.equal(again.body.metadata.annotations['x/y'], 'z {"q":1}');
    assert.ok(Number(again.body.metadata.resourceVersion) > Number(merged.body.metadata.resourceVersion));
    const gone = await patch('merge', { metadata: { labels: { b: null }, annotations: { 'x/y': null } } });
    assert.equal(gone.body.metadata.labels.b, undefined);
  });

  it('replaces the taints by a strategic merge patch, as they are one value', async () => {
    const first = await patch('strategic', {
      spec: { taints: [{ key: 'a', value: 'b', effect: 'NoSchedule' }] },
    });
    assert.deepEqual(first.body.spec.taints, [{ key: 'a', value: 'b', effect: 'NoSchedule' }]);
    const second = await patch('strategic', {
      metadata: { labels: { s: 't' } },
      spec: { taints: [{ key: 'c', effect: 'NoExecute' }] },
    });
    assert.deepEqual(second.body.spec.taints, [{ key: 'c', effect: 'NoExecute' }]);
    assert.equal(second.body.metadata.labels.s, 't');
    const cleared = await patch('strategic', { metadata: { labels: { s: null } }, spec: { taints: null } });
    assert.deepEqual([cleared.body.spec.taints, cleared.body.metadata.labels.s], [undefined, undefined]);
  });

  it('applies the operations of a JSON patch, all or none', async () => {
    const added = await patch('json', [
      { op: 'add', path: '/metadata/labels/j', value: 'k' },
      { op: 'add', path: '/metadata/labels/example.com~1l', value: 'm' },
      { op: 'test', path: '/metadata/labels/j', value: 'k' },
      { op: 'replace', path: '/metadata/labels/missing', value: 'replaced' },
    ]);
    assert.equal(added.status, 200, added.text);
    assert.deepEqual([added.body.metadata.labels.j, added.body.metadata.labels['example.com/l']], ['k', 'm']);
    for (const [what, failing] of Object.entries({
      test: { op: 'test', path: '/metadata/labels/j', value: 'z' },
      remove: { op: 'remove', path: '/metadata/labels/none' },
      path: { op: 'add', path: '/nothing/here', value: 'z' },
    })) {
      const mixed = [{ op: 'replace', path: '/metadata/labels/j', value: 'changed' }, failing];
      await refused(patch('json', mixed), 422, 'Invalid').catch((thrown: Error) =>
        assert.fail(`${what}: ${thrown.message}`),
      );
    }
    const { body } = await peer().call('GET', path());
    assert.equal(body.metadata.labels.j, 'k');
    const moved = await patch('json', [
      { op: 'move', from: '/metadata/labels/j', path: '/metadata/labels/n' },
      { op: 'copy', from: '/metadata/labels/n', path: '/metadata/labels/o' },
    ]);
    const { j, n, o } = moved.body.metadata.labels;
    assert.deepEqual([j, n, o], [undefined, 'k', 'k']);
    await patch('merge', {
      metadata: { labels: { n: null, o: null, missing: null, 'example.com/l': null } },
    });
  });

  it('makes no new version of what does not change', async () => {
    const { body } = await peer().call('GET', path());
    const same = await patch('merge', { metadata: { labels: body.metadata.labels } });
    assert.equal(same.status, 200);
    assert.equal(same.body.metadata.resourceVersion, body.metadata.resourceVersion);
  });

  it('refuses what is not a patch, or does not fit', async () => {
    assert.match(await refused(patch('json', { a: 1 }), 400, 'BadRequest'), /error decoding patch/);
    await refused(patch('merge', '{'), 400, 'BadRequest');
    await refused(
      peer().call('PATCH', path(), { type: 'text/plain', body: '{}' }),
      415,
      'UnsupportedMediaType',
    );
    const name = await refused(patch('merge', { metadata: { name: 'other' } }), 400, 'BadRequest');
    assert.match(name, /the name of the object \(other\) does not match the name on the URL/);
    await refused(patch('merge', { metadata: { labels: { 'bad key!': 'v' } } }), 422, 'Invalid');
    await refused(patch('merge', { metadata: { labels: { k: 'v v' } } }), 422, 'Invalid');
    await refused(patch('merge', { metadata: { uid: '1', labels: { q: '1' } } }), 422, 'Invalid');
    await refused(patch('merge', { spec: { unschedulable: 'yes' } }), 422, 'Invalid');
    const provider = await refused(patch('merge', { spec: { providerID: 'other' } }), 422, 'Invalid');
    assert.match(provider, /spec.providerID: .* cannot be modified once set/);
    const taint = await refused(
      patch('merge', { spec: { taints: [{ key: 'k', effect: 'Foo' }] } }),
      422,
      'Invalid',
    );
    assert.match(taint, /metadata.taints\[0\].effect: Unsupported value: "Foo"/);
    await refused(
      peer().call('PATCH', '/api/v1/nodes/nobody', { type: TYPES.merge, body: {} }),
      404,
      'NotFound',
    );
  });

  it('refuses what would be no node any more, and changes nothing', async () => {
    const { call } = peer();
    const before = (await call('GET', path())).body;
    const nameless: readonly Promise<Answer>[] = [
      patch('merge', { metadata: null }),
      patch('json', [{ op: 'remove', path: '/metadata' }]),
      patch('json', [{ op: 'replace', path: '', value: {} }]),
      patch('strategic', { $patch: 'delete' }),
      call('PUT', path(), { body: {} }),
    ];
    for (const answer of nameless)
      assert.match(await refused(answer, 400, 'BadRequest'), /undeterminable: name must be provided$/);
    for (const change of [
      { kind: 'Pod' },
      { metadata: 'x' },
      { spec: 'x' },
      { metadata: { labels: ['a'] } },
      { metadata: { annotations: 7 } },
    ])
      await refused(patch('merge', change), 422, 'Invalid');
    for (const change of [{ kind: 'Pod' }, { metadata: 'x' }, { spec: 'x' }])
      await refused(call('PUT', path(), { body: { ...before, ...change } }), 400, 'BadRequest');
    assert.deepEqual((await call('GET', path())).body.metadata.labels, before.metadata.labels);
  });

  it('refuses a change of an object that was changed since it was read', async () => {
    const { call } = peer();
    const before = (await call('GET', path())).body;
    await patch('merge', { metadata: { labels: { stale: '1' } } });
    const put = (change: object): Promise<Answer> =>
      call('PUT', path(), { body: { ...before, metadata: { ...before.metadata, ...change } } });
    const message = await refused(put({}), 409, 'Conflict');
    assert.match(
      message,
      /the object has been modified; please apply your changes to the latest version and try again$/,
    );
    await refused(
      patch('merge', { metadata: { resourceVersion: before.metadata.resourceVersion, labels: { q: '1' } } }),
      409,
      'Conflict',
    );
    await refused(put({ name: 'other' }), 400, 'BadRequest');
    const fresh = (await call('GET', path())).body;
    const replaced = await call('PUT', path(), {
      body: { ...fresh, metadata: { ...fresh.metadata, labels: { ...fresh.metadata.labels, stale: '2' } } },
    });
    assert.deepEqual([replaced.status, replaced.body.metadata.labels.stale], [200, '2']);
    await patch('merge', { metadata: { labels: { stale: null } } });
  });

  it('puts a taint on a node that is cordoned, and takes it off', async () => {
    const { call } = peer();
    const cordoned = await patch('merge', { spec: { unschedulable: true } });
    assert.equal(cordoned.body.spec.unschedulable, true);
    const taints = async (): Promise<string[]> => {
      const { body } = await call('GET', path());
      return (body.spec.taints ?? []).map(
        ({ key, effect }: { key: string; effect: string }) => `${key}:${effect}`,
      );
    };
    const settled = async (wanted: string[]): Promise<void> => {
      // The controller of the real server needs some milliseconds.
      for (let tries = 0; tries < 500; tries++) if (String(await taints()) === String(wanted)) return;
      assert.deepEqual(await taints(), wanted);
    };
    await settled(['node.kubernetes.io/unschedulable:NoSchedule']);
    const uncordoned = await patch('strategic', { spec: { unschedulable: null } });
    assert.equal(uncordoned.body.spec.unschedulable, undefined);
    await settled([]);
  });
}
