import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AgentPool, ManagedCluster } from '@azure/arm-containerservice';
import { aksClient, all, subscriptionClient } from './sdk.ts';
import {
  AKS_VERSION,
  ask,
  clusterPath,
  imageOf,
  nodesOf,
  type Peer,
  startTestSandbox,
  subscriptionsOf,
  testImages,
} from './support.ts';

async function clustersOf(sandbox: Peer): Promise<readonly ManagedCluster[]> {
  const subscriptions = await all(subscriptionClient(sandbox).subscriptions.list());
  const lists = await Promise.all(
    subscriptions.map(({ subscriptionId = '' }) =>
      all(aksClient(sandbox, subscriptionId).managedClusters.list()),
    ),
  );
  return lists.flat();
}

describe('the default fleet', { timeout: 60_000 }, () => {
  for (const start of ['2024-03-01', '2024-08-09'])
    test(`has one of everything on ${start}`, async (context) => {
      const sandbox = await startTestSandbox(context, { start });
      const clusters = await clustersOf(sandbox);
      const pools = clusters.flatMap(({ agentPoolProfiles = [] }) => agentPoolProfiles);
      const images = pools.flatMap(({ nodeImageVersion }) => nodeImageVersion ?? []);
      for (const family of [
        'AKSUbuntu-2204gen2containerd',
        'AKSUbuntu-2204containerd',
        'AKSUbuntu-2204gen2arm64containerd',
        'AKSUbuntu-2004gen2fipscontainerd',
        'AKSAzureLinux-V2gen2',
        'AKSWindows-2019-containerd',
        'AKSWindows-2022-containerd-gen2',
      ])
        assert.ok(
          images.some((image) => image.startsWith(`${family}-`)),
          family,
        );
      const known = new Map(testImages().images.map(({ name, buildDate }) => [name, buildDate]));
      for (const image of images)
        assert.ok((known.get(image) ?? '9999') <= start, `${image} is of the future`);
      assert.ok(
        images.some((image) => (known.get(image) ?? '') < '2024-01-01'),
        'old images',
      );
      const channels = clusters.map(({ autoUpgradeProfile }) => autoUpgradeProfile);
      assert.deepEqual([...new Set(channels.map((profile) => profile?.upgradeChannel))].sort(), [
        'node-image',
        'none',
        'patch',
        'rapid',
        'stable',
      ]);
      assert.deepEqual([...new Set(channels.map((profile) => profile?.nodeOSUpgradeChannel))].sort(), [
        'NodeImage',
        'None',
        'SecurityPatch',
        'Unmanaged',
      ]);
      const has = (what: string, test: (pool: (typeof pools)[number]) => boolean): void =>
        assert.ok(pools.some(test), what);
      has('ephemeral disks', ({ osDiskType }) => osDiskType === 'Ephemeral');
      has('a confidential pool', ({ securityProfile }) => securityProfile?.enableVtpm === true);
      has('single machines', ({ mode }) => mode === 'Machines');
      has('a stopped pool', ({ powerState }) => powerState?.code === 'Stopped');
      has('a failed upgrade', ({ provisioningState }) => provisioningState === 'Failed');
      has('spot nodes', ({ scaleSetPriority }) => scaleSetPriority === 'Spot');
      has("the customer's own image", ({ nodeImageVersion }) => nodeImageVersion === undefined);
      assert.ok(clusters.some(({ powerState }) => powerState?.code === 'Stopped'));
      assert.ok(clusters.some(({ tags }) => tags?.nodeward === 'off'));
      assert.ok(clusters.some(({ nodeProvisioningProfile }) => nodeProvisioningProfile?.mode === 'Auto'));
      assert.ok(
        clusters.some(({ apiServerAccessProfile }) => apiServerAccessProfile?.enablePrivateCluster === true),
      );
      assert.ok(new Set(clusters.map(({ location }) => location)).size >= 4);
      for (const { name = '' } of pools.filter(({ osType }) => osType === 'Windows'))
        assert.ok(name.length <= 6, name);
    });

  test('has a pool whose nodes are not what ARM shows, and nodes whose kubelet is on their image', async (context) => {
    const sandbox = await startTestSandbox(context);
    const cluster = await clusterPath(sandbox, 'shop-eus');
    const { body } = await ask(sandbox, `${cluster}/agentPools/web?${AKS_VERSION}`);
    const { nodeImageVersion } = (body as { properties: { nodeImageVersion: string } }).properties;
    const behind = (await nodesOf(sandbox, cluster, 'web')).filter(
      (node) => imageOf(node) !== nodeImageVersion,
    );
    assert.equal(behind.length, 3);
    const images = new Map(testImages().images.map((image) => [image.name, image]));
    for (const name of ['shop-weu', 'payments-uks', 'data-neu'])
      for (const node of await nodesOf(sandbox, await clusterPath(sandbox, name))) {
        const image = images.get(imageOf(node) ?? '');
        if (image === undefined || image.kubelets.length === 0) continue;
        const version = node.status.nodeInfo.kubeletVersion.slice(1);
        assert.ok(image.kubelets.includes(version), `${image.name} has no ${version}`);
        assert.equal(node.status.nodeInfo.kernelVersion, image.kernel);
      }
  });
});

describe('a generated fleet', { timeout: 120_000 }, () => {
  test('has as many clusters and nodes as were asked for, in subscriptions of at most 50, of few images', async (context) => {
    const sandbox = await startTestSandbox(context, { fleet: { clusters: 120, nodes: 2500 } });
    const { body } = await ask(sandbox, '/sandbox/status');
    const { counts } = body as { counts: Record<string, number> };
    assert.deepEqual([counts.subscriptions, counts.clusters, counts.nodes], [3, 120, 2500]);
    const clusters = await clustersOf(sandbox);
    assert.equal(clusters.length, 120);
    const pools = clusters.flatMap(({ agentPoolProfiles = [] }): readonly AgentPool[] => agentPoolProfiles);
    assert.ok(new Set(pools.map(({ nodeImageVersion }) => nodeImageVersion)).size < 40);
    assert.equal(
      pools.reduce((sum, { count = 0 }) => sum + count, 0),
      2500,
    );
  });
});

describe('resource groups', { timeout: 60_000 }, () => {
  test('are there for clusters and for their machines; others come and go', async (context) => {
    const sandbox = await startTestSandbox(context);
    const guid = (await subscriptionsOf(sandbox)).get('Contoso Production');
    const groups = `/subscriptions/${guid}/resourceGroups`;
    const version = '?api-version=2021-04-01';
    const { body } = await ask(sandbox, `${groups}${version}`);
    const names = (body as { value: { name: string }[] }).value.map(({ name }) => name);
    assert.ok(names.includes('rg-shop') && names.includes('MC_rg-shop_shop-weu_westeurope'), names.join());
    const path = `${groups}/scans${version}`;
    assert.equal((await ask(sandbox, path)).status, 404);
    assert.equal((await ask(sandbox, path, { method: 'HEAD' })).status, 404);
    assert.equal((await ask(sandbox, path, { method: 'PUT', body: {} })).status, 400);
    const made = { method: 'PUT', body: { location: 'West Europe', tags: { a: 'b' } } };
    assert.equal((await ask(sandbox, path, made)).status, 201);
    assert.equal((await ask(sandbox, path, made)).status, 200);
    assert.equal((await ask(sandbox, path, { method: 'HEAD' })).status, 204);
    assert.equal((await ask(sandbox, path, { method: 'PUT', body: { location: 'eastus' } })).status, 409);
    assert.equal((await ask(sandbox, path, { method: 'DELETE' })).status, 200);
    assert.equal((await ask(sandbox, path)).status, 404);
    assert.equal(
      (await ask(sandbox, `${groups}/rg-shop${version}`, { method: 'DELETE' })).status,
      409,
      'not empty',
    );
    const missing = await ask(
      sandbox,
      `${groups}/scans/providers/Microsoft.ContainerService/managedClusters${'?'}${AKS_VERSION}`,
    );
    assert.equal((missing.body as { error: { code: string } }).error.code, 'ResourceGroupNotFound');
  });
});
