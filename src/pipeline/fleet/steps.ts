/** A sync in parts that processes share: each knows of the fleet by ids alone, and may be done again without harm. */
import type { SyncProblem } from '../../model/fleet-report.ts';
import { askProviders } from './ask.ts';
import { type SyncOptions, syncContext } from './context.ts';
import { discoverCluster, discoverClusters } from './discover.ts';
import { disksToScan, scanDisk } from './disk-scans.ts';
import { removeLeftovers } from './leftovers.ts';
import { recorded } from './recorded.ts';
import { refreshImageEvidence, refreshing } from './refresh.ts';
import type { Fleet } from './types.ts';
import { dropUnasked } from './unseen.ts';

/** What finding the clusters came to. */
export interface FoundStep {
  /** Ids of the clusters whose nodes are still to be read. */
  readonly clusters: readonly string[];
  readonly subscriptions: number;
  /** Snapshots of earlier runs that were removed. */
  readonly leftovers: number;
  readonly problems: readonly SyncProblem[];
}

/**
 * Finds the clusters and pools of the fleet and writes them.
 * @param options.idle whether nobody is reading disks for this store
 * @throws NodewardError what the providers threw where none of them can read anything, file-unwritable, store-busy
 */
export function findClusters(
  fleet: Fleet,
  options: SyncOptions & { readonly idle: boolean },
): Promise<FoundStep> {
  const context = syncContext(fleet, options, options.idle);
  return recorded(context, async () => {
    const asked = await askProviders(context);
    let leftovers = 0;
    for (const { provider, subscriptions } of asked)
      leftovers += await removeLeftovers(context, provider, subscriptions);
    const clusters: string[] = [];
    for (const { provider, subscriptions } of asked)
      clusters.push(...(await discoverClusters(context, provider, subscriptions)));
    await dropUnasked(context);
    const subscriptions = asked.reduce((sum, each) => sum + each.subscriptions.length, 0);
    return { clusters, subscriptions, leftovers, problems: context.problems.list };
  });
}

/** What reading the nodes of a cluster came to. */
export interface ClusterStep {
  /** Null where the cluster is not there any more. */
  readonly name: string | null;
  /** Ids of the nodes whose disks are to be read. */
  readonly disks: readonly string[];
  readonly problems: readonly SyncProblem[];
}

/** Reads the nodes of one cluster and writes them. */
export async function readCluster(fleet: Fleet, options: SyncOptions, id: string): Promise<ClusterStep> {
  const context = syncContext(fleet, options, false);
  const there = await discoverCluster(context, id);
  const cluster = there ? await fleet.store.inventory.cluster(id) : null;
  const disks = cluster === null ? [] : await disksToScan(context, id);
  return { name: cluster?.name ?? null, disks, problems: context.problems.list };
}

/** The nodes of a cluster whose disks are to be read, by their ids. */
export function unreadDisks(fleet: Fleet, options: SyncOptions, cluster: string): Promise<readonly string[]> {
  return disksToScan(syncContext(fleet, options, false), cluster);
}

/** What reading the disk of a node came to. */
export interface DiskStep {
  /** Whether it was read; null where nothing had to be done. */
  readonly read: boolean | null;
  readonly problems: readonly SyncProblem[];
}

/** Reads the disk of one node, if that is still to be done. */
export async function readDisk(
  fleet: Fleet,
  options: SyncOptions,
  of: { readonly cluster: string; readonly node: string },
): Promise<DiskStep> {
  const context = syncContext(fleet, options, false);
  const read = await scanDisk(context, of);
  return { read, problems: context.problems.list };
}

/** Gives the nodes of a cluster the evidence of their images, as the catalogue is now. Nothing is asked of the cluster. */
export async function refreshCluster(fleet: Fleet, id: string): Promise<void> {
  const context = refreshing(fleet);
  await fleet.store.write(async ({ inventory }) => {
    const cluster = await inventory.cluster(id);
    if (cluster !== null) await refreshImageEvidence(context, inventory, cluster);
  });
}
