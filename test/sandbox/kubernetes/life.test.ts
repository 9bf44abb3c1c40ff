/** What the API of a cluster says of things that come and go. */
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { type Caller, callerOf, eventsOf } from '../../kubernetes/call.ts';
import { type SandboxKubernetes, startSandboxKubernetes } from '../../kubernetes/support.ts';

async function started(context: TestContext): Promise<SandboxKubernetes & { readonly call: Caller }> {
  const kubernetes = await startSandboxKubernetes();
  const { call, close } = callerOf(kubernetes);
  context.after(async () => {
    close();
    await kubernetes.stop();
  });
  return { ...kubernetes, call };
}

/** Asks ARM for something to be done with the cluster. */
async function arm({ sandbox, id, token }: SandboxKubernetes, method: string, path: string): Promise<number> {
  const url = `${sandbox.url.replace('https:', 'http:')}${id}${path}?api-version=2026-06-01`;
  return (await fetch(url, { method, headers: { authorization: `Bearer ${token}` } })).status;
}

it('tells of a daemon pod that is deleted: changed, gone, and another one in its place', async (context) => {
  const { call, sandbox } = await started(context);
  const pods = '/api/v1/namespaces/kube-system/pods';
  const selector = 'labelSelector=k8s-app%3Dkube-proxy';
  const { metadata, items } = (await call('GET', `${pods}?${selector}`)).body;
  const { name } = items[0].metadata;
  assert.ok((await call('DELETE', `${pods}/${name}`)).body.metadata.deletionTimestamp);
  await sandbox.advance(30_000);
  const from = `timeoutSeconds=1&resourceVersion=${metadata.resourceVersion}`;
  const watched = await call('GET', `${pods}?watch=true&${from}&${selector}`);
  assert.deepEqual(
    eventsOf(watched).map(({ type, object }) => [type, object.metadata.name === name]),
    [
      ['MODIFIED', true],
      ['DELETED', true],
      ['ADDED', false],
    ],
  );
});

it('ends the watches of a cluster that is deleted', { timeout: 30_000 }, async (context) => {
  const kubernetes = await started(context);
  const cut = assert.rejects(kubernetes.call('GET', '/api/v1/nodes?watch=true&timeoutSeconds=600'));
  assert.equal(await arm(kubernetes, 'DELETE', ''), 202);
  await kubernetes.sandbox.advance(3_600_000);
  await cut;
});

it('forgets events after an hour', async (context) => {
  const kubernetes = await started(context);
  const { call, sandbox } = kubernetes;
  const events = async (): Promise<number> => (await call('GET', '/api/v1/events')).body.items.length;
  assert.equal(await events(), 0);
  assert.equal(await arm(kubernetes, 'POST', '/agentPools/web/upgradeNodeImageVersion'), 202);
  await sandbox.advance(600_000);
  assert.ok((await events()) > 0);
  await sandbox.advance(7 * 86_400_000);
  assert.equal(await events(), 0);
});

it('gives a daemon pod of a new node the version it was told of', async (context) => {
  const kubernetes = await started(context);
  const { call, sandbox } = kubernetes;
  const pods = '/api/v1/namespaces/kube-system/pods';
  const selector = 'labelSelector=k8s-app%3Dkube-proxy';
  const { metadata } = (await call('GET', `${pods}?${selector}`)).body;
  assert.equal(await arm(kubernetes, 'POST', '/agentPools/web/upgradeNodeImageVersion'), 202);
  await sandbox.advance(6 * 3_600_000);
  const from = `timeoutSeconds=1&resourceVersion=${metadata.resourceVersion}`;
  const told = new Map<string, string>();
  for (const { object } of eventsOf(await call('GET', `${pods}?watch=true&${from}&${selector}`)))
    told.set(object.metadata.uid, object.metadata.resourceVersion);
  const { items } = (await call('GET', `${pods}?${selector}`)).body;
  const versions = items
    .filter((pod: { metadata: { uid: string } }) => told.has(pod.metadata.uid))
    .map((pod: { metadata: { uid: string; resourceVersion: string } }) => [
      pod.metadata.resourceVersion,
      told.get(pod.metadata.uid),
    ]);
  assert.ok(versions.length >= 8);
  for (const [listed, seen] of versions) assert.equal(listed, seen);
});
