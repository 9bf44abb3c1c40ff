import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AKS_VERSION,
  addFault,
  ask,
  clusterPath,
  nodesOf,
  type RawAnswer,
  startTestSandbox,
  type TestSandbox,
} from './support.ts';

/** Does the same to any sandbox. @returns every answer, without what depends on the machine */
async function run(sandbox: TestSandbox): Promise<unknown> {
  const answers: RawAnswer[] = [];
  const cluster = await clusterPath(sandbox, 'stage-weu');
  const pool = `${cluster}/agentPools/apps`;
  const send = async (path: string, method = 'GET', body?: unknown): Promise<void> => {
    answers.push(await ask(sandbox, `${path}?${AKS_VERSION}`, { method, body }));
  };
  await send('/subscriptions');
  await send(`${pool}/upgradeNodeImageVersion`, 'POST');
  await sandbox.advance(9 * 60_000);
  await send(`${cluster}/agentPools/system`, 'PUT', { properties: { count: 4 } });
  await addFault(sandbox, { kind: 'pdb-block', target: 'apps', times: 7 });
  await sandbox.advance(5 * 86_400_000);
  await send(cluster, 'PUT', { location: 'westeurope', properties: { kubernetesVersion: '1.29' } });
  await sandbox.advance(3_600_000);
  const clusters = ['shop-weu', 'shop-eus', 'stage-weu', 'data-neu', 'lab-wus2'];
  const nodes = [];
  for (const name of clusters) {
    const path = await clusterPath(sandbox, name);
    await send(path);
    nodes.push(await nodesOf(sandbox, path));
  }
  const status = (await ask(sandbox, '/sandbox/status')).body;
  const shown = answers.map(({ status: code, text, headers }) => [
    code,
    text,
    String(headers['azure-asyncoperation']).replace(sandbox.url, ''),
  ]);
  return { shown, nodes, status };
}

test('the same seed and the same requests give the same answers', { timeout: 60_000 }, async (context) => {
  const first = await run(await startTestSandbox(context, { seed: 7 }));
  assert.deepEqual(await run(await startTestSandbox(context, { seed: 7 })), first);
});

test('another seed gives other ids', { timeout: 60_000 }, async (context) => {
  const one = await startTestSandbox(context, { seed: 7 });
  const other = await startTestSandbox(context, { seed: 8 });
  assert.notEqual(await clusterPath(one, 'shop-weu'), await clusterPath(other, 'shop-weu'));
});
