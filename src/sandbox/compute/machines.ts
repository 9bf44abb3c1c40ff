import { createHash } from 'node:crypto';
import { thingsOf } from '../arm/scope.ts';
import type { SandboxCore } from '../ports.ts';
import type { SimCluster, SimNode, SimPool } from '../types.ts';

/** A node with what it belongs to; no pool where node auto-provisioning made it. */
export interface Machine {
  readonly node: SimNode;
  readonly pool: SimPool | undefined;
  readonly cluster: SimCluster;
}

/** What the path of a request names: the subscription's guid and the resource group, in any case. */
export interface GroupPath {
  readonly subscription: string;
  readonly group: string;
}

/** The clusters whose machines are in a resource group; at most one. */
export function clustersIn(core: SandboxCore, { subscription, group }: GroupPath): readonly SimCluster[] {
  return core.state
    .clustersOf(`/subscriptions/${subscription.toLowerCase()}`)
    .filter(({ nodeResourceGroup }) => same(nodeResourceGroup, group));
}

/** The resource groups of a subscription that machines are in. @param subscription its guid */
export function machineGroups(core: SandboxCore, subscription: string): readonly string[] {
  return core.state
    .clustersOf(`/subscriptions/${subscription.toLowerCase()}`)
    .map(({ nodeResourceGroup }) => nodeResourceGroup);
}

/** The machines of a cluster. */
export function machinesOf(core: SandboxCore, cluster: SimCluster): readonly Machine[] {
  return core.state.nodesOfCluster(cluster.id).map((node) => ({
    node,
    pool: node.pool === null ? undefined : core.state.pools.get(node.pool),
    cluster,
  }));
}

/** The machine whose OS disk this is; undefined where there is no such disk any more. */
export function machineOfDisk(core: SandboxCore, diskId: string): Machine | undefined {
  const [, subscription, group] = DISK.exec(diskId) ?? [];
  if (subscription === undefined || group === undefined) return undefined;
  return clustersIn(core, { subscription, group })
    .flatMap((cluster) => machinesOf(core, cluster))
    .find((machine) => same(diskIdOf(machine) ?? '', diskId));
}

const DISK =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Compute\/disks\/[^/]+$/i;

/** The ARM id of a machine's OS disk, another one after each reimage; null where the disk is the host's own. */
export function diskIdOf({ node, pool, cluster }: Machine): string | null {
  if (pool?.osDiskType === 'Ephemeral') return null;
  const hash = createHash('sha256').update(`${node.id.toLowerCase()} ${node.uid}`).digest('hex').slice(0, 32);
  const owner = node.id.includes('/virtualMachineScaleSets/')
    ? `${pool?.scaleSet}_${node.instance}`
    : node.name;
  const group = `${cluster.subscription}/resourceGroups/${cluster.nodeResourceGroup}`;
  return `${group}/providers/Microsoft.Compute/disks/${owner}_OsDisk_1_${hash}`;
}

/** Everything that a fault could name to strike a machine. */
export function thingsOfMachine(core: SandboxCore, machine: Machine): readonly string[] {
  const { node, cluster } = machine;
  return [...thingsOf(core, node.pool ?? cluster.id), node.id, node.name, diskIdOf(machine) ?? node.id];
}

/** Whether two names or ids are the same, as Azure compares them. */
export function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
