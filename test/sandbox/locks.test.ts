import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  AKS_VERSION,
  ask,
  clusterPath,
  nodesOf,
  poolOf,
  type RawAnswer,
  startTestSandbox,
  type TestSandbox,
  untilEnded,
} from './support.ts';

const codeOf = ({ body }: RawAnswer): string => (body as { code: string }).code;
const messageOf = ({ body }: RawAnswer): string => (body as { message: string }).message;

function put(sandbox: TestSandbox, path: string, properties: Record<string, unknown>): Promise<RawAnswer> {
  const body = { location: 'westeurope', properties };
  return ask(sandbox, `${path}?${AKS_VERSION}`, { method: 'PUT', body });
}

function post(sandbox: TestSandbox, path: string): Promise<RawAnswer> {
  return ask(sandbox, `${path}?${AKS_VERSION}`, { method: 'POST' });
}

describe('one operation at a time', { timeout: 60_000 }, () => {
  test('on a pool, and none on its cluster meanwhile; another pool may work', async (context) => {
    const sandbox = await startTestSandbox(context);
    const cluster = await clusterPath(sandbox, 'stage-weu');
    const started = await post(sandbox, `${cluster}/agentPools/apps/upgradeNodeImageVersion`);
    assert.equal(started.status, 202);
    const second = await put(sandbox, `${cluster}/agentPools/apps`, { count: 5 });
    assert.equal(second.status, 409);
    assert.equal(codeOf(second), 'OperationNotAllowed');
    assert.match(
      messageOf(second),
      /^Operation is not allowed: Another agentpool operation \(UpgradingNodeImageVersion\) is in progress, please wait for it to finish before starting a new operation\./,
    );
    const ofCluster = await put(sandbox, cluster, {});
    assert.equal(ofCluster.status, 409);
    assert.match(
      messageOf(ofCluster),
      /^Managed Cluster operation is not allowed: Another operation \(UpgradingNodeImageVersion\) is in progress on agent pool \(apps\)/,
    );
    assert.equal((await put(sandbox, `${cluster}/agentPools/system`, { count: 3 })).status, 200);
    assert.equal((await untilEnded(sandbox, started)).status, 'Succeeded');
    assert.equal((await put(sandbox, `${cluster}/agentPools/apps`, { count: 5 })).status, 200);
  });

  test('on a cluster, and none on its pools meanwhile', async (context) => {
    const sandbox = await startTestSandbox(context);
    const cluster = await clusterPath(sandbox, 'stage-weu');
    const started = await put(sandbox, cluster, {});
    assert.equal(started.status, 200);
    for (const answer of [
      await put(sandbox, cluster, {}),
      await put(sandbox, `${cluster}/agentPools/apps`, { count: 5 }),
      await put(sandbox, `${cluster}/agentPools/fresh`, { count: 1 }),
      await post(sandbox, `${cluster}/agentPools/apps/upgradeNodeImageVersion`),
    ]) {
      assert.equal(answer.status, 409);
      assert.match(messageOf(answer), /Another operation \(Updating\) is in progress on the managed cluster/);
    }
    assert.equal((await untilEnded(sandbox, started)).status, 'Succeeded');
  });

  test('after a deletion was asked for, nothing else', async (context) => {
    const sandbox = await startTestSandbox(context);
    const pool = `${await clusterPath(sandbox, 'stage-weu')}/agentPools/apps`;
    const deleted = await ask(sandbox, `${pool}?${AKS_VERSION}`, { method: 'DELETE' });
    assert.equal(deleted.status, 202);
    const scaled = await put(sandbox, pool, { count: 5 });
    assert.equal(scaled.status, 409);
    assert.equal(
      messageOf(scaled),
      "Unable to perform 'Scaling' operation on 'apps' since deletion was issued",
    );
    assert.equal((await untilEnded(sandbox, deleted)).status, 'Succeeded');
    assert.equal((await ask(sandbox, `${pool}?${AKS_VERSION}`)).status, 404);
  });

  test('a deletion goes before what is under way', async (context) => {
    const sandbox = await startTestSandbox(context);
    const cluster = await clusterPath(sandbox, 'stage-weu');
    const pool = `${cluster}/agentPools/apps`;
    const upgrade = await post(sandbox, `${pool}/upgradeNodeImageVersion`);
    await sandbox.advance(10 * 60_000);
    const deleted = await ask(sandbox, `${pool}?${AKS_VERSION}`, { method: 'DELETE' });
    const preempted = await untilEnded(sandbox, upgrade);
    assert.equal(preempted.status, 'Failed');
    assert.equal(preempted.error?.code, 'AKSOperationPreemptedByDelete');
    assert.equal((await untilEnded(sandbox, deleted)).status, 'Succeeded');
    assert.deepEqual(await nodesOf(sandbox, cluster, 'apps'), []);
  });
});

describe('an upgrade of a cluster', { timeout: 60_000 }, () => {
  for (const [name, abort] of [
    ['is canceled as a whole', ''],
    ['is canceled by way of the pool it is at', '/agentPools/system'],
  ] as const)
    test(name, async (context) => {
      const sandbox = await startTestSandbox(context);
      const cluster = await clusterPath(sandbox, 'stage-weu');
      const system = `${cluster}/agentPools/system`;
      const started = await put(sandbox, cluster, { kubernetesVersion: '1.29' });
      while ((await poolOf(sandbox, system)).properties.provisioningState !== 'Upgrading')
        await sandbox.advance(60_000);
      const aborted = await post(sandbox, `${cluster}${abort}/abort`);
      assert.equal(aborted.status, 202);
      assert.equal((await untilEnded(sandbox, aborted)).status, 'Succeeded');
      assert.equal((await untilEnded(sandbox, started)).status, 'Canceled');
      await sandbox.advance(6 * 3_600_000);
      for (const path of [cluster, system]) {
        const { body } = await ask(sandbox, `${path}?${AKS_VERSION}`);
        assert.equal(
          (body as { properties: { provisioningState: string } }).properties.provisioningState,
          'Canceled',
        );
      }
      assert.match(
        (await poolOf(sandbox, `${cluster}/agentPools/apps`)).properties.currentOrchestratorVersion,
        /^1\.28\./,
      );
      assert.equal((await put(sandbox, cluster, {})).status, 200, 'and is free again');
    });

  test('gives way to the deletion of the cluster, with everything in it', async (context) => {
    const sandbox = await startTestSandbox(context);
    const cluster = await clusterPath(sandbox, 'stage-weu');
    const started = await put(sandbox, cluster, { kubernetesVersion: '1.29' });
    await sandbox.advance(15 * 60_000);
    const deleted = await ask(sandbox, `${cluster}?${AKS_VERSION}`, { method: 'DELETE' });
    assert.equal(deleted.status, 202);
    assert.equal((await untilEnded(sandbox, deleted)).status, 'Succeeded');
    assert.equal((await untilEnded(sandbox, started)).error?.code, 'AKSOperationPreemptedByDelete');
    assert.equal((await ask(sandbox, `${cluster}?${AKS_VERSION}`)).status, 404);
    const { body } = await ask(sandbox, '/sandbox/status');
    assert.deepEqual((body as { operations: unknown[] }).operations, []);
    await sandbox.advance(10 * 86_400_000);
  });
});

describe('eTags', { timeout: 60_000 }, () => {
  test('every write gives another one; If-Match holds a write to the one that was read', async (context) => {
    const sandbox = await startTestSandbox(context);
    const pool = `${await clusterPath(sandbox, 'stage-weu')}/agentPools/system`;
    const first = (await poolOf(sandbox, pool)).properties.eTag;
    const headers = { 'if-match': `"${first}"` };
    const body = { properties: { nodeLabels: { a: 'b' } } };
    const changed = await ask(sandbox, `${pool}?${AKS_VERSION}`, { method: 'PUT', headers, body });
    assert.equal(changed.status, 200);
    const second = (await poolOf(sandbox, pool)).properties.eTag;
    assert.notEqual(second, first);
    await untilEnded(sandbox, changed);
    assert.notEqual((await poolOf(sandbox, pool)).properties.eTag, second);
    for (const method of ['PUT', 'DELETE']) {
      const stale = await ask(sandbox, `${pool}?${AKS_VERSION}`, { method, headers, body });
      assert.equal(stale.status, 412, method);
      assert.equal(codeOf(stale), 'PreconditionFailed');
    }
    const any = await ask(sandbox, `${pool}?${AKS_VERSION}`, {
      method: 'PUT',
      headers: { 'if-match': '*' },
      body,
    });
    assert.equal(any.status, 200);
  });

  test('a cluster has none while it is created', async (context) => {
    const sandbox = await startTestSandbox(context);
    const cluster = (await clusterPath(sandbox, 'stage-weu')).replace('stage-weu', 'fresh');
    const body = {
      location: 'uksouth',
      properties: { agentPoolProfiles: [{ name: 'system', mode: 'System', count: 1 }] },
    };
    const made = await ask(sandbox, `${cluster}?${AKS_VERSION}`, { method: 'PUT', body });
    assert.equal(made.status, 201, made.text);
    assert.equal((made.body as { eTag?: string }).eTag, undefined);
    await untilEnded(sandbox, made);
    const { body: ready } = await ask(sandbox, `${cluster}?${AKS_VERSION}`);
    assert.match((ready as { eTag: string }).eTag, /^[0-9a-f-]{36}$/);
  });
});

describe('what is stopped', { timeout: 60_000 }, () => {
  test('a cluster: Succeeded and Stopped, no nodes, no changes of its pools; it starts again', async (context) => {
    const sandbox = await startTestSandbox(context);
    const cluster = await clusterPath(sandbox, 'loadtest-wus2');
    const { body } = await ask(sandbox, `${cluster}?${AKS_VERSION}`);
    const { properties } = body as {
      properties: { provisioningState: string; powerState: { code: string } };
    };
    assert.deepEqual([properties.provisioningState, properties.powerState.code], ['Succeeded', 'Stopped']);
    const refused = await put(sandbox, `${cluster}/agentPools/load`, { count: 2 });
    assert.equal(refused.status, 409);
    assert.match(messageOf(refused), /is in a stopped state/);
    const started = await post(sandbox, `${cluster}/start`);
    assert.equal(started.status, 202);
    assert.equal((await untilEnded(sandbox, started)).status, 'Succeeded');
    assert.equal((await nodesOf(sandbox, cluster)).length, 8);
    const stopped = await post(sandbox, `${cluster}/stop`);
    assert.equal((await untilEnded(sandbox, stopped)).status, 'Succeeded');
    const machines = await ask(sandbox, `${cluster}/agentPools/load/machines?${AKS_VERSION}`);
    assert.deepEqual((machines.body as { value: unknown[] }).value, []);
  });

  test('never a cluster with node auto-provisioning', async (context) => {
    const sandbox = await startTestSandbox(context);
    const cluster = await clusterPath(sandbox, 'lab-wus2');
    const answer = await post(sandbox, `${cluster}/stop`);
    assert.equal(answer.status, 400, answer.text);
    assert.match(messageOf(answer), /cannot be stopped: node auto-provisioning is enabled/);
  });

  test('a pool, once it has stopped: not where stopping was aborted', async (context) => {
    const sandbox = await startTestSandbox(context);
    const cluster = await clusterPath(sandbox, 'stage-weu');
    const pool = `${cluster}/agentPools/apps`;
    await put(sandbox, pool, { powerState: { code: 'Stopped' } });
    assert.equal((await untilEnded(sandbox, await post(sandbox, `${pool}/abort`))).status, 'Succeeded');
    assert.equal((await poolOf(sandbox, pool)).properties.powerState.code, 'Running');
    assert.equal((await nodesOf(sandbox, cluster, 'apps')).length, 4);
    const stopped = await put(sandbox, pool, { powerState: { code: 'Stopped' } });
    assert.equal((await untilEnded(sandbox, stopped)).status, 'Succeeded');
    assert.equal((await poolOf(sandbox, pool)).properties.powerState.code, 'Stopped');
    assert.deepEqual(await nodesOf(sandbox, cluster, 'apps'), []);
  });

  test('a pool: it can be upgraded, and has the new image once it starts', async (context) => {
    const sandbox = await startTestSandbox(context);
    const cluster = await clusterPath(sandbox, 'stage-weu');
    const pool = `${cluster}/agentPools/nightly`;
    assert.equal((await poolOf(sandbox, pool)).properties.powerState.code, 'Stopped');
    assert.deepEqual(await nodesOf(sandbox, cluster, 'nightly'), []);
    await sandbox.advance(20 * 24 * 3_600_000);
    const upgraded = await post(sandbox, `${pool}/upgradeNodeImageVersion`);
    assert.equal(upgraded.status, 202, upgraded.text);
    assert.equal((await untilEnded(sandbox, upgraded)).status, 'Succeeded');
    assert.deepEqual(await nodesOf(sandbox, cluster, 'nightly'), []);
    const started = await put(sandbox, pool, { powerState: { code: 'Running' } });
    assert.equal((await untilEnded(sandbox, started)).status, 'Succeeded');
    const target = (await poolOf(sandbox, pool)).properties.nodeImageVersion;
    const images = (await nodesOf(sandbox, cluster, 'nightly')).map(
      ({ metadata }) => metadata.labels['kubernetes.azure.com/node-image-version'],
    );
    assert.deepEqual(images, [target, target]);
  });
});

describe('requests that are refused', { timeout: 60_000 }, () => {
  const refused = [
    { name: 'a count that is no number', properties: { count: 'three' }, status: 400 },
    { name: 'a count below zero', properties: { count: -1 }, status: 400 },
    { name: 'a system pool without nodes', properties: { count: 0 }, status: 400 },
    { name: 'another size of machine', properties: { vmSize: 'Standard_D2s_v5' }, status: 400 },
    {
      name: 'a drain timeout that is too long',
      properties: { upgradeSettings: { drainTimeoutInMinutes: 9999 } },
      status: 400,
    },
    {
      name: 'a drain timeout that is too short',
      properties: { upgradeSettings: { drainTimeoutInMinutes: 4 } },
      status: 400,
    },
    {
      name: 'both surge and unavailable nodes',
      properties: { upgradeSettings: { maxSurge: '1', maxUnavailable: '1' } },
      status: 400,
    },
    { name: 'neither', properties: { upgradeSettings: { maxSurge: '0', maxUnavailable: '0' } }, status: 400 },
    {
      name: 'fewer nodes than the autoscaler may have',
      properties: { enableAutoScaling: true, minCount: 3, maxCount: 2 },
      status: 400,
    },
    { name: 'labels that are no texts', properties: { nodeLabels: { a: { b: 1 } } }, status: 400 },
  ];
  for (const { name, properties, status } of refused)
    test(name, async (context) => {
      const sandbox = await startTestSandbox(context);
      const pool = `${await clusterPath(sandbox, 'stage-weu')}/agentPools/system`;
      const before = await poolOf(sandbox, pool);
      const answer = await put(sandbox, pool, properties);
      assert.equal(answer.status, status, answer.text);
      assert.match(codeOf(answer), /^(InvalidParameter|PropertyChangeNotAllowed)$/);
      assert.deepEqual(await poolOf(sandbox, pool), before, 'nothing was changed');
    });

  test('names of pools that Azure does not take, and Windows names that are too long', async (context) => {
    const sandbox = await startTestSandbox(context);
    const cluster = await clusterPath(sandbox, 'shop-weu');
    for (const name of ['1pool', 'Pool', 'averyverylongname', 'po-ol'])
      assert.equal((await put(sandbox, `${cluster}/agentPools/${name}`, { count: 1 })).status, 400, name);
    const windows = { count: 1, osType: 'Windows' };
    assert.equal((await put(sandbox, `${cluster}/agentPools/winpool`, windows)).status, 400);
    assert.equal((await put(sandbox, `${cluster}/agentPools/win25`, windows)).status, 201);
  });

  test('a pool of single machines cannot be upgraded as a pool', async (context) => {
    const sandbox = await startTestSandbox(context);
    const pool = `${await clusterPath(sandbox, 'lab-wus2')}/agentPools/machines`;
    assert.equal((await poolOf(sandbox, pool)).properties.mode, 'Machines');
    const answer = await post(sandbox, `${pool}/upgradeNodeImageVersion`);
    assert.equal(answer.status, 409);
    const refusal =
      /^Upgrading node image version on machines agent pool is not allowed, please use machine API/;
    assert.match(messageOf(answer), refusal);
    await sandbox.advance(200 * 24 * 3_600_000);
    const version = await put(sandbox, pool, { orchestratorVersion: '1.30' });
    assert.equal(version.status, 409, version.text);
    assert.match(messageOf(version), refusal);
  });

  test('bodies that are no JSON, or far too large', async (context) => {
    const sandbox = await startTestSandbox(context);
    const pool = `${await clusterPath(sandbox, 'stage-weu')}/agentPools/system?${AKS_VERSION}`;
    assert.equal((await ask(sandbox, pool, { method: 'PUT', body: '{"properties":' })).status, 400);
    assert.equal((await ask(sandbox, pool, { method: 'PUT', body: 'x'.repeat(5 << 20) })).status, 413);
    assert.equal((await ask(sandbox, pool, { method: 'PUT', body: [] })).status, 400);
  });
});
