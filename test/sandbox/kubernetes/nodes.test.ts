import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Call, Caller } from '../../kubernetes/call.ts';
import { callerOf } from '../../kubernetes/call.ts';
import { type SandboxKubernetes, startSandboxKubernetes } from '../../kubernetes/support.ts';

const MERGE = 'application/merge-patch+json';

interface NodeObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly providerID: string;
    readonly taints?: readonly { key: string; effect: string }[];
  };
  readonly status: {
    readonly nodeInfo: Readonly<Record<string, string>>;
    readonly conditions: readonly { type: string; status: string }[];
    readonly addresses: readonly { type: string; address: string }[];
    readonly capacity: Readonly<Record<string, string>>;
  };
}

/** The nodes of one cluster of the default fleet. */
async function nodesOf(cluster: string): Promise<readonly NodeObject[]> {
  const kubernetes = await startSandboxKubernetes({ cluster });
  const { call, close } = callerOf(kubernetes);
  try {
    return (await call('GET', '/api/v1/nodes')).body.items;
  } finally {
    close();
    await kubernetes.stop();
  }
}

function inPool(nodes: readonly NodeObject[], pool: string): readonly NodeObject[] {
  return nodes.filter(({ metadata }) => metadata.labels.agentpool === pool);
}

const AKS = 'kubernetes.azure.com';

it('shows nodes as AKS labels them', async () => {
  const nodes = await nodesOf('shop-weu');
  const [web] = inPool(nodes, 'web');
  assert.ok(web);
  const { labels } = web.metadata;
  assert.equal(labels[`${AKS}/agentpool`], 'web');
  assert.match(labels[`${AKS}/node-image-version`] ?? '', /^AKSUbuntu-2204gen2containerd-\d{6}\.\d\d\.\d+$/);
  assert.deepEqual(
    ['mode', 'os-sku', 'os-sku-effective', 'role', 'nodepool-type', 'storageprofile', 'fips_enabled'].map(
      (name) => labels[`${AKS}/${name}`],
    ),
    ['user', 'Ubuntu', 'Ubuntu', 'agent', 'VirtualMachineScaleSets', 'managed', undefined],
  );
  assert.equal(labels.tier, 'web');
  assert.match(labels[`${AKS}/cluster`] ?? '', /^MC_/);
  assert.match(
    web.spec.providerID,
    /^azure:\/\/\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/MC_.*\/providers\/Microsoft.Compute\/virtualMachineScaleSets\/aks-web-\d+-vmss\/virtualMachines\/\d+$/i,
  );
  const { nodeInfo } = web.status;
  assert.match(nodeInfo.kernelVersion ?? '', /^5\.15\.0-\d+-azure$/);
  assert.match(nodeInfo.osImage ?? '', /^Ubuntu 22\.04/);
  assert.match(nodeInfo.kubeletVersion ?? '', /^v1\.\d+\.\d+$/);
  assert.match(nodeInfo.containerRuntimeVersion ?? '', /^containerd:\/\/1\./);
  assert.deepEqual([nodeInfo.operatingSystem, nodeInfo.architecture], ['linux', 'amd64']);
  assert.deepEqual(
    web.status.conditions.map(({ type, status }) => `${type}=${status}`),
    ['MemoryPressure=False', 'DiskPressure=False', 'PIDPressure=False', 'Ready=True'],
  );
  assert.deepEqual(
    web.status.addresses.map(({ type }) => type),
    ['InternalIP', 'Hostname'],
  );
  const [arm] = inPool(nodes, 'arm');
  assert.equal(arm?.metadata.labels['kubernetes.io/arch'], 'arm64');
  assert.equal(arm?.status.nodeInfo.architecture, 'arm64');
  const [windows] = inPool(nodes, 'win22');
  assert.ok(windows);
  assert.equal(windows.status.nodeInfo.operatingSystem, 'windows');
  assert.match(windows.metadata.labels['node.kubernetes.io/windows-build'] ?? '', /^10\.0\.20348$/);
  assert.match(windows.metadata.labels[`${AKS}/node-image-version`] ?? '', /^AKSWindows-2022-containerd/);
  const [system] = inPool(nodes, 'system');
  assert.equal(system?.metadata.labels[`${AKS}/mode`], 'system');
  const bootIds = new Set(nodes.map(({ status }) => status.nodeInfo.bootID));
  const uids = new Set(nodes.map(({ metadata }) => metadata.uid));
  assert.deepEqual([bootIds.size, uids.size], [nodes.length, nodes.length]);
});

it('shows what is special about some nodes', async () => {
  const data = await nodesOf('data-neu');
  const golden = inPool(data, 'golden');
  assert.ok(golden.length > 0);
  for (const { metadata } of golden) assert.equal(metadata.labels[`${AKS}/node-image-version`], undefined);
  for (const { metadata } of inPool(data, 'ingest'))
    assert.equal(metadata.labels[`${AKS}/storageprofile`], 'ephemeral');
  for (const { status } of inPool(data, 'azlinux'))
    assert.match(status.nodeInfo.osImage ?? '', /Mariner|Azure Linux/);

  const payments = await nodesOf('payments-uks');
  for (const { metadata } of inPool(payments, 'system'))
    assert.equal(metadata.labels[`${AKS}/fips_enabled`], 'true');

  const stage = await nodesOf('stage-weu');
  for (const { metadata } of inPool(stage, 'apps')) {
    assert.match(metadata.labels[`${AKS}/node-image-version`] ?? '', /\.\d+-2024\.\d\d\.\d\d$/);
    assert.match(metadata.annotations[`${AKS}/live-patching-current-timestamp`] ?? '', /^2024\d{4}T000000Z$/);
  }

  const spot = inPool(await nodesOf('shop-eus'), 'spot');
  assert.ok(spot.length > 0);
  for (const { spec } of spot)
    assert.deepEqual(
      spec.taints?.map(({ effect }) => effect),
      ['NoSchedule'],
    );

  const lab = await nodesOf('lab-wus2');
  const provisioned = lab.filter(({ metadata }) => metadata.labels['karpenter.sh/nodepool'] !== undefined);
  assert.ok(provisioned.length > 0);
  for (const { metadata, spec } of provisioned) {
    assert.deepEqual(
      [metadata.labels.agentpool, metadata.labels[`${AKS}/agentpool`]],
      [undefined, undefined],
    );
    assert.match(spec.providerID, /\/providers\/Microsoft.Compute\/virtualMachines\/aks-default-/);
    assert.match(metadata.labels[`${AKS}/node-image-version`] ?? '', /^AKSUbuntu-/);
    const sizes = ['beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type'];
    for (const name of [...sizes, 'karpenter.azure.com/sku-name'])
      assert.equal(metadata.labels[name], 'Standard_D4s_v5', name);
  }
});

describe('one cluster', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-kube-'));
  let kubernetes: SandboxKubernetes;
  let call: Caller;
  let close: () => void;
  before(async () => {
    kubernetes = await startSandboxKubernetes({ cluster: 'shop-eus', folder });
    ({ call, close } = callerOf(kubernetes));
  });
  after(async () => {
    close();
    await kubernetes.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const first = async (selector: string): Promise<NodeObject> =>
    (await call('GET', `/api/v1/nodes?limit=1&labelSelector=${encodeURIComponent(selector)}`)).body.items[0];
  const patch = (name: string, body: unknown): ReturnType<Caller> =>
    call('PATCH', `/api/v1/nodes/${name}`, { type: MERGE, body });
  const fault = async (kind: string, target: string, times = 1): Promise<void> => {
    const url = `${kubernetes.sandbox.url.replace('https', 'http')}/sandbox/faults`;
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify({ kind, target, times }),
    });
    assert.equal(answer.status, 201, await answer.text());
  };

  it('keeps the taints of the pool, and gives those set by hand beside them', async () => {
    const { metadata, spec } = await first('agentpool=spot');
    const refused = await patch(metadata.name, { spec: { taints: null } });
    assert.deepEqual([refused.status, refused.body.reason], [403, 'Forbidden']);
    const taints = [...(spec.taints ?? []), { key: 'mine', effect: 'NoExecute' }];
    const added = await patch(metadata.name, { spec: { taints, unschedulable: true } });
    assert.deepEqual(
      added.body.spec.taints.map(({ key }: { key: string }) => key),
      ['kubernetes.azure.com/scalesetpriority', 'node.kubernetes.io/unschedulable', 'mine'],
    );
    const cleared = await patch(metadata.name, { spec: { taints: spec.taints, unschedulable: false } });
    assert.deepEqual(cleared.body.spec, spec);
  });

  it('takes off and changes labels that follow from the pool, until they are written again', async () => {
    const { metadata } = await first('agentpool=web');
    const changed = await patch(metadata.name, {
      metadata: { labels: { agentpool: null, [`${AKS}/mode`]: 'system' } },
    });
    assert.deepEqual(
      [changed.body.metadata.labels.agentpool, changed.body.metadata.labels[`${AKS}/mode`]],
      [undefined, 'system'],
    );
    const again = await patch(metadata.name, {
      metadata: { labels: { agentpool: 'web', [`${AKS}/mode`]: 'user' } },
    });
    assert.deepEqual(again.body.metadata.labels, metadata.labels);
  });

  it('survives a restart with what was written', async () => {
    const { metadata } = await first('agentpool=web');
    const written = await patch(metadata.name, {
      metadata: { annotations: { note: 'kept' } },
      spec: { unschedulable: true },
    });
    const port = Number(new URL(kubernetes.url).port);
    await kubernetes.stop();
    kubernetes = await startSandboxKubernetes({ cluster: 'shop-eus', folder, port });
    const read = await call('GET', `/api/v1/nodes/${metadata.name}`);
    assert.deepEqual(read.body, written.body);
    await patch(metadata.name, { metadata: { annotations: { note: null } }, spec: { unschedulable: null } });
  });

  it('cuts the connection, or forbids everything, where a fault says so', async () => {
    await fault('unreachable', 'shop-eus');
    await assert.rejects(call('GET', '/api/v1/nodes'), { code: 'ECONNRESET' });
    await fault('forbidden', 'shop-eus');
    const refused = await call('GET', '/api/v1/nodes');
    assert.deepEqual([refused.status, refused.body.reason], [403, 'Forbidden']);
    assert.equal((await call('GET', '/api/v1/nodes')).status, 200);
  });

  it('denies evictions where a fault says so', async () => {
    const { body } = await call('GET', '/api/v1/namespaces/shop/pods?labelSelector=app%3Dcart');
    const [{ metadata, spec }] = body.items;
    const eviction: Call = { body: { metadata: { name: metadata.name } } };
    const evict = (): ReturnType<Caller> =>
      call('POST', `/api/v1/namespaces/shop/pods/${metadata.name}/eviction`, eviction);
    await fault('webhook-denial', spec.nodeName);
    const webhook = await evict();
    assert.deepEqual([webhook.status, webhook.body.reason], [403, 'Forbidden']);
    assert.match(webhook.body.message, /^admission webhook ".*" denied the request: /);
    await fault('pdb-block', 'shop-eus');
    const blocked = await evict();
    assert.deepEqual([blocked.status, blocked.body.details.causes[0].reason], [429, 'DisruptionBudget']);
    assert.equal((await evict()).status, 201);
  });

  it('replaces the pods of workloads and daemons that are deleted', async () => {
    const ready = async (path: string): Promise<string[]> => {
      const { body } = await call('GET', path);
      return body.items.map((pod: { metadata: { name: string } }) => pod.metadata.name);
    };
    const daemons = '/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkube-proxy';
    const before = await ready(daemons);
    const [gone = ''] = before;
    assert.equal((await call('DELETE', `/api/v1/namespaces/kube-system/pods/${gone}`)).status, 200);
    assert.deepEqual((await ready(daemons)).sort(), [...before].sort());
    await kubernetes.sandbox.advance(31_000);
    const later = await ready(daemons);
    assert.deepEqual([later.length, later.includes(gone)], [before.length, false]);
    const { body } = await call('GET', '/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy');
    assert.equal(body.status.numberReady, before.length);
  });

  it('shows leases that are renewed while nodes are ready', async () => {
    const { body } = await call(
      'GET',
      '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases?limit=1',
    );
    const [lease] = body.items;
    const now = kubernetes.sandbox.now().getTime();
    assert.ok(now - Date.parse(lease.spec.renewTime) < 10_000);
    await kubernetes.sandbox.advance(60_000);
    const renewed = (
      await call(
        'GET',
        `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${lease.metadata.name}`,
      )
    ).body;
    assert.ok(Date.parse(renewed.spec.renewTime) > Date.parse(lease.spec.renewTime));
  });

  it('answers nothing at the address of a cluster that is stopped, private or not there', async () => {
    for (const cluster of ['loadtest-wus2', 'private-sdc']) {
      const silent = await startSandboxKubernetes({ cluster });
      const other = callerOf(silent);
      await assert.rejects(other.call('GET', '/api/v1/nodes'), { code: 'ECONNRESET' });
      other.close();
      await silent.stop();
    }
    const nobody = { ...kubernetes, url: `${kubernetes.sandbox.url}/clusters/nobody` };
    const nowhere = callerOf(nobody);
    await assert.rejects(nowhere.call('GET', '/api/v1/nodes'), { code: 'ECONNRESET' });
    nowhere.close();
  });

  it('refuses bodies that are too large', async () => {
    const { metadata } = await first('agentpool=web');
    const huge = { metadata: { annotations: { huge: 'x'.repeat(300_000) } } };
    assert.equal((await patch(metadata.name, huge)).status, 422);
    const larger = await patch(metadata.name, { metadata: { annotations: { huge: 'x'.repeat(4_000_000) } } });
    assert.deepEqual([larger.status, larger.body.reason], [413, 'RequestEntityTooLarge']);
  });
});
