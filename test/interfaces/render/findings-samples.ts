import { noCounts } from '../../../src/findings/counts.ts';
import type {
  CveDetail,
  ExemptionView,
  FleetReport,
  RecommendationDetail,
} from '../../../src/model/findings-report.ts';
import type {
  CveRollup,
  FindingCounts,
  PoolFindingLife,
  Recommendation,
  Risk,
} from '../../../src/model/recommendation.ts';
import type { ReportBasis, ReportedPool } from '../../../src/pipeline/report.ts';
import { reason } from './fleet-samples.ts';

/** A name that a hostile cloud could give: it ends HTML, moves the cursor and begins a formula. */
export const HOSTILE = '=1+1<script>alert("x")</script>\u001b[2J';

export const IMAGE = 'AKSUbuntu-2204gen2containerd-202401.17.1';
export const OFFERED = 'AKSUbuntu-2204gen2containerd-202402.19.0';

export const RISK: Risk = {
  score: 68,
  factors: [
    { name: 'severity', value: 'high', points: 38 },
    { name: 'CVSS', value: '7.8', points: 8 },
    { name: 'KEV', value: 'since 2023-11-21', points: 20 },
    { name: 'EPSS', value: 'not known', points: 0 },
    { name: 'system pool', value: 'yes', points: 2 },
  ],
};

export function counts(more: Partial<FindingCounts> = {}): FindingCounts {
  return {
    open: 40,
    bySeverity: { critical: 1, high: 9, medium: 30, low: 0, negligible: 0, unknown: 0 },
    byFix: {
      available: 12,
      'not-in-region': 3,
      'no-image': 4,
      kubernetes: 1,
      'no-vendor-fix': 19,
      unknown: 1,
    },
    kev: 2,
    overdue: 5,
    reopened: 0,
    exempted: 6,
    ...more,
  };
}

export const NO_COUNTS: FindingCounts = noCounts();

export function recommendation(more: Partial<Recommendation> = {}): Recommendation {
  return {
    id: 'r-f0b382cd',
    kind: 'vulnerabilities',
    scope: '/c/shop-weu/agentpools/web',
    pool: '/c/shop-weu/agentpools/web',
    poolName: 'web',
    cluster: '/c/shop-weu',
    clusterName: 'shop-weu',
    subscription: '/s/1',
    subscriptionName: 'Contoso Production',
    state: 'unhealthy',
    risk: RISK,
    owner: 'platform@contoso.example',
    nodes: 8,
    affected: 7,
    counts: counts(),
    since: '2024-02-01T09:00:00.000Z',
    dueAt: '2024-02-28T09:00:00.000Z',
    image: IMAGE,
    offered: OFFERED,
    reasons: [reason('image-only')],
    ...more,
  };
}

export function life(more: Partial<PoolFindingLife> = {}): PoolFindingLife {
  return {
    pool: '/c/shop-weu/agentpools/web',
    cve: 'CVE-2023-4911',
    severity: 'high',
    status: 'open',
    fix: 'available',
    fixImage: OFFERED,
    risk: RISK,
    occurrence: {
      package: 'libc-bin',
      source: 'glibc',
      kind: 'os-package',
      installed: '2.35-0ubuntu3.1',
      fixed: '2.35-0ubuntu3.4',
      vendor: 'fix-available',
      presence: 'installed',
      feed: 'osv',
      advisory: 'UBUNTU-CVE-2023-4911',
    },
    occurrences: 3,
    nodes: 7,
    firstSeen: '2024-02-01T09:00:00.000Z',
    lastSeen: '2024-03-01T09:00:00.000Z',
    fixedAt: null,
    fixedBy: null,
    reopenedAt: null,
    fixAvailableSince: '2024-02-21T09:00:00.000Z',
    dueAt: '2024-02-28T09:00:00.000Z',
    overdue: true,
    exposureDays: 29,
    exemption: null,
    notes: [],
    ...more,
  };
}

export const EXEMPTED = life({
  cve: 'CVE-2023-0002',
  status: 'exempted',
  exemption: 'x-00000001',
  dueAt: null,
  overdue: false,
});
export const FIXED = life({
  ...{ cve: 'CVE-2023-0003', status: 'fixed', fixedAt: '2024-02-20T09:00:00.000Z', fixedBy: 'software' },
  ...{ nodes: 0, dueAt: null, overdue: false },
});

export function rollup(more: Partial<CveRollup> = {}): CveRollup {
  return {
    scope: 'all',
    cve: 'CVE-2023-4911',
    severity: 'high',
    kev: '2023-11-21',
    epss: 0.431,
    risk: 68,
    status: 'open',
    fix: 'available',
    package: 'libc-bin',
    pools: 4,
    clusters: 3,
    nodes: 7,
    overdue: 2,
    exempted: 1,
    firstSeen: '2024-02-01T09:00:00.000Z',
    dueAt: '2024-02-28T09:00:00.000Z',
    ...more,
  };
}

export function exemptionView(more: Partial<ExemptionView['exemption']> = {}): ExemptionView {
  return {
    exemption: {
      id: 'x-00000001',
      subject: {
        cve: 'CVE-2023-0002',
        package: null,
        version: null,
        severity: null,
        scope: null,
        family: null,
      },
      reason: 'mitigated',
      justification: 'HTTP/2 is off',
      author: 'ada',
      createdAt: '2024-02-10T09:00:00.000Z',
      expiresAt: '2024-05-10T09:00:00.000Z',
      withdrawnAt: null,
      withdrawnBy: null,
      vex: null,
      ...more,
    },
    state: 'active',
    scopeName: null,
    suppresses: 6,
    notes: [],
  };
}

export const CURRENT = { at: '2024-03-01T11:00:00.000Z', behind: null };

export const DETAIL: RecommendationDetail = {
  recommendation: recommendation(),
  findings: [life(), EXEMPTED, FIXED],
  nodes: [{ name: 'aks-web-1', image: IMAGE, why: '40 CVEs in its software' }],
  trend: [],
};

export const CVE: CveDetail = {
  cve: 'CVE-2023-4911',
  vulnerability: {
    cve: 'CVE-2023-4911',
    aliases: ['USN-6409-1'],
    cvss: ['CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H'],
    published: '2023-10-03T00:00:00Z',
    kev: '2023-11-21',
    epss: { score: 0.431, percentile: 0.97 },
  },
  reasons: [],
  rollup: rollup(),
  pools: [life(), FIXED].map((each) => ({
    life: each,
    poolName: 'web',
    clusterName: 'shop-weu',
    subscriptionName: 'Contoso Production',
    region: 'westeurope',
    image: IMAGE,
    offered: OFFERED,
    owner: null,
    nodes: each.status === 'fixed' ? [] : ['aks-web-1', 'aks-web-2'],
  })),
  images: [{ image: IMAGE, nodes: 7 }],
  fixedIn: null,
};

export function report(more: Partial<FleetReport> = {}): FleetReport {
  const score = {
    scope: 'all',
    healthy: 1,
    unhealthy: 1,
    notAssessed: 1,
    open: 40,
    available: 12,
    overdue: 5,
  };
  const states = { unhealthy: 1, 'not-assessed': 1, healthy: 1 };
  return {
    at: '2024-03-01T12:00:00.000Z',
    scopeName: 'all',
    currency: CURRENT,
    rollups: [
      {
        ...{ kind: 'fleet', id: 'all', name: 'fleet', states, counts: counts(), nodes: 8 },
        trend: [
          { ...score, day: '2024-02-01', score: 40 },
          { ...score, day: '2024-03-01', score: 52.3 },
        ],
      },
      { kind: 'cluster', id: '/c/shop-weu', name: HOSTILE, states, counts: counts(), nodes: 8, trend: [] },
    ],
    recommendations: [
      recommendation({ poolName: HOSTILE }),
      recommendation({
        id: 'r-2',
        state: 'not-assessed',
        counts: NO_COUNTS,
        dueAt: null,
        clusterName: 'dark',
      }),
      recommendation({
        id: 'r-3',
        kind: 'drift',
        state: 'healthy',
        reasons: [],
        counts: NO_COUNTS,
        dueAt: null,
      }),
    ],
    cves: [
      rollup(),
      rollup({ cve: 'CVE-2023-0009', severity: 'low', kev: null, overdue: 0, package: HOSTILE }),
      rollup({ cve: 'CVE-2023-0003', status: 'fixed', pools: 0 }),
    ],
    exemptions: [exemptionView({ justification: HOSTILE })],
    policy: [{ key: 'due.critical', value: '7d', help: 'days' }],
    audit: {
      verdict: { events: 1, head: 'ab'.repeat(32), broken: null },
      latest: [
        {
          ...{ sequence: 1, at: '2024-02-10T09:00:00.000Z', actor: 'ada', action: 'exemption.add' },
          ...{ subject: 'x-00000001', detail: { justification: HOSTILE, family: null } },
          ...{ previous: '0'.repeat(64), hash: 'ab'.repeat(32) },
        },
      ],
    },
    ...more,
  };
}

export function reportedPool(more: Partial<ReportedPool> = {}): ReportedPool {
  return {
    pool: '/c/shop-weu/agentpools/web',
    poolName: 'web',
    clusterName: 'shop-weu',
    subscriptionName: 'Contoso Production',
    region: 'westeurope',
    owner: null,
    nodes: 8,
    image: IMAGE,
    family: 'AKSUbuntu-2204gen2containerd',
    offered: OFFERED,
    enabled: true,
    reasons: [reason('image-only')],
    findings: [life(), EXEMPTED, FIXED],
    ...more,
  };
}

export const BASIS: ReportBasis = {
  at: '2024-03-01T12:00:00.000Z',
  scopeName: 'whole fleet',
  currency: CURRENT,
  vulnerabilities: new Map([['CVE-2023-4911', CVE.vulnerability as NonNullable<CveDetail['vulnerability']>]]),
  exemptions: new Map([['x-00000001', exemptionView().exemption]]),
};
