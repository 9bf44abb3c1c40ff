import type { CoverageReason, Evidence } from '../../../src/model/coverage.ts';
import type {
  ClusterView,
  CoverageRow,
  NodeDetail,
  NodeView,
  PoolFindings,
  PoolView,
  SyncReport,
} from '../../../src/model/fleet-report.ts';
import type { StoredCluster, StoredNode, StoredPool } from '../../../src/model/inventory.ts';
import { FINDINGS, SOFTWARE } from './samples.ts';

export const NOW = new Date('2024-03-01T12:00:00Z');
export const FLEET = { version: '0.1.0', width: 100, color: false, now: NOW, sandbox: false } as const;

const SEEN = { firstSeen: '2024-02-20T09:00:00Z', lastSeen: '2024-03-01T09:00:00Z', gone: null } as const;
const SUBSCRIPTION = '/subscriptions/5f5c1b7e-0000-4000-8000-000000000001';
const CLUSTER_ID = `${SUBSCRIPTION}/resourcegroups/rg-shop/providers/microsoft.containerservice/managedclusters/shop-weu`;

export function reason(code: CoverageReason['code'], more: Partial<CoverageReason> = {}): CoverageReason {
  return { code, detail: `Detail of ${code}.`, remedy: `Remedy of ${code}.`, ...more };
}

export function cluster(name: string, more: Partial<StoredCluster> = {}): StoredCluster {
  return {
    id: CLUSTER_ID.replace('shop-weu', name),
    provider: 'aks',
    subscription: SUBSCRIPTION,
    name,
    resourceGroup: 'rg-shop',
    nodeResourceGroup: 'MC_rg-shop_shop-weu_westeurope',
    region: 'westeurope',
    kubernetesVersion: '1.28.5',
    power: 'running',
    provisioning: 'Succeeded',
    autoUpgrade: { kubernetes: 'none', nodeOs: 'NodeImage' },
    tags: {},
    revision: null,
    apiHost: null,
    syncedAt: '2024-03-01T09:00:00Z',
    cursor: '{"resourceVersion":"12"}',
    problems: [],
    ...SEEN,
    ...more,
  };
}

export function clusterView(name: string, more: Partial<ClusterView> = {}): ClusterView {
  return {
    cluster: cluster(name),
    subscription: 'Contoso Production',
    pools: 4,
    nodes: 16,
    enabled: true,
    coverage: { assessed: 0, partly: 16, 'not-assessed': 0 },
    reasons: [reason('image-only'), reason('drift')],
    ...more,
  };
}

export const IMAGE = 'AKSUbuntu-2204gen2containerd-202402.12.0';
export const NEWEST = 'AKSUbuntu-2204gen2containerd-202402.26.0';

export function pool(name: string, more: Partial<StoredPool> = {}): StoredPool {
  return {
    id: `${CLUSTER_ID}/agentpools/${name}`,
    cluster: CLUSTER_ID,
    name,
    kind: 'scale-set',
    mode: 'User',
    os: 'linux',
    osSku: 'Ubuntu',
    vmSize: 'Standard_D4ds_v5',
    count: 3,
    image: IMAGE,
    latestImage: NEWEST,
    kubernetesVersion: '1.28.5',
    osDisk: 'managed',
    publicAddress: false,
    privileged: null,
    labels: {},
    power: 'running',
    provisioning: 'Succeeded',
    tags: {},
    revision: null,
    latestAsked: null,
    ...SEEN,
    ...more,
  };
}

export function poolView(name: string, more: Partial<PoolView> = {}): PoolView {
  return {
    pool: pool(name),
    cluster: 'shop-weu',
    subscription: 'Contoso Production',
    nodes: 3,
    enabled: true,
    images: [
      { name: IMAGE, nodes: 2 },
      { name: NEWEST, nodes: 1 },
    ],
    coverage: { assessed: 1, partly: 2, 'not-assessed': 0 },
    reasons: [reason('image-only'), reason('drift')],
    ...more,
  };
}

export function evidence(more: Partial<Evidence> = {}): Evidence {
  return {
    node: 'node-id',
    source: 'disk',
    takenAt: '2024-03-01T09:00:00Z',
    reported: null,
    uid: 'uid-1',
    image: IMAGE,
    software: 'sha256:abc',
    confidence: 'high',
    complete: true,
    drift: [],
    gaps: [],
    ...more,
  };
}

export function node(name: string, more: Partial<StoredNode> = {}): StoredNode {
  return {
    id: `${CLUSTER_ID}/nodes/${name}`,
    cluster: CLUSTER_ID,
    pool: `${CLUSTER_ID}/agentpools/web`,
    name,
    uid: 'uid-1',
    image: IMAGE,
    arch: 'amd64',
    os: 'linux',
    osImage: 'Ubuntu 22.04.4 LTS',
    kernel: '5.15.0-1057-azure',
    kubelet: 'v1.28.5',
    containerRuntime: 'containerd://1.7.7-1',
    bootId: 'boot-1',
    ready: true,
    unschedulable: false,
    created: '2024-02-20T09:00:00Z',
    ...SEEN,
    ...more,
  };
}

export function nodeView(name: string, more: Partial<NodeView> = {}): NodeView {
  return {
    node: node(name),
    pool: 'web',
    cluster: 'shop-weu',
    subscription: 'Contoso Production',
    enabled: true,
    coverage: { state: 'assessed', evidence: evidence(), reasons: [] },
    ...more,
  };
}

export const POOL_FINDINGS: PoolFindings = {
  pool: 'shop-weu/web',
  cves: 34,
  bySeverity: { critical: 0, high: 2, medium: 30, low: 2, negligible: 0, unknown: 0 },
  worst: [
    {
      cve: 'CVE-2024-21626',
      severity: 'high',
      kev: '2024-02-10',
      package: 'runc',
      installed: '1.1.11-ubuntu22.04u1',
      fixed: '1.1.12',
      presence: 'installed',
      nodes: 3,
    },
    {
      cve: 'CVE-2023-51385',
      severity: 'medium',
      kev: null,
      package: 'openssh-client',
      installed: '1:8.9p1-3ubuntu0.5',
      fixed: null,
      presence: 'installed',
      nodes: 1,
    },
  ],
  unassessed: 1,
  gaps: [{ code: 'vendor-patch-level', detail: 'The vendor rebuilds these components.', subjects: ['runc'] }],
};

export const NODE_DETAIL: NodeDetail = {
  ...nodeView('aks-web-12345678-vmss000000', {
    coverage: {
      state: 'partly',
      evidence: evidence({
        drift: [{ what: 'kernel', image: '5.15.0-1057-azure', node: '5.15.0-1056-azure' }],
        complete: false,
      }),
      reasons: [reason('scan-incomplete'), reason('drift')],
    },
  }),
  evidence: [
    evidence({
      drift: [{ what: 'kernel', image: '5.15.0-1057-azure', node: '5.15.0-1056-azure' }],
      complete: false,
    }),
    evidence({
      source: 'image',
      takenAt: '2024-02-28T09:00:00Z',
      software: 'sha256:def',
      confidence: 'medium',
    }),
  ],
  software: SOFTWARE,
  findings: FINDINGS,
  gaps: [{ code: 'not-searched', detail: 'Python packages are not looked for.', subjects: [] }],
};

type Counts = readonly [assessed: number, partly: number, not: number];

function row(name: string, counts: Counts, codes: readonly CoverageReason['code'][]): CoverageRow {
  const [level = 'pool', rest = ''] = name.split(':') as [CoverageRow['level'], string];
  const [assessed, partly, not] = counts;
  const state = assessed + partly > 0 ? 'partly' : 'not-assessed';
  const reasons = codes.map((code) => reason(code));
  return {
    level,
    name: rest,
    state,
    counts: { assessed, partly, 'not-assessed': not },
    evidence: null,
    reasons,
  };
}

export const COVERAGE_ROWS: readonly CoverageRow[] = [
  row('subscription:Contoso Production', [1, 15, 3], ['image-only', 'drift', 'unreachable']),
  row('cluster:shop-weu', [1, 15, 0], ['image-only', 'drift']),
  row('pool:shop-weu/system', [1, 2, 0], ['image-only']),
  row('pool:shop-weu/web', [0, 13, 0], ['image-only', 'drift']),
  row('cluster:private-sdc', [0, 0, 3], ['unreachable']),
];

export const SYNC_REPORT: SyncReport = {
  clusters: { seen: 9, added: 1, changed: 2, gone: 0 },
  pools: { seen: 24, added: 0, changed: 0, gone: 1 },
  nodes: { seen: 1234, added: 12, changed: 3, gone: 4 },
  evidence: { disk: 12, sbom: 1, image: 1200, none: 21 },
  scans: { done: 12, failed: 2 },
  leftovers: 1,
  problems: [
    { scope: 'private-sdc', detail: 'The API server does not answer.', remedy: 'Open its network.' },
    { scope: 'shop-eus', detail: 'The API server does not answer.', remedy: 'Open its network.' },
  ],
  requests: { 'ARM list clusters': 3, 'Kubernetes list nodes': 9 },
  throttled: 2,
};
