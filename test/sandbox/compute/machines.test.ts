/** Scale sets, machines and disks through the official SDK, and one whole look at a node's disk. */
import assert from 'node:assert/strict';
import { before, describe, it, type TestContext, test } from 'node:test';
import { contentOf } from '../../../src/sandbox/compute/disks/content.ts';
import { softwareOn } from '../../../src/sandbox/compute/disks/software.ts';
import { machinesOf } from '../../../src/sandbox/compute/machines.ts';
import { TOKENS } from '../../../src/sandbox/index.ts';
import { lacking } from '../../support/tools.ts';
import { ask, startTestSandbox } from '../support.ts';
import { openSandbox } from './core.ts';
import { scanned } from './disks/support.ts';
import {
  computeClient,
  type FoundNode,
  machineGroups,
  makeGroup,
  nodesLike,
  SCAN_GROUP,
  snapshotOf,
  subscriptionsOf,
} from './support.ts';

const VERSION = 'api-version=2026-04-01';

async function collected<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of pages) all.push(each);
  return all;
}

function nodeOf(nodes: readonly FoundNode[]): FoundNode & { disk: string } {
  const found = nodes.find(({ disk }) => disk !== null);
  assert.ok(found?.disk != null);
  return { ...found, disk: found.disk };
}

test('a scale set tells its pool, its machines and their disks', async (context) => {
  const sandbox = await startTestSandbox(context);
  const groups = await machineGroups(sandbox);
  assert.ok(groups.length >= 5);
  let machines = 0;
  for (const { subscription, group } of groups) {
    const client = computeClient(sandbox, subscription);
    for (const set of await collected(client.virtualMachineScaleSets.list(group))) {
      assert.ok(set.tags?.['aks-managed-poolName'], 'the pool is a tag');
      const name = set.name ?? '';
      assert.deepEqual(await client.virtualMachineScaleSets.get(group, name), set);
      for (const vm of await collected(client.virtualMachineScaleSetVMs.list(group, name))) {
        machines++;
        assert.equal(vm.tags?.['aks-managed-poolName'], set.tags['aks-managed-poolName']);
        assert.match(
          vm.id ?? '',
          new RegExp(`/virtualMachineScaleSets/${name}/virtualMachines/${vm.instanceId}$`),
        );
        const { osDisk, imageReference } = vm.storageProfile ?? {};
        assert.match(imageReference?.id ?? '', /\/galleries\/\w+\/images\/[\w.-]+\/versions\/[\d.]+$/);
        if (osDisk?.diffDiskSettings?.option === 'Local') assert.equal(osDisk.managedDisk?.id, undefined);
        else assert.match(osDisk?.managedDisk?.id ?? '', /\/providers\/Microsoft\.Compute\/disks\//);
      }
    }
  }
  const everywhere = await Promise.all(
    (await subscriptionsOf(sandbox)).map((each) =>
      collected(computeClient(sandbox, each).virtualMachineScaleSets.listAll()),
    ),
  );
  assert.ok(everywhere.flat().length >= 15);
  assert.ok(machines >= 50);
});

test('one machine of a scale set, with its instance view', async (context) => {
  const sandbox = await startTestSandbox(context);
  const { subscription, group, scaleSet, instance, disk } = nodeOf(await nodesLike(sandbox, /^aks-/));
  const client = computeClient(sandbox, subscription);
  const vm = await client.virtualMachineScaleSetVMs.get(group, scaleSet, instance, {
    expand: 'instanceView',
  });
  assert.equal(vm.storageProfile?.osDisk?.managedDisk?.id, disk);
  assert.match(vm.osProfile?.computerName ?? '', /^aks-.*-vmss00000\w$/);
  const view = await client.virtualMachineScaleSetVMs.getInstanceView(group, scaleSet, instance);
  const codes = view.statuses?.map(({ code }) => code);
  assert.deepEqual(codes, ['ProvisioningState/succeeded', 'PowerState/running']);
  assert.deepEqual(vm.instanceView?.statuses, view.statuses);
  await assert.rejects(client.virtualMachineScaleSetVMs.get(group, scaleSet, '999'), { statusCode: 404 });
  await assert.rejects(client.virtualMachineScaleSets.get(group, 'none'), {
    statusCode: 404,
    code: 'ResourceNotFound',
  });
  await assert.rejects(collected(client.virtualMachineScaleSets.list('none')), {
    statusCode: 404,
    code: 'ResourceGroupNotFound',
  });
});

test('machines that node auto-provisioning made are virtual machines of their own', async (context) => {
  const sandbox = await startTestSandbox(context);
  let found = 0;
  for (const subscription of await subscriptionsOf(sandbox)) {
    const client = computeClient(sandbox, subscription);
    for (const { id = '', name = '', tags } of await collected(client.virtualMachines.listAll())) {
      found++;
      const group = /\/resourceGroups\/([^/]+)\//.exec(id)?.[1] ?? '';
      const vm = await client.virtualMachines.get(group, name, { expand: 'instanceView' });
      assert.equal(vm.instanceView?.statuses?.[1]?.code, 'PowerState/running');
      assert.equal(tags?.['karpenter.sh_nodepool'], 'default');
      const disk = vm.storageProfile?.osDisk?.managedDisk?.id ?? '';
      const { managedBy, diskState } = await client.disks.get(group, disk.slice(disk.lastIndexOf('/') + 1));
      assert.deepEqual([managedBy, diskState], [id, 'Attached']);
      assert.ok((await collected(client.virtualMachines.list(group))).some((each) => each.id === id));
    }
  }
  assert.ok(found > 0);
});

test('disks tell what they are and whether they are encrypted', async (context) => {
  const sandbox = await startTestSandbox(context);
  const kinds = new Set<string>();
  const everywhere: (string | undefined)[] = [];
  for (const subscription of await subscriptionsOf(sandbox))
    for (const { id } of await collected(computeClient(sandbox, subscription).disks.list()))
      everywhere.push(id);
  for (const { subscription, group } of await machineGroups(sandbox)) {
    const client = computeClient(sandbox, subscription);
    for (const disk of await collected(client.disks.listByResourceGroup(group))) {
      assert.deepEqual(await client.disks.get(group, disk.name ?? ''), disk);
      assert.ok(everywhere.includes(disk.id));
      const confidential = /^ConfidentialVM_/.test(disk.securityProfile?.securityType ?? '');
      kinds.add(`${disk.osType} ${confidential || disk.encryptionSettingsCollection?.enabled === true}`);
    }
  }
  assert.deepEqual([...kinds].sort(), ['Linux false', 'Linux true', 'Windows false']);
});

test('ids are compared in any case, and the api-version is required', async (context) => {
  const sandbox = await startTestSandbox(context);
  const { disk } = nodeOf(await nodesLike(sandbox, /^aks-/));
  const one = await ask(sandbox, `${disk}?${VERSION}`);
  const other = await ask(sandbox, `${disk.toLowerCase()}?${VERSION}`);
  assert.deepEqual([one.status, other.status], [200, 200]);
  assert.deepEqual(other.body, one.body);
  assert.match(one.text, /^\{\n {2}"id"/, 'pretty-printed');
  const without = await ask(sandbox, disk);
  assert.equal(without.status, 400);
  assert.equal((await ask(sandbox, `${disk}?${VERSION}`, { token: null })).status, 401);
  assert.equal((await ask(sandbox, `${disk}?${VERSION}`, { token: TOKENS.reader })).status, 200);
});

describe("a node's disk, from its snapshot to its packages", { skip: lacking('mke2fs') }, () => {
  let scan: (context: TestContext, pools: RegExp) => Promise<Awaited<ReturnType<typeof scanned>>>;
  before(() => {
    scan = async (context, pools) => {
      const sandbox = await startTestSandbox(context);
      const node = nodeOf(await nodesLike(sandbox, pools));
      await makeGroup(sandbox, node.subscription);
      const { snapshots } = computeClient(sandbox, node.subscription);
      await snapshots.createOrUpdate(SCAN_GROUP, 's1', snapshotOf(node));
      const request = { access: 'Read', durationInSeconds: 3600 };
      const { accessSAS = '' } = await snapshots.grantAccess(SCAN_GROUP, 's1', request);
      const read = await scanned(accessSAS);
      await assert.rejects(snapshots.delete(SCAN_GROUP, 's1'), { statusCode: 409 });
      await snapshots.revokeAccess(SCAN_GROUP, 's1');
      await assert.rejects(scanned(accessSAS), { code: 'network-failed' });
      await snapshots.delete(SCAN_GROUP, 's1');
      assert.deepEqual(await collected(snapshots.list()), []);
      return read;
    };
  });

  it('Ubuntu', async (context) => {
    const { software, scan: report, gaps } = await scan(context, /^aks-web-/);
    assert.equal(software.os?.versionId, '22.04');
    assert.ok(software.packages.length > 700);
    assert.equal(report?.complete, true);
    assert.deepEqual(
      gaps.map(({ code }) => code),
      ['not-searched'],
    );
    assert.ok((report?.reads?.bytes ?? Number.POSITIVE_INFINITY) < 4 << 20, 'little of 128 GiB is read');
  });

  it('Azure Linux', async (context) => {
    const { software } = await scan(context, /azl|mariner|azure/i);
    assert.equal(software.format, 'rpm');
    assert.ok(software.packages.length > 400);
  });
});

test('every disk of the fleet has the software of its node', async (context) => {
  const { core } = await openSandbox(context);
  const kinds = new Map<string, number>();
  for (const cluster of core.state.clusters.values())
    for (const machine of machinesOf(core, cluster)) {
      const { node, pool } = machine;
      const content = contentOf(node, pool, core.images);
      kinds.set(content.kind, (kinds.get(content.kind) ?? 0) + 1);
      if (content.kind !== 'linux') continue;
      const installed = softwareOn(content, core);
      assert.ok((installed?.software.packages.length ?? 0) > 400, node.name);
      assert.ok(installed?.kernels.includes(node.kernel), node.name);
      assert.equal(installed?.software.os?.prettyName, node.osImage, node.name);
    }
  assert.ok((kinds.get('linux') ?? 0) > 50);
  assert.ok((kinds.get('windows') ?? 0) > 0 && (kinds.get('encrypted') ?? 0) > 0);
});
