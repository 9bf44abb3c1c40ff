import type { ClusterPlan, PoolPlan, SubscriptionPlan } from './plan.ts';

const UBUNTU = ['AKSUbuntu-2204gen2containerd'];
const UBUNTU_GEN1 = ['AKSUbuntu-2204containerd', ...UBUNTU];
const UBUNTU_ARM = ['AKSUbuntu-2204gen2arm64containerd', ...UBUNTU];
const UBUNTU_FIPS = ['AKSUbuntu-2004gen2fipscontainerd', ...UBUNTU];
const UBUNTU_CONFIDENTIAL = ['AKSUbuntu-2004gen2CVMcontainerd', ...UBUNTU];
const AZURE_LINUX = ['AKSAzureLinux-V2gen2', 'AKSAzureLinux-V3gen2', ...UBUNTU];
const WINDOWS = ['AKSWindows-2022-containerd-gen2', 'AKSWindows-2022-containerd'];

const SPOT_TAINT = 'kubernetes.azure.com/scalesetpriority=spot:NoSchedule';

const system = (count: number, more: Partial<PoolPlan> = {}): PoolPlan => ({
  ...{ name: 'system', mode: 'System', count, families: UBUNTU },
  ...more,
});

/** Nodes are upgraded on Saturday nights. */
const weekendNights = {
  aksManagedNodeOSUpgradeSchedule: {
    maintenanceWindow: {
      schedule: { weekly: { intervalWeeks: 1, dayOfWeek: 'Saturday' } },
      durationHours: 8,
      utcOffset: '+01:00',
      startDate: '2024-01-06',
      startTime: '01:00',
      notAllowedDates: [{ start: '2024-12-20', end: '2025-01-03' }],
    },
  },
};

const PRODUCTION: readonly ClusterPlan[] = [
  {
    ...{ name: 'shop-weu', resourceGroup: 'rg-shop', location: 'westeurope', nodeOsChannel: 'NodeImage' },
    tags: { env: 'production', team: 'shop', owner: 'platform@contoso.example' },
    maintenance: weekendNights,
    pools: [
      system(3),
      {
        name: 'web',
        count: 8,
        families: UBUNTU,
        age: { days: 30 },
        drifted: 2,
        labels: { tier: 'web', team: 'storefront' },
      },
      { name: 'arm', arch: 'arm64', count: 3, families: UBUNTU_ARM, age: { days: 25 } },
      { name: 'win22', count: 2, families: WINDOWS, age: { days: 20 }, osDiskSizeGb: 256 },
    ],
  },
  {
    ...{ name: 'shop-eus', resourceGroup: 'rg-shop', location: 'eastus', nodeOsChannel: 'None' },
    tags: { env: 'production', team: 'shop' },
    pools: [
      system(3),
      // ARM shows the image that was meant; half of the nodes still have the one of before.
      {
        name: 'web',
        count: 6,
        families: UBUNTU,
        leftBehind: { nodes: 3, days: 75 },
        publicAddress: true,
        labels: { team: 'storefront' },
      },
      {
        ...{ name: 'spot', count: 4, families: UBUNTU, spot: true, autoscale: { min: 2, max: 8 } },
        ...{ labels: { 'kubernetes.azure.com/scalesetpriority': 'spot' }, taints: [SPOT_TAINT] },
      },
    ],
  },
  {
    ...{ name: 'payments-uks', resourceGroup: 'rg-payments', location: 'uksouth', upgradeChannel: 'patch' },
    ...{ nodeOsChannel: 'None', tags: { env: 'production', team: 'payments' } },
    pools: [
      system(3, { families: UBUNTU_FIPS, fips: true, age: { days: 40 } }),
      {
        name: 'vault',
        count: 2,
        families: UBUNTU_CONFIDENTIAL,
        encrypted: true,
        vmSize: 'Standard_DC4as_v5',
        tags: { owner: 'payments@contoso.example' },
      },
      {
        name: 'legacy',
        count: 2,
        families: UBUNTU_GEN1,
        age: { before: '2023-06-30' },
        vmSize: 'Standard_A4_v2',
      },
    ],
  },
  {
    ...{ name: 'data-neu', resourceGroup: 'rg-data', location: 'northeurope', upgradeChannel: 'stable' },
    ...{ nodeOsChannel: 'None', minorsBehind: 2, tags: { env: 'production', team: 'data' } },
    pools: [
      system(3, { age: { days: 60 } }),
      {
        name: 'ingest',
        count: 5,
        families: UBUNTU,
        osDiskType: 'Ephemeral',
        vmSize: 'Standard_D8ds_v5',
        labels: { team: 'ingest' },
      },
      {
        name: 'azlinux',
        count: 3,
        families: AZURE_LINUX,
        age: { before: '2023-12-31' },
        osSku: 'AzureLinux',
      },
      {
        name: 'win19',
        count: 2,
        families: ['AKSWindows-2019-containerd'],
        age: { days: 20 },
        osSku: 'Windows2019',
      },
      { name: 'golden', count: 2, families: [], labels: { image: 'contoso-golden' } },
    ],
  },
];

const STAGING: readonly ClusterPlan[] = [
  {
    ...{
      name: 'stage-weu',
      resourceGroup: 'rg-stage',
      location: 'westeurope',
      nodeOsChannel: 'SecurityPatch',
    },
    tags: { env: 'staging', owner: 'platform@contoso.example' },
    pools: [
      system(2, { patchedDays: 4 }),
      { name: 'apps', count: 4, families: UBUNTU, age: { days: 35 }, patchedDays: 4 },
      { name: 'nightly', count: 2, families: UBUNTU, stopped: true },
    ],
  },
  {
    ...{ name: 'loadtest-wus2', resourceGroup: 'rg-loadtest', location: 'westus2', stopped: true },
    ...{ upgradeChannel: 'node-image', tags: { env: 'staging' } },
    pools: [system(2), { name: 'load', count: 6, families: UBUNTU }],
  },
  {
    ...{ name: 'private-sdc', resourceGroup: 'rg-private', location: 'swedencentral', unreachable: true },
    tags: { env: 'staging' },
    pools: [system(3, { age: { days: 45 } })],
  },
];

const RESEARCH: readonly ClusterPlan[] = [
  {
    ...{ name: 'lab-wus2', resourceGroup: 'rg-lab', location: 'westus2', upgradeChannel: 'rapid' },
    ...{ nodeOsChannel: 'Unmanaged', minorsBehind: 0, autoProvisioned: 4, tags: { env: 'research' } },
    pools: [
      system(2, { drifted: 2 }),
      // ARM lists single machines as a pool that cannot be upgraded.
      { name: 'machines', count: 2, families: UBUNTU, mode: 'Machines', type: 'VirtualMachines' },
    ],
  },
  {
    ...{ name: 'archive-uks', resourceGroup: 'rg-archive', location: 'uksouth', nodeOsChannel: 'None' },
    ...{ minorsBehind: 2, tags: { env: 'research', nodeward: 'off' } },
    pools: [
      system(2, { age: { before: '2023-03-31' } }),
      { name: 'batch', count: 2, families: UBUNTU, age: { before: '2023-09-30' } },
    ],
  },
];

/** The fleet that a new sandbox has: one of everything that AKS has, small enough to look through. */
export const DEFAULT_FLEET: readonly SubscriptionPlan[] = [
  { name: 'Contoso Production', clusters: PRODUCTION },
  { name: 'Contoso Staging', clusters: STAGING },
  { name: 'Contoso Research', clusters: RESEARCH },
];
