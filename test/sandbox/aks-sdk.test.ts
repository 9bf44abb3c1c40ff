import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type ContainerServiceClient, restorePoller } from '@azure/arm-containerservice';
import { aksClient, all, subscriptionClient } from './sdk.ts';
import {
  AKS_VERSION,
  ask,
  clusterPath,
  startTestSandbox,
  subscriptionsOf,
  type TestSandbox,
} from './support.ts';

const POLL = { updateIntervalInMs: 5 };

/** The official client on a subscription of the default fleet. */
async function connect(
  context: TestContext,
  subscription = 'Contoso Production',
): Promise<{ sandbox: TestSandbox; client: ContainerServiceClient }> {
  const sandbox = await startTestSandbox(context);
  const guid = (await subscriptionsOf(sandbox)).get(subscription) ?? '';
  return { sandbox, client: aksClient(sandbox, guid) };
}

/** Lets the clock run on while something is waited for. */
async function whileAdvancing<T>(sandbox: TestSandbox, waited: PromiseLike<T>): Promise<T> {
  let done = false;
  const settled = Promise.resolve(waited).finally(() => {
    done = true;
  });
  settled.catch(() => {});
  while (!done) {
    await sandbox.advance(5 * 60_000);
    // Gives the client its turn to poll.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return settled;
}

describe('the official SDK, unchanged, reads', { timeout: 60_000 }, () => {
  test('subscriptions, clusters with their pools, and what is below them', async (context) => {
    const { sandbox, client } = await connect(context);
    const subscriptions = await all(subscriptionClient(sandbox).subscriptions.list());
    assert.deepEqual(
      subscriptions.map(({ displayName, state }) => [displayName, state]),
      [
        ['Contoso Production', 'Enabled'],
        ['Contoso Staging', 'Enabled'],
        ['Contoso Research', 'Enabled'],
      ],
    );
    const clusters = await all(client.managedClusters.list());
    assert.deepEqual(clusters.map(({ name }) => name).sort(), [
      'data-neu',
      'payments-uks',
      'shop-eus',
      'shop-weu',
    ]);
    const shop = await client.managedClusters.get('rg-shop', 'shop-weu');
    assert.equal(shop.powerState?.code, 'Running');
    assert.equal(shop.agentPoolProfiles?.length, 4);
    assert.equal(shop.agentPoolProfiles?.find(({ name }) => name === 'win22')?.osType, 'Windows');
    const group = await all(client.managedClusters.listByResourceGroup('RG-SHOP'));
    assert.deepEqual(group.map(({ name }) => name).sort(), ['shop-eus', 'shop-weu']);
    const pools = await all(client.agentPools.list('rg-shop', 'shop-weu'));
    assert.deepEqual(pools.map(({ name }) => name).sort(), ['arm', 'system', 'web', 'win22']);
    const machines = await all(client.machines.list('rg-shop', 'shop-weu', 'web'));
    assert.equal(machines.length, 8);
    const machine = await client.machines.get('rg-shop', 'shop-weu', 'web', machines[0]?.name ?? '');
    assert.equal(machine.properties?.resourceId, machines[0]?.properties?.resourceId);
    const windows = await all(client.maintenanceConfigurations.listByManagedCluster('rg-shop', 'shop-weu'));
    assert.deepEqual(
      windows.map(({ name }) => name),
      ['aksManagedNodeOSUpgradeSchedule'],
    );
    assert.equal(windows[0]?.maintenanceWindow?.schedule?.weekly?.dayOfWeek, 'Saturday');
  });

  test('profiles and versions', async (context) => {
    const { client } = await connect(context);
    const profile = await client.agentPools.getUpgradeProfile('rg-shop', 'shop-weu', 'web');
    assert.match(profile.latestNodeImageVersion ?? '', /^AKSUbuntu-2204gen2containerd-202402\./);
    assert.deepEqual(
      profile.upgrades?.map(({ kubernetesVersion }) => kubernetesVersion),
      ['1.28.5'],
    );
    const cluster = await client.managedClusters.getUpgradeProfile('rg-shop', 'shop-weu');
    const upgrades =
      cluster.controlPlaneProfile?.upgrades?.map(({ kubernetesVersion }) => kubernetesVersion) ?? [];
    assert.ok(
      upgrades.length > 0 && upgrades.every((version) => version?.startsWith('1.29.')),
      upgrades.join(),
    );
    const { values } = await client.managedClusters.listKubernetesVersions('westeurope');
    assert.deepEqual(
      values?.map(({ version }) => version),
      ['1.27', '1.28', '1.29'],
    );
    assert.ok(
      (await client.agentPools.getAvailableAgentPoolVersions('rg-shop', 'shop-weu')).agentPoolVersions
        ?.length,
    );
  });

  test('kubeconfigs: one whose user is a program, one with a token', async (context) => {
    const { sandbox, client } = await connect(context);
    const user = await client.managedClusters.listClusterUserCredentials('rg-shop', 'shop-weu');
    const text = Buffer.from(user.kubeconfigs?.[0]?.value ?? []).toString('utf8');
    assert.match(text, new RegExp(`server: ${sandbox.url}/clusters/shop-weu-dns-[0-9a-f]{8}`));
    assert.match(text, /command: kubelogin/);
    assert.match(text, /6dae42f8-4368-4678-94ff-3960e28e3630/);
    const admin = await client.managedClusters.listClusterAdminCredentials('rg-shop', 'shop-weu');
    assert.match(Buffer.from(admin.kubeconfigs?.[0]?.value ?? []).toString('utf8'), /token: sandbox/);
  });

  test('every page of a long listing, also where a cluster of an earlier page was deleted meanwhile', async (context) => {
    const sandbox = await startTestSandbox(context, { fleet: { clusters: 60, nodes: 120 } });
    const [first] = await all(subscriptionClient(sandbox).subscriptions.list());
    const client = aksClient(sandbox, first?.subscriptionId ?? '');
    const names: (string | undefined)[] = [];
    for await (const page of client.managedClusters.list().byPage()) {
      assert.ok(page.length <= 25);
      if (names.length === 0) await client.managedClusters.delete('rg-0003', 'aks-0003').submitted();
      names.push(...page.map(({ name }) => name));
      await sandbox.advance(3_600_000);
    }
    assert.equal(new Set(names).size, 50);
  });
});

describe('the official SDK, unchanged, changes', { timeout: 60_000 }, () => {
  test('a pool by PUT: polls the operation, then reads the pool', async (context) => {
    const { sandbox, client } = await connect(context);
    const pool = await client.agentPools.get('rg-shop', 'shop-weu', 'system');
    const changed = await whileAdvancing(
      sandbox,
      client.agentPools.createOrUpdate('rg-shop', 'shop-weu', 'system', { ...pool, count: 4 }, POLL),
    );
    assert.equal(changed.count, 4);
    assert.equal(changed.provisioningState, 'Succeeded');
    assert.notEqual(changed.eTag, pool.eTag);
    assert.equal((await all(client.machines.list('rg-shop', 'shop-weu', 'system'))).length, 4);
  });

  test('an eTag that is out of date: RestError 412', async (context) => {
    const { sandbox, client } = await connect(context);
    const pool = await client.agentPools.get('rg-shop', 'shop-weu', 'system');
    const ifMatch = pool.eTag ?? '';
    await whileAdvancing(
      sandbox,
      client.agentPools.createOrUpdate(
        'rg-shop',
        'shop-weu',
        'system',
        { ...pool, count: 4 },
        { ...POLL, ifMatch },
      ),
    );
    await assert.rejects(
      async () =>
        client.agentPools.createOrUpdate('rg-shop', 'shop-weu', 'system', pool, { ...POLL, ifMatch }),
      { statusCode: 412 },
    );
  });

  test('an operation goes on in another process: the poller is restored from its text', async (context) => {
    const { sandbox, client } = await connect(context);
    const pool = await client.agentPools.get('rg-shop', 'shop-weu', 'system');
    const update = client.agentPools.createOrUpdate.bind(client.agentPools);
    const poller = update('rg-shop', 'shop-weu', 'system', { ...pool, count: 4 }, POLL);
    await poller.submitted();
    const state = await poller.serialize();
    const restored = restorePoller(client, state, client.agentPools.createOrUpdate, POLL);
    const changed = await whileAdvancing(sandbox, restored);
    assert.equal(changed.count, 4);
    assert.equal(changed.provisioningState, 'Succeeded');
  });

  test('a node image: the upgrade succeeds, and the poller throws at the 204 with which it ends', async (context) => {
    const { sandbox, client } = await connect(context, 'Contoso Staging');
    await assert.rejects(
      whileAdvancing(
        sandbox,
        client.agentPools.upgradeNodeImageVersion('rg-stage', 'stage-weu', 'apps', POLL),
      ),
      { statusCode: 204 },
    );
    const pool = await client.agentPools.get('rg-stage', 'stage-weu', 'apps');
    const { latestNodeImageVersion } = await client.agentPools.getUpgradeProfile(
      'rg-stage',
      'stage-weu',
      'apps',
    );
    assert.equal(pool.provisioningState, 'Succeeded');
    assert.equal(pool.nodeImageVersion, latestNodeImageVersion);
  });

  test('a node image that is the newest already: RestError 304', async (context) => {
    const { client } = await connect(context);
    await assert.rejects(
      async () => client.agentPools.upgradeNodeImageVersion('rg-shop', 'shop-weu', 'system', POLL),
      { statusCode: 304 },
    );
  });

  test('a failed operation: an Error with code and message, and the reason in the pool', async (context) => {
    const { sandbox, client } = await connect(context);
    await ask(sandbox, '/sandbox/faults', { method: 'POST', body: { kind: 'quota', target: 'shop-weu' } });
    const pool = await client.agentPools.get('rg-shop', 'shop-weu', 'system');
    await assert.rejects(
      whileAdvancing(
        sandbox,
        client.agentPools.createOrUpdate('rg-shop', 'shop-weu', 'system', { ...pool, count: 5 }, POLL),
      ),
      /The long-running operation has failed\. QuotaExceeded\. Operation results in exceeding quota limits of Core/,
    );
    const failed = await client.agentPools.get('rg-shop', 'shop-weu', 'system');
    assert.equal(failed.provisioningState, 'Failed');
    assert.equal(failed.status?.provisioningError?.code, 'QuotaExceeded');
  });

  test('aborting: the operation that was aborted is canceled for its poller', async (context) => {
    const { sandbox, client } = await connect(context, 'Contoso Staging');
    const poller = client.agentPools.upgradeNodeImageVersion('rg-stage', 'stage-weu', 'apps', POLL);
    await poller.submitted();
    await sandbox.advance(8 * 60_000);
    await whileAdvancing(
      sandbox,
      client.agentPools.abortLatestOperation('rg-stage', 'stage-weu', 'apps', POLL),
    );
    await assert.rejects(async () => poller, /Operation was canceled/);
    assert.equal(
      (await client.agentPools.get('rg-stage', 'stage-weu', 'apps')).provisioningState,
      'Canceled',
    );
  });

  test('another operation in progress: RestError 409 with the code of the flat body', async (context) => {
    const { client } = await connect(context, 'Contoso Staging');
    await client.agentPools.upgradeNodeImageVersion('rg-stage', 'stage-weu', 'apps', POLL).submitted();
    await assert.rejects(
      async () => client.agentPools.upgradeNodeImageVersion('rg-stage', 'stage-weu', 'apps', POLL),
      (thrown: Error & { statusCode?: number; code?: string }) => {
        assert.equal(thrown.statusCode, 409);
        assert.equal(thrown.code, 'OperationNotAllowed');
        assert.match(
          thrown.message,
          /Another agentpool operation \(UpgradingNodeImageVersion\) is in progress/,
        );
        return true;
      },
    );
  });

  test('pools and clusters come and go', async (context) => {
    const { sandbox, client } = await connect(context);
    const made = await whileAdvancing(
      sandbox,
      client.agentPools.createOrUpdate(
        'rg-shop',
        'shop-weu',
        'extra',
        { count: 2, mode: 'User', osSKU: 'AzureLinux' },
        POLL,
      ),
    );
    assert.match(made.nodeImageVersion ?? '', /^AKSAzureLinux-V2gen2-/);
    assert.equal((await all(client.machines.list('rg-shop', 'shop-weu', 'extra'))).length, 2);
    await whileAdvancing(sandbox, client.agentPools.delete('rg-shop', 'shop-weu', 'extra', POLL));
    await assert.rejects(client.agentPools.get('rg-shop', 'shop-weu', 'extra'), { statusCode: 404 });
    const cluster = await whileAdvancing(
      sandbox,
      client.managedClusters.createOrUpdate(
        'rg-shop',
        'fresh',
        { location: 'uksouth', agentPoolProfiles: [{ name: 'system', mode: 'System', count: 1 }] },
        POLL,
      ),
    );
    assert.equal(cluster.provisioningState, 'Succeeded');
    assert.equal((await all(client.machines.list('rg-shop', 'fresh', 'system'))).length, 1);
    await whileAdvancing(sandbox, client.managedClusters.delete('rg-shop', 'fresh', POLL));
    await assert.rejects(client.managedClusters.get('rg-shop', 'fresh'), { statusCode: 404 });
  });

  test('machines are deleted by name, and tags changed', async (context) => {
    const { sandbox, client } = await connect(context);
    const [machine] = await all(client.machines.list('rg-shop', 'shop-weu', 'web'));
    const machineNames = [machine?.name ?? ''];
    await whileAdvancing(
      sandbox,
      client.agentPools.deleteMachines('rg-shop', 'shop-weu', 'web', { machineNames }, POLL),
    );
    const left = await all(client.machines.list('rg-shop', 'shop-weu', 'web'));
    assert.equal(left.length, 7);
    assert.ok(left.every(({ name }) => name !== machine?.name));
    const tagged = await whileAdvancing(
      sandbox,
      client.managedClusters.updateTags('rg-shop', 'shop-weu', { tags: { nodeward: 'off' } }, POLL),
    );
    assert.deepEqual(tagged.tags, { nodeward: 'off' });
  });

  test('snapshots of pools and maintenance windows are made, listed and deleted', async (context) => {
    const { client } = await connect(context);
    const pool = await client.agentPools.get('rg-shop', 'shop-weu', 'web');
    const creationData = { sourceResourceId: pool.id ?? '' };
    const made = await client.snapshots.createOrUpdate('rg-shop', 'before', {
      location: 'westeurope',
      creationData,
    });
    assert.equal(made.nodeImageVersion, pool.nodeImageVersion);
    assert.deepEqual(
      (await all(client.snapshots.listByResourceGroup('rg-shop'))).map(({ name }) => name),
      ['before'],
    );
    await client.snapshots.delete('rg-shop', 'before');
    await assert.rejects(client.snapshots.get('rg-shop', 'before'), { statusCode: 404 });
    const window = {
      maintenanceWindow: {
        ...{ durationHours: 4, startTime: '02:00', utcOffset: '+00:00' },
        schedule: { daily: { intervalDays: 1 } },
      },
    };
    const name = 'aksManagedAutoUpgradeSchedule';
    await client.maintenanceConfigurations.createOrUpdate('rg-shop', 'shop-weu', name, window);
    const kept = await client.maintenanceConfigurations.get('rg-shop', 'shop-weu', name);
    assert.equal(kept.maintenanceWindow?.schedule?.daily?.intervalDays, 1);
    await client.maintenanceConfigurations.delete('rg-shop', 'shop-weu', name);
    await assert.rejects(client.maintenanceConfigurations.get('rg-shop', 'shop-weu', name), {
      statusCode: 404,
    });
  });

  test('a read-only caller: RestError 403 that names the action', async (context) => {
    const { sandbox } = await connect(context);
    const guid = (await subscriptionsOf(sandbox)).get('Contoso Production') ?? '';
    const reader = aksClient(sandbox, guid, 'sandbox-reader');
    assert.equal((await all(reader.managedClusters.list())).length, 4);
    await assert.rejects(
      async () => reader.agentPools.upgradeNodeImageVersion('rg-shop', 'shop-weu', 'web', POLL),
      { statusCode: 403, code: 'AuthorizationFailed' },
    );
    const path = await clusterPath(sandbox, 'shop-weu');
    const permissions = await ask(
      sandbox,
      `${path}/providers/Microsoft.Authorization/permissions?${AKS_VERSION}`,
      { token: 'sandbox-reader' },
    );
    assert.deepEqual((permissions.body as { value: { actions: string[] }[] }).value[0]?.actions, [
      '*/read',
      'Microsoft.ContainerService/managedClusters/listClusterUserCredential/action',
    ]);
  });
});
