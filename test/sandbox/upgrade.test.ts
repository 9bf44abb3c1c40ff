import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  AKS_VERSION,
  addFault,
  ask,
  clusterPath,
  eventsOf,
  imageOf,
  nodesOf,
  poolOf,
  type RawAnswer,
  untilEnded,
} from './support.ts';
import { MINUTE, put, setUp, upgradeImage } from './upgrade-support.ts';

describe('an upgrade of a pool', { timeout: 60_000 }, () => {
  test('makes every node anew, one surge node beside them, and keeps their names', async (context) => {
    const setup = await setUp(context);
    const { sandbox, cluster, pool } = setup;
    const before = await nodesOf(sandbox, cluster, 'apps');
    const target = (await poolOf(sandbox, pool)).properties.nodeImageVersion;
    const started = await upgradeImage(setup);
    const shown = (await poolOf(sandbox, pool)).properties;
    assert.notEqual(shown.nodeImageVersion, target, 'ARM shows the target at once');
    assert.ok(before.every((node) => imageOf(node) !== shown.nodeImageVersion));
    await sandbox.advance(6 * MINUTE);
    assert.equal((await nodesOf(sandbox, cluster, 'apps')).length, 5, 'one surge node');
    assert.equal((await untilEnded(sandbox, started)).status, 'Succeeded');
    const after = await nodesOf(sandbox, cluster, 'apps');
    assert.deepEqual(
      after.map(({ metadata }) => metadata.name).sort(),
      before.map(({ metadata }) => metadata.name).sort(),
    );
    assert.deepEqual(
      after.map(({ spec }) => spec.providerID).sort(),
      before.map(({ spec }) => spec.providerID).sort(),
    );
    for (const node of after) {
      const old = before.find(({ metadata }) => metadata.name === node.metadata.name);
      assert.equal(imageOf(node), shown.nodeImageVersion);
      assert.equal(node.spec.unschedulable ?? false, false);
      assert.notEqual(node.metadata.uid, old?.metadata.uid);
      assert.notEqual(node.status.nodeInfo.bootID, old?.status.nodeInfo.bootID);
      assert.notEqual(node.status.nodeInfo.kernelVersion, old?.status.nodeInfo.kernelVersion);
      assert.ok(node.metadata.creationTimestamp > (old?.metadata.creationTimestamp ?? ''));
    }
    const used = await ask(sandbox, `${pool}/upgradeProfiles/default?${AKS_VERSION}`);
    assert.match(
      used.text,
      new RegExp(`"recentlyUsedVersions": \\[\\s*\\{[^}]*"nodeImageVersion": "${target}"`),
    );
    const older = await ask(sandbox, `${pool}/upgradeProfiles/default?api-version=2025-10-01`);
    assert.doesNotMatch(older.text, /recentlyUsedVersions/);
  });

  test('tells what it does in events of the cluster', async (context) => {
    const setup = await setUp(context);
    const started = await upgradeImage(setup);
    await setup.sandbox.advance(12 * MINUTE);
    const { sandbox, cluster } = setup;
    assert.match(
      (await eventsOf(sandbox, cluster, 'Surge')).join('\n'),
      /Created a surge node \[aks-apps-.* apps\] for agentpool apps/,
    );
    assert.match((await eventsOf(sandbox, cluster, 'Drain')).join('\n'), /Draining node: aks-apps-/);
    assert.equal((await untilEnded(sandbox, started)).status, 'Succeeded');
  });

  test('works on as many nodes at a time as the pool allows', async (context) => {
    const setup = await setUp(context);
    const { sandbox, cluster } = setup;
    await untilEnded(sandbox, await put(setup, { upgradeSettings: { maxSurge: '50%' } }));
    await upgradeImage(setup);
    await sandbox.advance(5 * MINUTE);
    const nodes = await nodesOf(sandbox, cluster, 'apps');
    assert.equal(nodes.length, 6, '50 % of four nodes');
    assert.equal(nodes.filter(({ spec }) => spec.unschedulable === true).length, 2);
  });

  test('takes nodes away instead of adding some where the pool says so', async (context) => {
    const setup = await setUp(context);
    const { sandbox, cluster } = setup;
    await untilEnded(sandbox, await put(setup, { upgradeSettings: { maxSurge: '0', maxUnavailable: '1' } }));
    const started = await upgradeImage(setup);
    for (let minute = 0; minute < 15; minute++) {
      await sandbox.advance(MINUTE);
      const nodes = await nodesOf(sandbox, cluster, 'apps');
      assert.equal(nodes.length, 4);
      assert.ok(nodes.filter(({ spec }) => spec.unschedulable === true).length <= 1);
    }
    assert.equal((await untilEnded(sandbox, started)).status, 'Succeeded');
  });

  test('soaks after draining for as long as the pool says', async (context) => {
    const plain = await setUp(context);
    const soaking = await setUp(context);
    await untilEnded(
      soaking.sandbox,
      await put(soaking, { upgradeSettings: { nodeSoakDurationInMinutes: 30 } }),
    );
    const times: number[] = [];
    for (const setup of [plain, soaking]) {
      const from = setup.sandbox.now().getTime();
      await untilEnded(setup.sandbox, await upgradeImage(setup));
      times.push(setup.sandbox.now().getTime() - from);
    }
    const [without = 0, with30 = 0] = times;
    assert.ok(with30 - without >= 4 * 30 * MINUTE - 10 * MINUTE, `${without} ${with30}`);
  });

  test('aborted: stops where it is, some nodes new and some old, and goes on when asked again', async (context) => {
    const setup = await setUp(context);
    const { sandbox, cluster, pool } = setup;
    const before = (await poolOf(sandbox, pool)).properties.nodeImageVersion;
    await upgradeImage(setup);
    await sandbox.advance(16 * MINUTE);
    const aborted = await ask(sandbox, `${pool}/abort?${AKS_VERSION}`, { method: 'POST' });
    assert.equal((await untilEnded(sandbox, aborted)).status, 'Succeeded');
    await sandbox.advance(60 * MINUTE);
    const { nodeImageVersion: target, provisioningState } = (await poolOf(sandbox, pool)).properties;
    assert.equal(provisioningState, 'Canceled');
    const images = new Set((await nodesOf(sandbox, cluster, 'apps')).map(imageOf));
    assert.ok(images.size > 1 && images.has(target), [...images].join());
    const resumed = await upgradeImage(setup);
    assert.equal(resumed.status, 202, 'not 304: nodes are behind');
    assert.equal((await untilEnded(sandbox, resumed)).status, 'Succeeded');
    const nodes = await nodesOf(sandbox, cluster, 'apps');
    assert.equal(nodes.length, 4);
    assert.ok(nodes.every((node) => imageOf(node) === target && node.spec.unschedulable !== true));
    const profile = await ask(sandbox, `${pool}/upgradeProfiles/default?${AKS_VERSION}`);
    const { recentlyUsedVersions } = (
      profile.body as { properties: { recentlyUsedVersions?: { nodeImageVersion: string }[] } }
    ).properties;
    assert.deepEqual(
      recentlyUsedVersions?.map(({ nodeImageVersion }) => nodeImageVersion),
      [before],
      'the way back stays open',
    );
  });

  test('aborted while a surge node starts: it becomes ready, stays, and is used and removed by the next one', async (context) => {
    const setup = await setUp(context);
    const { sandbox, cluster, pool } = setup;
    await upgradeImage(setup);
    await sandbox.advance(MINUTE);
    await untilEnded(sandbox, await ask(sandbox, `${pool}/abort?${AKS_VERSION}`, { method: 'POST' }));
    await sandbox.advance(10 * MINUTE);
    const left = await nodesOf(sandbox, cluster, 'apps');
    assert.equal(left.length, 5);
    const ready = left.map(({ status }) => status.conditions.find(({ type }) => type === 'Ready')?.status);
    assert.deepEqual(ready, ['True', 'True', 'True', 'True', 'True']);
    const resumed = await upgradeImage(setup);
    await sandbox.advance(5 * MINUTE);
    assert.equal((await nodesOf(sandbox, cluster, 'apps')).length, 5, 'no second surge node');
    assert.equal((await untilEnded(sandbox, resumed)).status, 'Succeeded');
    assert.equal((await nodesOf(sandbox, cluster, 'apps')).length, 4);
  });

  test('of more than a day can be followed to its end', async (context) => {
    const setup = await setUp(context);
    const upgradeSettings = { maxSurge: '1', nodeSoakDurationInMinutes: 30 };
    await untilEnded(setup.sandbox, await put(setup, { count: 45, upgradeSettings }));
    await setup.sandbox.advance(20 * 24 * 60 * MINUTE);
    const from = setup.sandbox.now().getTime();
    const started = await upgradeImage(setup);
    assert.equal(started.status, 202, started.text);
    assert.equal((await untilEnded(setup.sandbox, started)).status, 'Succeeded');
    assert.ok(setup.sandbox.now().getTime() - from > 24 * 60 * MINUTE);
  });

  test('of the Kubernetes version: the image moves too, and no pool gets ahead of its control plane', async (context) => {
    const setup = await setUp(context);
    const { sandbox, cluster, pool } = setup;
    assert.equal((await put(setup, { orchestratorVersion: '1.29.0' })).status, 400);
    assert.equal((await put(setup, { orchestratorVersion: '1.99.0' })).status, 400);
    const before = (await poolOf(sandbox, pool)).properties;
    assert.equal(before.currentOrchestratorVersion, '1.28.3');
    const started = await put(setup, { orchestratorVersion: '1.28.5' });
    assert.equal(
      (started.body as { properties: { provisioningState: string } }).properties.provisioningState,
      'Upgrading',
    );
    assert.equal((await untilEnded(sandbox, started)).status, 'Succeeded');
    const after = (await poolOf(sandbox, pool)).properties;
    assert.equal(after.currentOrchestratorVersion, '1.28.5');
    assert.notEqual(after.nodeImageVersion, before.nodeImageVersion);
    const nodes = await nodesOf(sandbox, cluster, 'apps');
    assert.ok(nodes.every(({ status }) => status.nodeInfo.kubeletVersion === 'v1.28.5'));
    assert.equal(
      (await put(setup, { orchestratorVersion: '1.28.3' })).status,
      400,
      'no way back by version alone',
    );
  });

  test('back to what the pool ran before, for some days', async (context) => {
    const setup = await setUp(context);
    const { sandbox, cluster, pool } = setup;
    const before = (await poolOf(sandbox, pool)).properties;
    await untilEnded(sandbox, await upgradeImage(setup));
    const back = {
      orchestratorVersion: before.currentOrchestratorVersion,
      nodeImageVersion: before.nodeImageVersion,
    };
    const rolledBack = await put(setup, back);
    assert.equal(rolledBack.status, 200, rolledBack.text);
    assert.equal((await untilEnded(sandbox, rolledBack)).status, 'Succeeded');
    const nodes = await nodesOf(sandbox, cluster, 'apps');
    assert.ok(nodes.every((node) => imageOf(node) === before.nodeImageVersion));
    await untilEnded(sandbox, await upgradeImage(setup));
    await sandbox.advance(8 * 24 * 60 * MINUTE);
    assert.equal((await put(setup, back)).status, 400);
  });

  test('to the image of a snapshot of another pool', async (context) => {
    const setup = await setUp(context);
    const { sandbox, cluster, pool } = setup;
    const system = await poolOf(sandbox, `${cluster}/agentPools/system`);
    const group = cluster.slice(0, cluster.indexOf('/providers/'));
    const snapshot = `${group}/providers/Microsoft.ContainerService/snapshots/golden`;
    const creationData = { sourceResourceId: system.id };
    const made = await ask(sandbox, `${snapshot}?${AKS_VERSION}`, {
      ...{ method: 'PUT', body: { location: 'westeurope', properties: { creationData } } },
    });
    assert.equal(made.status, 201, made.text);
    const started = await put(setup, { creationData: { sourceResourceId: snapshot } });
    assert.equal((await untilEnded(sandbox, started)).status, 'Succeeded');
    assert.equal(
      (await poolOf(sandbox, pool)).properties.nodeImageVersion,
      system.properties.nodeImageVersion,
    );
    const missing = await put(setup, { creationData: { sourceResourceId: `${snapshot}2` } });
    assert.equal(missing.status, 400);
  });

  const unfit = [
    { of: 'shop-weu/agentPools/win22', reason: /does not fit the machines/ },
    { of: 'archive-uks/agentPools/batch', reason: /is older than 90 days/ },
    { of: 'stage-weu/agentPools/apps', reason: /is older than that of the agent pool/ },
  ];
  for (const { of, reason } of unfit)
    test(`not to a snapshot of ${of}`, async (context) => {
      const setup = await setUp(context);
      const { sandbox, cluster } = setup;
      const [name = '', ...rest] = of.split('/');
      const sourceResourceId = [await clusterPath(sandbox, name), ...rest].join('/');
      const snapshot = `${cluster.slice(0, cluster.indexOf('/providers/'))}/providers/Microsoft.ContainerService/snapshots/unfit`;
      const made = await ask(sandbox, `${snapshot}?${AKS_VERSION}`, {
        ...{ method: 'PUT', body: { properties: { creationData: { sourceResourceId } } } },
      });
      assert.equal(made.status, 201, made.text);
      const pool = `${cluster}/agentPools/system`;
      const refused = await put({ ...setup, pool }, { creationData: { sourceResourceId: snapshot } });
      assert.equal(refused.status, 400);
      assert.match(refused.text, reason);
      const created = await put(
        { ...setup, pool: `${cluster}/agentPools/fresh` },
        { count: 1, creationData: { sourceResourceId: snapshot } },
      );
      assert.equal(created.status, name === 'stage-weu' ? 201 : 400, created.text);
    });

  test('to another operating system SKU: made anew from its image', async (context) => {
    const setup = await setUp(context);
    const started = await put(setup, { osSKU: 'AzureLinux' });
    assert.equal((await untilEnded(setup.sandbox, started)).status, 'Succeeded');
    const nodes = await nodesOf(setup.sandbox, setup.cluster, 'apps');
    assert.ok(nodes.every((node) => imageOf(node)?.startsWith('AKSAzureLinux-V2gen2-')));
    assert.equal((await put(setup, { osSKU: 'Minix' })).status, 400);
    assert.equal(
      (await poolOf(setup.sandbox, setup.pool)).properties.osSKU,
      'AzureLinux',
      'a refused PUT changes nothing',
    );
  });

  test('refused where a budget never allows an eviction, unless the cluster says to force it', async (context) => {
    const setup = await setUp(context);
    const { sandbox } = setup;
    const cluster = await clusterPath(sandbox, 'shop-weu');
    const pool = `${cluster}/agentPools/arm`;
    const refused = await ask(sandbox, `${pool}/upgradeNodeImageVersion?${AKS_VERSION}`, { method: 'POST' });
    assert.equal(refused.status, 400);
    assert.match(refused.text, /"UnsatisfiablePDB"/);
    assert.match(refused.text, /PDB data\/ledger has maxunavailble == 0 can't proceed with put operation/);
    const override = (until: string): Promise<RawAnswer> =>
      ask(sandbox, `${cluster}?${AKS_VERSION}`, {
        method: 'PUT',
        body: {
          location: 'westeurope',
          properties: { upgradeSettings: { overrideSettings: { forceUpgrade: true, until } } },
        },
      });
    assert.equal((await override('2024-02-01T00:00:00Z')).status, 400, 'the past');
    assert.equal((await untilEnded(sandbox, await override('2024-03-02T00:00:00Z'))).status, 'Succeeded');
    const forced = await ask(sandbox, `${pool}/upgradeNodeImageVersion?${AKS_VERSION}`, { method: 'POST' });
    assert.equal(forced.status, 202);
    assert.equal((await untilEnded(sandbox, forced)).status, 'Succeeded');
  });
});

describe('a node that cannot be drained', { timeout: 60_000 }, () => {
  test('stops the upgrade: uncordoned, Failed, ARM shows the target all the same; any PUT goes on', async (context) => {
    const setup = await setUp(context);
    const { sandbox, cluster, pool } = setup;
    const fault = await addFault(sandbox, { kind: 'pdb-block', target: 'apps' });
    const before = (await poolOf(sandbox, pool)).properties.nodeImageVersion;
    const ended = await untilEnded(sandbox, await upgradeImage(setup));
    assert.equal(ended.status, 'Failed');
    assert.equal(ended.error?.code, 'UpgradeFailed');
    assert.match(
      ended.error?.message ?? '',
      /^Drain node aks-apps-\S+ failed when evicting pod \S+ failed with Too Many Requests error\..*PDB debug info: .* blocked by pdb /,
    );
    const failed = (await poolOf(sandbox, pool)).properties;
    assert.equal(failed.provisioningState, 'Failed');
    assert.equal(failed.status?.provisioningError.code, 'UpgradeFailed');
    assert.notEqual(failed.nodeImageVersion, before, 'the target, which no node has');
    const nodes = await nodesOf(sandbox, cluster, 'apps');
    assert.equal(nodes.length, 4, 'surge nodes are gone');
    assert.ok(nodes.every((node) => node.spec.unschedulable !== true && imageOf(node)?.startsWith(before)));
    assert.match(
      (await eventsOf(sandbox, cluster, 'Drain')).join('\n'),
      /Eviction blocked by Too Many Requests \(usually a pdb\)/,
    );
    await ask(sandbox, `/sandbox/faults/${fault}`, { method: 'DELETE' });
    // A change that has nothing to do with the upgrade.
    assert.equal(
      (await untilEnded(sandbox, await put(setup, { nodeLabels: { tier: 'apps' } }))).status,
      'Succeeded',
    );
    assert.ok(
      (await nodesOf(sandbox, cluster, 'apps')).every((node) => imageOf(node) === failed.nodeImageVersion),
    );
  });

  test('is quarantined where the pool says so: a surge node takes its place, the rest goes on', async (context) => {
    const setup = await setUp(context);
    const { sandbox, cluster, pool } = setup;
    const settings = { undrainableNodeBehavior: 'Cordon', drainTimeoutInMinutes: 5 };
    await untilEnded(sandbox, await put(setup, { upgradeSettings: settings }));
    const [first] = await nodesOf(sandbox, cluster, 'apps');
    const name = first?.metadata.name ?? '';
    await addFault(sandbox, { kind: 'pdb-block', target: name });
    const ended = await untilEnded(sandbox, await upgradeImage(setup));
    assert.equal(ended.status, 'Failed');
    const target = (await poolOf(sandbox, pool)).properties.nodeImageVersion;
    const nodes = await nodesOf(sandbox, cluster, 'apps');
    assert.equal(nodes.length, 5);
    const blocked = nodes.find(({ metadata }) => metadata.name === name);
    assert.equal(blocked?.metadata.labels['kubernetes.azure.com/upgrade-status'], 'Quarantined');
    assert.equal(blocked?.spec.unschedulable, true);
    assert.equal(nodes.filter((node) => imageOf(node) === target).length, 4);
  });

  test('because a webhook denies it: the upgrade fails at once', async (context) => {
    const setup = await setUp(context);
    await addFault(setup.sandbox, { kind: 'webhook-denial', target: 'apps' });
    const from = setup.sandbox.now().getTime();
    const ended = await untilEnded(setup.sandbox, await upgradeImage(setup));
    assert.equal(ended.status, 'Failed');
    assert.match(ended.error?.message ?? '', /admission webhook ".+" denied the request/);
    assert.ok(setup.sandbox.now().getTime() - from < 25 * MINUTE, 'without waiting for the drain timeout');
  });
});
