import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Evidence } from '../../src/model/coverage.ts';
import type { Cluster, Node, NodePool, Subscription } from '../../src/model/fleet.ts';
import type { SoftwareList } from '../../src/model/software.ts';
import { openStore, type Store, type StorePlace } from '../../src/storage/index.ts';

const root = mkdtempSync(join(tmpdir(), 'nodeward-storage-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

/** Opens the store of a name, which is empty the first time. */
export type Open = (name: string) => Promise<Store>;

/** A database that suites run on. */
export interface Peer {
  readonly database: Store['database'];
  /** Where the store of a name is; nothing is there the first time. */
  place(name: string): Promise<StorePlace>;
  /** Runs statements beside Nodeward. @returns the rows of the last one */
  run(place: StorePlace, statements: string): Promise<readonly Record<string, unknown>[]>;
}

/** Opens stores of a peer by their name. */
export function openOn(peer: Peer): Open {
  return async (name) => openStore(await peer.place(name), { create: true, sandbox: false });
}

/** Whether it is an error of this code. */
export function code(wanted: string): (thrown: unknown) => boolean {
  return (thrown) => (thrown as { code?: string }).code === wanted;
}

/** A folder that is gone when the process ends. */
export function scratch(): string {
  return mkdtempSync(join(root, 'test-'));
}

/** An instant of a day of March 2024. */
export function day(number: number): string {
  return new Date(Date.UTC(2024, 2, number)).toISOString();
}

export const SUBSCRIPTION: Subscription = { id: '/subscriptions/1', provider: 'aks', name: 'Contoso' };

export function cluster(name: string, more: Partial<Cluster> = {}): Cluster {
  return {
    id: `/subscriptions/1/resourcegroups/rg/providers/microsoft.containerservice/managedclusters/${name.toLowerCase()}`,
    provider: 'aks',
    subscription: SUBSCRIPTION.id,
    name,
    resourceGroup: 'rg',
    nodeResourceGroup: `MC_rg_${name}`,
    region: 'westeurope',
    kubernetesVersion: '1.28.5',
    power: 'running',
    provisioning: 'Succeeded',
    autoUpgrade: { kubernetes: 'none', nodeOs: 'NodeImage' },
    tags: {},
    revision: '1',
    apiHost: `${name}.example:443`,
    ...more,
  };
}

export function pool(of: Cluster, name: string, more: Partial<NodePool> = {}): NodePool {
  return {
    id: `${of.id}/agentpools/${name}`,
    cluster: of.id,
    name,
    kind: 'scale-set',
    mode: 'User',
    os: 'linux',
    osSku: 'Ubuntu',
    vmSize: 'Standard_D4ds_v5',
    count: null,
    image: null,
    latestImage: null,
    kubernetesVersion: '1.28.5',
    osDisk: 'managed',
    publicAddress: null,
    power: 'running',
    provisioning: 'Succeeded',
    tags: {},
    labels: {},
    revision: '1',
    ...more,
  };
}

export function node(of: NodePool, number: number, more: Partial<Node> = {}): Node {
  const name = `aks-${of.name}-vmss00000${number}`;
  return {
    id: `${of.cluster}/vmss/${of.name}/virtualmachines/${number}`,
    cluster: of.cluster,
    pool: of.id,
    name,
    uid: `uid-${of.name}-${number}`,
    image: 'AKSUbuntu-2204gen2containerd-202402.26.0',
    arch: 'amd64',
    os: 'linux',
    osImage: 'Ubuntu 22.04.4 LTS',
    kernel: '5.15.0-1057-azure',
    kubelet: 'v1.28.5',
    containerRuntime: 'containerd://1.7.7-1',
    bootId: `boot-${number}`,
    ready: true,
    unschedulable: false,
    created: day(1),
    ...more,
  };
}

/** A software list with one package, of this version. */
export function list(version: string): SoftwareList {
  return {
    os: { id: 'ubuntu', versionId: '22.04', prettyName: 'Ubuntu 22.04.4 LTS', variantId: null },
    format: 'deb',
    packages: [{ name: 'openssl', version, arch: 'amd64', source: null }],
    components: [],
    binaries: [],
    runningKernel: null,
    fips: null,
    updates: [],
  };
}

export function evidence(of: Node, more: Partial<Evidence> = {}): Evidence {
  return {
    node: of.id,
    source: 'image',
    takenAt: day(1),
    uid: of.uid,
    image: of.image,
    reported: null,
    software: 'sha256:1',
    confidence: 'medium',
    complete: true,
    drift: [],
    gaps: [],
    ...more,
  };
}
