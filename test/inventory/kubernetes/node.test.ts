import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type NodeFacts, readNode } from '../../../src/inventory/kubernetes/node.ts';
import { hintedPool, joinPools, poolHint } from '../../../src/inventory/kubernetes/pools.ts';
import { aksNode } from '../../../src/inventory/providers/aks/node-of.ts';
import { labelledNode } from '../../../src/inventory/providers/kubernetes/node-of.ts';
import type { FoundCluster } from '../../../src/inventory/types.ts';

interface Parts {
  readonly labels?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

function wire({ labels = {}, annotations = {}, metadata = {}, spec = {}, status = {} }: Parts): unknown {
  return {
    metadata: {
      name: 'aks-np1-12345678-vmss000001',
      uid: '1c9c6a34-0000-4000-8000-000000000001',
      creationTimestamp: '2024-02-28T10:00:00Z',
      labels,
      annotations,
      ...metadata,
    },
    spec,
    status: {
      nodeInfo: {
        architecture: 'amd64',
        operatingSystem: 'linux',
        osImage: 'Ubuntu 22.04.4 LTS',
        kernelVersion: '5.15.0-1057-azure',
        kubeletVersion: 'v1.28.5',
        containerRuntimeVersion: 'containerd://1.7.7-1',
        bootID: 'b00t',
      },
      conditions: [
        { type: 'MemoryPressure', status: 'False' },
        { type: 'Ready', status: 'True' },
      ],
      ...status,
    },
  };
}

function facts(parts: Parts): NodeFacts {
  const read = readNode(wire(parts));
  if ('fault' in read) throw new Error(read.fault);
  return read;
}

describe('a pool that only its nodes tell of', () => {
  const status = (...types: readonly string[]) => ({
    addresses: types.map((type) => ({ type, address: '198.51.100.7' })),
  });
  const poolOf = (parts: Parts) => {
    const read = labelledNode('c')(wire(parts));
    return 'fault' in read || read.pool === null ? assert.fail() : read.pool;
  };

  it('is on the internet when one of its nodes is', () => {
    const inside = poolOf({ status: status('InternalIP', 'Hostname') });
    const outside = poolOf({ status: status('InternalIP', 'ExternalIP') });
    const silent = poolOf({ status: { addresses: [] } });
    const joined = [
      [inside, inside],
      [inside, outside],
      [outside, inside],
      [inside, silent],
      [silent, outside],
    ] as const;
    assert.deepEqual(
      [inside, outside, silent].map((pool) => pool.publicAddress),
      [false, true, null],
    );
    assert.deepEqual(
      joined.map(([a, b]) => joinPools(a, b).publicAddress),
      [false, true, true, null, true],
    );
  });

  it('has the labels that people gave to all of its nodes', () => {
    const own = { team: 'shop', 'contoso.example/tier': 'web' };
    const machine = {
      'kubernetes.io/hostname': 'a',
      'node.kubernetes.io/instance-type': 'D4',
      'topology.disk.csi.azure.com/zone': '1',
      'failure-domain.beta.k8s.io/zone': '1',
      'karpenter.sh/nodepool': 'p',
      'notkubernetes.io/kept': 'yes',
    };
    const one = poolOf({ labels: { ...own, ...machine, rack: '1' } });
    assert.deepEqual(one.labels, { ...own, 'notkubernetes.io/kept': 'yes', rack: '1' });
    const other = poolOf({ labels: { ...own, rack: '2', more: 'x' } });
    assert.deepEqual(joinPools(one, other).labels, own);
    assert.deepEqual(joinPools(other, one).labels, own);
  });

  it('has no more labels than anybody can want', () => {
    const labels = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`l${index}`, 'x']));
    assert.equal(Object.keys(poolOf({ labels }).labels).length, 100);
  });
});

describe('a Node object', () => {
  it('is read as Kubernetes writes it', () => {
    const labels = {
      'kubernetes.azure.com/node-image-version': 'AKSUbuntu-2204gen2containerd-202402.26.0-2024.03.11',
    };
    const {
      labels: _,
      annotations: _a,
      ...read
    } = facts({ labels, spec: { providerID: 'azure:///x', unschedulable: true } });
    assert.deepEqual(read, {
      name: 'aks-np1-12345678-vmss000001',
      uid: '1c9c6a34-0000-4000-8000-000000000001',
      providerId: 'azure:///x',
      image: 'AKSUbuntu-2204gen2containerd-202402.26.0-2024.03.11',
      arch: 'amd64',
      os: 'linux',
      osImage: 'Ubuntu 22.04.4 LTS',
      kernel: '5.15.0-1057-azure',
      kubelet: 'v1.28.5',
      containerRuntime: 'containerd://1.7.7-1',
      bootId: 'b00t',
      ready: true,
      unschedulable: true,
      created: '2024-02-28T10:00:00.000Z',
      publicAddress: null,
    });
  });

  it('without labels, status or spec is still a node', () => {
    const read = readNode({ metadata: { name: 'n', uid: 'u' } });
    assert.ok(!('fault' in read));
    assert.deepEqual(
      [read.image, read.os, read.ready, read.unschedulable, read.created, read.kernel],
      [null, 'unknown', null, false, null, null],
    );
  });

  it('is ready, not ready or not known', () => {
    const ready = (conditions: unknown): boolean | null => facts({ status: { conditions } }).ready;
    assert.equal(ready([{ type: 'Ready', status: 'Unknown' }]), false);
    assert.equal(ready([{ type: 'Ready', status: 'False' }]), false);
    assert.equal(ready([{ type: 'Other', status: 'True' }]), null);
    assert.equal(ready([null, 7]), null);
    assert.equal(ready('True'), null);
  });

  it('shows no control characters, and is not told apart by them', () => {
    assert.equal(facts({ status: { nodeInfo: { osImage: 'Ubuntu\u001b[2J' } } }).osImage, 'Ubuntu\ufffd[2J');
    for (const metadata of [
      { name: 'n\n' },
      { uid: 'u\u202e' },
      { uid: 'a/b' },
      { name: 'n'.repeat(254) },
      { name: 7 },
    ])
      assert.ok('fault' in (readNode(wire({ metadata })) as object), JSON.stringify(metadata));
    assert.equal(facts({ spec: { providerID: 'azure:///x\n' } }).providerId, null);
  });

  it('of any shape is read or refused, and never throws', () => {
    const json = fc.json({ maxDepth: 6 }).map((text) => JSON.parse(text) as unknown);
    const node = fc.record({
      metadata: fc.oneof(
        json,
        fc.record({
          name: fc.string(),
          uid: fc.string(),
          labels: json,
          annotations: json,
          creationTimestamp: json,
        }),
      ),
      spec: json,
      status: fc.oneof(json, fc.record({ nodeInfo: json, conditions: json })),
    });
    fc.assert(
      fc.property(fc.oneof(json, node), (value) => {
        const read = labelledNode('kubernetes:c')(value);
        if ('fault' in read) return typeof read.fault === 'string';
        return read.node.pool === read.pool?.id && read.node.id.startsWith('kubernetes:c/nodes/');
      }),
    );
  });
});

describe('the pool of a node', () => {
  const CASES: readonly (readonly [name: string, parts: Parts, kind: string, pool: string])[] = [
    ['AKS', { labels: { 'kubernetes.azure.com/agentpool': 'np1', agentpool: 'old' } }, 'labels', 'np1'],
    ['AKS, older', { labels: { agentpool: 'np1' } }, 'labels', 'np1'],
    ['EKS', { labels: { 'eks.amazonaws.com/nodegroup': 'ng-1' } }, 'labels', 'ng-1'],
    ['GKE', { labels: { 'cloud.google.com/gke-nodepool': 'default-pool' } }, 'labels', 'default-pool'],
    [
      'Karpenter, also where the cloud has a label',
      { labels: { 'karpenter.sh/nodepool': 'spot', 'eks.amazonaws.com/nodegroup': 'ng-1' } },
      'autoprovisioned',
      'spot',
    ],
    [
      'Cluster API, by MachineDeployment',
      {
        annotations: {
          'cluster.x-k8s.io/owner-kind': 'MachineSet',
          'cluster.x-k8s.io/owner-name': 'prod-md-0-7d9f8c',
        },
      },
      'labels',
      'prod-md-0',
    ],
    [
      'Cluster API, control plane',
      {
        annotations: {
          'cluster.x-k8s.io/owner-kind': 'KubeadmControlPlane',
          'cluster.x-k8s.io/owner-name': 'prod-cp',
        },
      },
      'labels',
      'prod-cp',
    ],
    ['role', { labels: { 'node-role.kubernetes.io/worker': '' } }, 'labels', 'worker'],
    [
      'roles',
      { labels: { 'node-role.kubernetes.io/etcd': '', 'node-role.kubernetes.io/control-plane': '' } },
      'labels',
      'control-plane',
    ],
    ['nothing', {}, 'labels', 'unlabelled'],
    ['empty labels', { labels: { agentpool: '', 'karpenter.sh/nodepool': '' } }, 'labels', 'unlabelled'],
  ];
  for (const [name, parts, kind, pool] of CASES) {
    it(`is told by ${name}`, () => assert.deepEqual(poolHint(facts(parts)), { kind, name: pool }));
  }

  it('has an id of its own, in lower case, and what its nodes tell', () => {
    const labels = {
      'karpenter.sh/nodepool': 'Spot',
      'kubernetes.azure.com/storageprofile': 'ephemeral',
      'kubernetes.azure.com/os-sku': 'Ubuntu',
      'node.kubernetes.io/instance-type': 'Standard_D2s_v5',
    };
    const node = facts({ labels });
    const pool = hintedPool('c', poolHint(node), node);
    assert.deepEqual(
      [pool.id, pool.name, pool.os, pool.osSku, pool.osDisk, pool.vmSize],
      ['c/pools/karpenter/spot', 'Spot', 'linux', 'Ubuntu', 'ephemeral', null],
    );
  });
});

describe('the machine of a node', () => {
  const GROUP = '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/MC_rg1_c1_westus2';
  const SET = `${GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/aks-np1-12345678-vmss/virtualMachines`;
  const found = {
    cluster: {
      id: '/subscriptions/11111111-2222-3333-4444-555555555555/resourcegroups/rg1/providers/microsoft.containerservice/managedclusters/c1',
      subscription: '/subscriptions/11111111-2222-3333-4444-555555555555',
      nodeResourceGroup: 'mc_RG1_c1_westus2',
    },
    pools: [{ id: 'the-pool', name: 'np1' }],
  } as unknown as FoundCluster;

  const idOf = (providerID: string): string => {
    const read = aksNode(found)(wire({ spec: { providerID }, labels: { agentpool: 'np1' } }));
    return 'fault' in read ? read.fault : read.node.id;
  };

  it('is the ARM id of its providerID, in lower case', () => {
    assert.equal(idOf(`azure://${SET}/3`), `${SET}/3`.toLowerCase());
    const alone = `${GROUP}/providers/Microsoft.Compute/virtualMachines/aks-nap-1`;
    assert.equal(idOf(`azure://${alone}`), alone.toLowerCase());
  });

  it('is not believed where it is outside of the cluster’s own resource group', () => {
    const own = `${found.cluster.id}/nodes/1c9c6a34-0000-4000-8000-000000000001`;
    for (const forged of [
      `azure://${SET.replace('MC_rg1_c1_westus2', 'MC_rg1_c2_westus2')}/3`,
      `azure://${SET.replace('11111111', '99999999')}/3`,
      `azure://${SET}/../../../../../x/3`,
      `azure://${GROUP}/providers/Microsoft.Compute/disks/d`,
      'azure://',
      'aws:///us-east-1a/i-1',
    ])
      assert.equal(idOf(forged), own, forged);
  });

  it('of another cloud is its id, and of none the uid of the node', () => {
    const id = (providerID: string): string => {
      const read = labelledNode('kubernetes:c')(wire({ spec: { providerID } }));
      return 'fault' in read ? read.fault : read.node.id;
    };
    assert.equal(id('aws:///us-east-1a/i-0ABC'), '/us-east-1a/i-0abc');
    assert.equal(id('gce://project/zone/Name'), 'project/zone/name');
    // Every k3s and kind has a node of this name.
    assert.match(id('k3s://server-0'), /^kubernetes:c\/nodes\//);
    assert.match(id('kind://docker/kind/kind-control-plane'), /^kubernetes:c\/nodes\//);
  });

  it('belongs to the pool that ARM lists, else to one of its labels', () => {
    const poolOf = (labels: Readonly<Record<string, string>>) => {
      const read = aksNode(found)(wire({ labels }));
      return 'fault' in read ? read.fault : [read.node.pool, read.pool?.kind ?? null];
    };
    const { id } = found.cluster;
    assert.deepEqual(poolOf({ agentpool: 'NP1' }), ['the-pool', null]);
    assert.deepEqual(poolOf({ agentpool: 'gone' }), [`${id}/pools/gone`, 'labels']);
    assert.deepEqual(poolOf({ agentpool: 'np1', 'karpenter.sh/nodepool': 'spot' }), [
      `${id}/pools/karpenter/spot`,
      'autoprovisioned',
    ]);
    assert.deepEqual(poolOf({}), [`${id}/pools/unlabelled`, 'labels']);
  });
});
