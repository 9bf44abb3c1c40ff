import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countedAs, Limiter } from '../../src/sandbox/arm/limits.ts';
import { AKS_VERSION, ask, clusterPath, header, startTestSandbox } from './support.ts';

const S = '/subscriptions/s';
const C = `${S}/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c`;

describe('which limit a request counts for', () => {
  const cases = [
    ['GET', `${S}/providers/Microsoft.ContainerService/managedClusters`, 'list clusters of a subscription'],
    [
      'GET',
      `${S}/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters`,
      'list clusters of a resource group',
    ],
    ['GET', C, 'get cluster'],
    ['PUT', C, 'put cluster'],
    ['PATCH', C, 'others'],
    ['PUT', `${C}/agentPools/p`, 'put agent pool'],
    ['GET', `${C}/agentPools/p`, 'others'],
    ['GET', `${C}/agentPools`, 'others'],
    ['POST', `${C}/listClusterUserCredential`, 'others'],
    [
      'GET',
      `${S}/providers/microsoft.containerservice/LOCATIONS/westeurope/operations/1`,
      'get operation status',
    ],
    [
      'GET',
      `${S}/providers/Microsoft.ContainerService/locations/westeurope/operationresults/1`,
      'get operation status',
    ],
    ['GET', `${S}/providers/Microsoft.ContainerService/locations/westeurope/kubernetesVersions`, 'others'],
    ['GET', `${S}/resourceGroups/g/providers/Microsoft.Compute/disks/d`, null],
    ['GET', '/subscriptions', null],
  ] as const;
  for (const [method, path, limit] of cases)
    test(`${method} ${path}`, () => assert.equal(countedAs(method, path)?.limit ?? null, limit));
});

describe('token buckets', () => {
  test('empty after as many requests, and refill by the second', () => {
    let now = 0;
    const limiter = new Limiter(() => now);
    const counted = { limit: 'put agent pool', of: 'p' } as const;
    for (let count = 0; count < 20; count++) assert.equal(limiter.take(counted, 'westeurope'), null);
    assert.equal(limiter.take(counted, 'westeurope'), 60);
    assert.equal(limiter.take(counted, 'eastus'), null, 'each region has its own');
    assert.equal(limiter.take({ ...counted, of: 'q' }, 'westeurope'), null, 'and each pool');
    now += 30_000;
    assert.equal(limiter.take(counted, 'westeurope'), 30);
    now += 30_001;
    assert.equal(limiter.take(counted, 'westeurope'), null);
    now += 3600_000 * 24;
    for (let count = 0; count < 20; count++) assert.equal(limiter.take(counted, 'westeurope'), null);
    assert.notEqual(limiter.take(counted, 'westeurope'), null, 'never more than its size');
  });

  test('are bounded in number', () => {
    const limiter = new Limiter(() => 0);
    for (let count = 0; count < 30_000; count++)
      limiter.take({ limit: 'get cluster', of: `${count}` }, 'eastus');
    assert.ok(limiter.size <= 10_000);
  });
});

describe('limits of the sandbox', { timeout: 60_000 }, () => {
  test("refuse with 429, Retry-After and Azure's body, and let on when the time has passed", async (context) => {
    let now = 0;
    const sandbox = await startTestSandbox(context, { limits: true, ticks: () => now });
    const path = `${await clusterPath(sandbox, 'shop-weu')}?${AKS_VERSION}`;
    for (let count = 0; count < 60; count++) assert.equal((await ask(sandbox, path)).status, 200);
    const refused = await ask(sandbox, path);
    assert.equal(refused.status, 429);
    assert.equal(header(refused, 'retry-after'), '1');
    assert.equal((refused.body as { error: { code: string } }).error.code, 'Throttled');
    now += 1000;
    assert.equal((await ask(sandbox, path)).status, 200, 'seconds of the machine count');
    assert.equal((await ask(sandbox, path)).status, 429);
    await sandbox.advance(60_000);
    for (let count = 0; count < 60; count++) assert.equal((await ask(sandbox, path)).status, 200);
    assert.equal((await ask(sandbox, path)).status, 429, 'and those the clock is moved by');
  });

  test('are off where they are turned off', async (context) => {
    const sandbox = await startTestSandbox(context);
    const path = `${await clusterPath(sandbox, 'shop-weu')}?${AKS_VERSION}`;
    for (let count = 0; count < 80; count++) assert.equal((await ask(sandbox, path)).status, 200);
  });
});
