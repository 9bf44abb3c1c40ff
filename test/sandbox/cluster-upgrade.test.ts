import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  AKS_VERSION,
  addFault,
  ask,
  clusterPath,
  nodesOf,
  poolOf,
  type RawAnswer,
  type TestSandbox,
  untilEnded,
} from './support.ts';
import { MINUTE, setUp } from './upgrade-support.ts';

describe('an upgrade of a cluster', { timeout: 60_000 }, () => {
  const upgrade = async (
    sandbox: TestSandbox,
    cluster: string,
    properties: Record<string, unknown>,
  ): Promise<RawAnswer> =>
    ask(sandbox, `${cluster}?${AKS_VERSION}`, {
      method: 'PUT',
      body: { location: 'westeurope', properties },
    });

  test('of everything: the control plane, then its pools one after the other', async (context) => {
    const { sandbox, cluster } = await setUp(context);
    const started = await upgrade(sandbox, cluster, { kubernetesVersion: '1.29' });
    assert.equal(started.status, 200, started.text);
    const states: string[] = [];
    for (let step = 0; step < 60; step++) {
      await sandbox.advance(2 * MINUTE);
      const { value } = (await ask(sandbox, `${cluster}/agentPools?${AKS_VERSION}`)).body as {
        value: { properties: { provisioningState: string } }[];
      };
      const busy = value.filter(({ properties }) => properties.provisioningState === 'Upgrading').length;
      assert.ok(busy <= 1);
      states.push(String(busy));
    }
    assert.ok(states.includes('1'));
    assert.equal((await untilEnded(sandbox, started)).status, 'Succeeded');
    const nodes = await nodesOf(sandbox, cluster);
    assert.ok(nodes.every(({ status }) => status.nodeInfo.kubeletVersion.startsWith('v1.29.')));
    const stopped = await poolOf(sandbox, `${cluster}/agentPools/nightly`);
    assert.match(
      stopped.properties.currentOrchestratorVersion,
      /^1\.29\./,
      'a stopped pool is upgraded when it starts',
    );
  });

  test('of the control plane alone, where every pool keeps its version', async (context) => {
    const { sandbox, cluster } = await setUp(context);
    const pools = ['system', 'apps', 'nightly'];
    const agentPoolProfiles = await Promise.all(
      pools.map(async (name) => {
        const { orchestratorVersion } = (await poolOf(sandbox, `${cluster}/agentPools/${name}`)).properties;
        return { name, orchestratorVersion };
      }),
    );
    const before = await nodesOf(sandbox, cluster);
    const started = await upgrade(sandbox, cluster, { kubernetesVersion: '1.29', agentPoolProfiles });
    assert.equal((await untilEnded(sandbox, started)).status, 'Succeeded');
    const after = await nodesOf(sandbox, cluster);
    assert.deepEqual(
      after.map(({ metadata }) => metadata.uid),
      before.map(({ metadata }) => metadata.uid),
    );
    const { body } = await ask(sandbox, `${cluster}?${AKS_VERSION}`);
    assert.match(
      (body as { properties: { currentKubernetesVersion: string } }).properties.currentKubernetesVersion,
      /^1\.29\./,
    );
  });

  test('goes on when its version is asked for again, be it stopped at the control plane or at a pool', async (context) => {
    const { sandbox, cluster } = await setUp(context);
    const shown = async (): Promise<{ provisioningState: string; currentKubernetesVersion: string }> =>
      (
        (await ask(sandbox, `${cluster}?${AKS_VERSION}`)).body as {
          properties: { provisioningState: string; currentKubernetesVersion: string };
        }
      ).properties;
    const before = (await shown()).currentKubernetesVersion;
    await upgrade(sandbox, cluster, { kubernetesVersion: '1.29' });
    const abort = await ask(sandbox, `${cluster}/abort?${AKS_VERSION}`, { method: 'POST' });
    await untilEnded(sandbox, abort);
    assert.equal((await shown()).currentKubernetesVersion, before);
    await addFault(sandbox, { kind: 'quota', target: 'stage-weu', times: 1 });
    const again = await upgrade(sandbox, cluster, { kubernetesVersion: '1.29' });
    assert.equal((await untilEnded(sandbox, again)).status, 'Failed');
    const stopped = await shown();
    assert.equal(stopped.provisioningState, 'Failed');
    assert.match(stopped.currentKubernetesVersion, /^1\.29\./);
    const last = await upgrade(sandbox, cluster, { kubernetesVersion: '1.29' });
    assert.equal((await untilEnded(sandbox, last)).status, 'Succeeded');
    const nodes = await nodesOf(sandbox, cluster);
    assert.ok(nodes.every(({ status }) => status.nodeInfo.kubeletVersion.startsWith('v1.29.')));
    const same = await upgrade(sandbox, cluster, { kubernetesVersion: '1.29' });
    assert.equal(
      (same.body as { properties: { provisioningState: string } }).properties.provisioningState,
      'Updating',
    );
  });

  test('neither back nor past a minor', async (context) => {
    const { sandbox } = await setUp(context);
    const cluster = await clusterPath(sandbox, 'data-neu');
    const put = (kubernetesVersion: string): Promise<RawAnswer> =>
      ask(sandbox, `${cluster}?${AKS_VERSION}`, {
        method: 'PUT',
        body: { location: 'northeurope', properties: { kubernetesVersion } },
      });
    assert.equal((await put('1.29')).status, 400, 'from 1.27');
    assert.equal((await put('1.27.7')).status, 400, 'from 1.27.9');
    assert.equal((await put('1.28')).status, 200);
  });
});
