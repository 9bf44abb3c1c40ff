import assert from 'node:assert/strict';
import { it } from 'node:test';
import { callerOf, eventsOf } from '../../kubernetes/call.ts';
import { startSandboxKubernetes } from '../../kubernetes/support.ts';

const IMAGE = 'kubernetes.azure.com/node-image-version';

it('shows an upgrade of node images as a cluster sees it', { timeout: 60_000 }, async (context) => {
  const kubernetes = await startSandboxKubernetes({ cluster: 'shop-eus' });
  const { call, close } = callerOf(kubernetes);
  context.after(async () => {
    close();
    await kubernetes.stop();
  });
  const { sandbox, token } = kubernetes;
  const web = '/api/v1/nodes?labelSelector=agentpool%3Dweb';
  const { body: before } = await call('GET', web);
  assert.ok(before.items.length > 0);
  const [, group = ''] = /^azure:\/\/(\/subscriptions\/[^/]+)\//.exec(before.items[0].spec.providerID) ?? [];
  const pool = `${group}/resourceGroups/rg-shop/providers/Microsoft.ContainerService/managedClusters/shop-eus/agentPools/web`;
  await sandbox.advance(14 * 86_400_000);
  const upgraded = await fetch(
    `${sandbox.url.replace('https:', 'http:')}${pool}/upgradeNodeImageVersion?api-version=2026-06-01`,
    { method: 'POST', headers: { authorization: `Bearer ${token}` } },
  );
  assert.equal(upgraded.status, 202, await upgraded.text());
  const { body: start } = await call('GET', '/api/v1/nodes?limit=1');
  await sandbox.advance(6 * 3_600_000);

  const { body: after } = await call('GET', web);
  const images = after.items.map(
    (node: { metadata: { labels: Record<string, string> } }) => node.metadata.labels[IMAGE],
  );
  assert.equal(new Set(images).size, 1);
  const watch = await call(
    'GET',
    `/api/v1/nodes?watch=true&timeoutSeconds=1&resourceVersion=${start.metadata.resourceVersion}&labelSelector=agentpool%3Dweb`,
  );
  const events = eventsOf(watch);
  for (const { metadata } of before.items) {
    const own = events.filter(({ object }) => object.metadata.name === metadata.name);
    const gone = own.findIndex(({ type }) => type === 'DELETED');
    assert.ok(
      own.slice(0, gone).some(({ object }) => object.spec.unschedulable === true),
      'it was cordoned first',
    );
    const [added] = own.slice(gone + 1);
    assert.deepEqual([added?.type, added?.object.metadata.labels[IMAGE]], ['ADDED', images[0]]);
    assert.notEqual(added?.object.metadata.uid, own[gone]?.object.metadata.uid);
  }
  for (const { spec, status } of after.items) {
    assert.equal(spec.unschedulable, undefined);
    assert.equal(status.conditions.find(({ type }: { type: string }) => type === 'Ready').status, 'True');
  }
  const { body: pods } = await call('GET', '/api/v1/pods?fieldSelector=status.phase!%3DRunning');
  assert.deepEqual(pods.items, []);
});
