/** Jobs that look at the fleet. */
import { silent } from '../../base/log.ts';
import type { Job } from '../../queue/index.ts';
import { placeLists } from '../findings/index.ts';
import {
  type Fleet,
  findClusters,
  readCluster,
  readDisk,
  refreshCluster,
  type SyncOptions,
  unreadDisks,
} from '../fleet/index.ts';
import { jobOf } from './kinds.ts';
import { ask } from './tasks.ts';
import { counted, problemsText, type Worker } from './worker.ts';

/** Finds the clusters; each is then looked at by a job of its own. */
export function discover(worker: Worker, signal: AbortSignal): Promise<string> {
  const { fleet, turn } = worker;
  return turn.look(async () => {
    const options = { ...(await optionsOf(worker, signal)), idle: turn.idle };
    const found = await findClusters(fleet, options);
    const toRead = new Set(found.clusters);
    // Those that are gone, or whose nodes were read at once, are placed all the same.
    const others = (await fleet.store.inventory.clusters({ gone: true })).filter(({ id }) => !toRead.has(id));
    await worker.send(found.clusters.map((id) => jobOf('discover-cluster', id)));
    await worker.send(others.map(({ id }) => jobOf('place', id)));
    const there = found.clusters.length + others.filter(({ gone }) => gone === null).length;
    const left =
      found.leftovers === 0 ? '' : `${counted(found.leftovers, 'snapshot')} of earlier runs removed`;
    const seen = `${counted(there, 'cluster')} in ${counted(found.subscriptions, 'subscription')}`;
    return [seen, left, problemsText(found.problems)].filter((part) => part !== '').join('; ');
  });
}

/** Reads the nodes of one cluster; disks that are to be read then have a job each. */
export async function discoverCluster(
  worker: Worker,
  { key }: Job,
  signal: AbortSignal,
): Promise<string | null> {
  const { fleet, turn, files } = worker;
  files.look();
  const step = await turn.look(async () => readCluster(fleet, await optionsOf(worker, signal), key));
  await place(worker, key, signal);
  await sendDisks(worker, key, step.disks);
  return step.problems.length === 0 ? null : problemsText(step.problems);
}

/**
 * Gives the nodes of a cluster the evidence of their images anew, and records what its pools have. After a process may have
 * been killed, disks that it was about to read have jobs again.
 */
export async function placeCluster(worker: Worker, { key, data }: Job, signal: AbortSignal): Promise<null> {
  const { fleet, files } = worker;
  files.look();
  await refreshCluster(fleet, key);
  await place(worker, key, signal);
  if (data.disks !== undefined && fleet.rules.disks !== 'off')
    await sendDisks(worker, key, await unreadDisks(fleet, await optionsOf(worker, signal), key));
  return null;
}

function sendDisks(worker: Worker, cluster: string, nodes: readonly string[]): Promise<void> {
  return worker.send(nodes.map((node) => jobOf('scan-disk', node, { cluster })));
}

/** Reads the disk of one node. */
export async function scanDisk(
  worker: Worker,
  { key, data }: Job,
  signal: AbortSignal,
): Promise<string | null> {
  const { fleet, turn } = worker;
  const { cluster = '' } = data;
  const step = await turn.read(async () =>
    readDisk(fleet, await optionsOf(worker, signal), { cluster, node: key }),
  );
  if (step.read === null) return null;
  await place(worker, cluster, signal);
  const name = key.slice(key.lastIndexOf('/') + 1);
  if (step.problems.length > 0) return problemsText(step.problems);
  return step.read ? `the disk of ${name} was read` : null;
}

async function place({ fleet }: Pick<Worker, 'fleet'>, id: string, signal: AbortSignal): Promise<void> {
  const cluster = await clusterOf(fleet, id);
  if (cluster !== undefined) await placeLists(fleet, [cluster], { progress: silent, signal });
  await ask(fleet, 'assess');
}

/** Also one that is gone. */
async function clusterOf({ store }: Fleet, id: string) {
  const there = await store.inventory.cluster(id);
  return there ?? (await store.inventory.clusters({ gone: true })).find((each) => each.id === id);
}

async function optionsOf(worker: Worker, signal: AbortSignal): Promise<SyncOptions> {
  const { providers, parallel, scanWorker } = worker;
  return {
    ...{ providers: await providers.get(), parallel, scanWorker, progress: silent, signal, full: false },
    unfinished: (problems) => problems.length > 0 && worker.tell('discover', problemsText(problems)),
  };
}
