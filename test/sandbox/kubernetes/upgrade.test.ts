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
    const cordoned = own.slice(0, gone).find(({ object }) => object.spec.unschedulable === true);
    assert.ok(cordoned, 'it was cordoned first');
    const reason = 'kubernetes.azure.com/azure-cluster-autoscaler-scale-down-disabled-reason';
    assert.equal(cordoned.object.metadata.annotations[reason], 'upgrade');
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

it('leaves no mark on a node whose drain failed, and none on one that was left alone', {
  timeout: 60_000,
}, async (context) => {
  const kubernetes = await startSandboxKubernetes({ cluster: 'shop-eus' });
  const { call, close } = callerOf(kubernetes);
  context.after(async () => {
    close();
    await kubernetes.stop();
  });
  const { sandbox, id, token } = kubernetes;
  const base = sandbox.url.replace('https:', 'http:');
  const json = { 'content-type': 'application/json' };
  const fault = JSON.stringify({ kind: 'pdb-block', target: 'shop-eus' });
  assert.equal(
    (await fetch(`${base}/sandbox/faults`, { method: 'POST', headers: json, body: fault })).status,
    201,
  );
  await sandbox.advance(14 * 86_400_000);
  const upgrade = `${base}${id}/agentPools/web/upgradeNodeImageVersion?api-version=2026-06-01`;
  const headers = { authorization: `Bearer ${token}` };
  assert.equal((await fetch(upgrade, { method: 'POST', headers })).status, 202);
  const { body: start } = await call('GET', '/api/v1/nodes?limit=1');
  await sandbox.advance(6 * 3_600_000);
  const from = `timeoutSeconds=1&resourceVersion=${start.metadata.resourceVersion}`;
  const watched = await call('GET', `/api/v1/nodes?watch=true&${from}&labelSelector=agentpool%3Dweb`);
  assert.ok(eventsOf(watched).some(({ object }) => object.spec.unschedulable === true));
  for (const { metadata, spec } of (await call('GET', '/api/v1/nodes?labelSelector=agentpool%3Dweb')).body
    .items) {
    assert.equal(spec.unschedulable, undefined);
    assert.doesNotMatch(JSON.stringify(metadata.annotations), /scale-down-disabled/);
  }
});
