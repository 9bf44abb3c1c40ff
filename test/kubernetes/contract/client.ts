import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  ApiException,
  CoreV1Api,
  KubeConfig,
  PatchStrategy,
  PolicyV1Api,
  setHeaderOptions,
  VersionApi,
  Watch,
} from '@kubernetes/client-node';
import type { Peer } from '../peers.ts';

/** The official client against the server. */
export function throughTheClient(peer: () => Peer): void {
  const config = (context = 'admin'): KubeConfig => {
    const loaded = new KubeConfig();
    loaded.loadFromFile(peer().kubernetes.kubeconfig);
    loaded.setCurrentContext(context);
    return loaded;
  };
  const node = (): string => peer().nodes[7] ?? '';

  it('is spoken to by @kubernetes/client-node', async () => {
    const api = config().makeApiClient(CoreV1Api);
    assert.match((await config().makeApiClient(VersionApi).getCode()).gitVersion, /^v1\./);
    const first = await api.listNode({ limit: 2 });
    const second = await api.listNode({ limit: 2, _continue: first.metadata?._continue ?? '' });
    assert.deepEqual([first.items.length, second.items.length], [2, 2]);
    assert.notEqual(first.items[0]?.metadata?.name, second.items[0]?.metadata?.name);
    assert.ok(first.items[0]?.metadata?.creationTimestamp instanceof Date);
    for (const [strategy, body] of [
      [PatchStrategy.MergePatch, { metadata: { labels: { patched: 'merge' } } }],
      [PatchStrategy.StrategicMergePatch, { metadata: { labels: { patched: 'strategic' } } }],
      [PatchStrategy.JsonPatch, [{ op: 'replace', path: '/metadata/labels/patched', value: 'json' }]],
    ] as const) {
      const options = setHeaderOptions('Content-Type', strategy);
      const patched = await api.patchNode({ name: node(), body }, options);
      assert.ok(['merge', 'strategic', 'json'].includes(patched.metadata?.labels?.patched ?? ''));
    }
    const read = await api.readNode({ name: node() });
    assert.equal(read.metadata?.labels?.patched, 'json');
    const { patched: _patched, ...labels } = read.metadata?.labels ?? {};
    const replaced = await api.replaceNode({
      name: node(),
      body: { ...read, metadata: { ...read.metadata, labels } },
    });
    assert.equal(replaced.metadata?.labels?.patched, undefined);
    await assert.rejects(
      api.replaceNode({ name: node(), body: read }),
      (thrown: ApiException<string>) => thrown.code === 409,
    );
  });

  it('tells the client what is refused', async () => {
    const reader = config('reader').makeApiClient(CoreV1Api);
    assert.ok((await reader.listNode({ limit: 1 })).items.length === 1);
    const failed = await reader.patchNode({ name: node(), body: [] }).catch((thrown: unknown) => thrown);
    assert.ok(failed instanceof ApiException);
    assert.equal(failed.code, 403);
    const missing = await reader.readNode({ name: 'nobody' }).catch((thrown: unknown) => thrown);
    assert.ok(missing instanceof ApiException);
    assert.equal(JSON.parse(missing.body).reason, 'NotFound');
  });

  it('is watched by the client', async () => {
    const api = config().makeApiClient(CoreV1Api);
    const { metadata } = await api.listNode({ limit: 1 });
    const seen: string[] = [];
    const ended = new Promise<unknown>((resolve, reject) => {
      const query = {
        resourceVersion: metadata?.resourceVersion,
        timeoutSeconds: 1,
        fieldSelector: `metadata.name=${node()}`,
      };
      new Watch(config())
        .watch(
          '/api/v1/nodes',
          query,
          (type, object) => seen.push(`${type} ${object.spec.unschedulable === true}`),
          resolve,
        )
        .then(async () => {
          const options = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
          await api.patchNode({ name: node(), body: { spec: { unschedulable: true } } }, options);
        })
        .catch(reject);
    });
    assert.equal(await ended, null);
    assert.equal(seen[0], 'MODIFIED true');
    const options = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
    await api.patchNode({ name: node(), body: { spec: { unschedulable: null } } }, options);
  });

  it('evicts for the client', async () => {
    const api = config().makeApiClient(CoreV1Api);
    const policy = config().makeApiClient(PolicyV1Api);
    const [name, namespace] = ['client-0', 'default'];
    const spec = { nodeName: node(), containers: [{ name: 'a', image: 'i' }] };
    await api.createNamespacedPod({
      namespace,
      body: { metadata: { name, labels: { app: 'client' } }, spec },
    });
    const selector = { matchLabels: { app: 'client' } };
    await policy.createNamespacedPodDisruptionBudget({
      namespace,
      body: { metadata: { name }, spec: { minAvailable: 1, selector } },
    });
    await peer().settle([name], [name]);
    const eviction = { name, namespace, body: { metadata: { name } } };
    const denied = await api.createNamespacedPodEviction(eviction).catch((thrown: unknown) => thrown);
    assert.ok(denied instanceof ApiException);
    assert.equal(denied.code, 429);
    await policy.deleteNamespacedPodDisruptionBudget({ name, namespace });
    await api.createNamespacedPodEviction(eviction);
    const { metadata } = await api.readNamespacedPod({ name, namespace });
    assert.ok(metadata?.deletionTimestamp instanceof Date);
    await api.deleteNamespacedPod({ name, namespace, gracePeriodSeconds: 0 });
  });
}
