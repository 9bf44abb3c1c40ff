import type { Core } from '../core.ts';
import type { ImageAge, PoolPlan, SubscriptionPlan } from './plan.ts';

const CLUSTERS_PER_SUBSCRIPTION = 50;
const LARGEST_POOL = 40;
const REGIONS = ['westeurope', 'northeurope', 'eastus', 'westus2', 'uksouth', 'centralus', 'swedencentral'];
const OS_CHANNELS = ['None', 'NodeImage', 'NodeImage', 'NodeImage', 'SecurityPatch'];
const AGES: readonly ImageAge[] = ['latest', 'latest', 'latest', { days: 30 }, { days: 60 }, { days: 150 }];

/** Kinds of pools, by how many there are of each. */
const KINDS: readonly Omit<PoolPlan, 'name' | 'count'>[] = [
  ...Array.from({ length: 6 }, () => ({ families: ['AKSUbuntu-2204gen2containerd'] })),
  { families: ['AKSUbuntu-2204gen2containerd'], osDiskType: 'Ephemeral' },
  { families: ['AKSUbuntu-2204gen2arm64containerd'], arch: 'arm64' },
  { families: ['AKSAzureLinux-V2gen2', 'AKSAzureLinux-V3gen2'], osSku: 'AzureLinux' },
];

/** How large a generated fleet is. */
export interface FleetSize {
  readonly clusters: number;
  readonly nodes: number;
}

/** A fleet of so many clusters and nodes, by the seed alone: several subscriptions and regions, few distinct images. */
export function generatedFleet(core: Core, { clusters, nodes }: FleetSize): readonly SubscriptionPlan[] {
  const random = core.random(`fleet ${clusters} ${nodes}`);
  const plans = Array.from({ length: clusters }, (_, index) => {
    // Every cluster gets its share; the first ones get what is left over.
    const share = Math.floor(nodes / clusters) + (index < nodes % clusters ? 1 : 0);
    return {
      name: `aks-${String(index).padStart(4, '0')}`,
      resourceGroup: `rg-${String(index).padStart(4, '0')}`,
      location: random.pick(REGIONS),
      nodeOsChannel: random.pick(OS_CHANNELS),
      minorsBehind: random.below(3),
      pools: splitNodes(share).map((count, pool): PoolPlan => {
        const name = pool === 0 ? 'system' : `pool${pool}`;
        const kind = random.pick(KINDS);
        return { ...kind, name, count, mode: pool === 0 ? 'System' : 'User', age: random.pick(AGES) };
      }),
    };
  });
  const subscriptions = Math.ceil(clusters / CLUSTERS_PER_SUBSCRIPTION);
  return Array.from({ length: subscriptions }, (_, index) => ({
    name: `Contoso Division ${String(index + 1).padStart(2, '0')}`,
    clusters: plans.slice(index * CLUSTERS_PER_SUBSCRIPTION, (index + 1) * CLUSTERS_PER_SUBSCRIPTION),
  }));
}

/** A small system pool, then pools of at most `LARGEST_POOL` nodes. */
function splitNodes(nodes: number): readonly number[] {
  const counts = [Math.min(nodes, 3)];
  for (let left = nodes - 3; left > 0; left -= LARGEST_POOL) counts.push(Math.min(left, LARGEST_POOL));
  return counts;
}
