import { NodewardError } from '../../../base/errors.ts';
import type { Subscription } from '../../../model/fleet.ts';
import { workloadsCheck } from '../../kubernetes/read-workloads.ts';
import type { AksSettings, Check, ClusterListing, FoundCluster, NodeListing, Run } from '../../types.ts';
import type { Azure } from './azure.ts';
import {
  DISK_READER,
  missingActions,
  type NeededActions,
  READER,
  SNAPSHOTS,
  WORKLOADS,
} from './permissions.ts';
import { azureProblem, statusOf } from './problems.ts';

/** What `config check` tries, with the provider's own ways of looking. */
export interface AksChecks {
  readonly azure: Azure;
  readonly settings: AksSettings;
  subscriptions(run: Run): Promise<readonly Subscription[]>;
  clusters(subscription: Subscription, run: Run): Promise<ClusterListing>;
  nodes(found: FoundCluster, cursor: null, run: Run): Promise<NodeListing>;
}

/** Credentials, then for each subscription its clusters, permissions and place for snapshots, then one cluster's nodes. */
export async function checkAks(checks: AksChecks, run: Run): Promise<readonly Check[]> {
  const results: Check[] = [];
  const subscriptions = await credentials(checks, run, results);
  let example: FoundCluster | null = null;
  for (const subscription of subscriptions) {
    const listing = await checks.clusters(subscription, run);
    results.push(listed(subscription, listing));
    example ??= listing.clusters.find(({ cluster }) => cluster.power !== 'stopped') ?? null;
    results.push(...(await permissions(checks, subscription, run)));
  }
  if (example !== null) results.push(...(await oneCluster(checks, example, run)));
  return results;
}

async function credentials(checks: AksChecks, run: Run, results: Check[]): Promise<readonly Subscription[]> {
  const name = `Azure credentials at ${checks.azure.endpoint.host}`;
  try {
    const subscriptions = await checks.subscriptions(run);
    results.push(ok(name, `They see ${counted(subscriptions.length, 'subscription')}`));
    return subscriptions;
  } catch (thrown) {
    run.signal.throwIfAborted();
    if (!(thrown instanceof NodewardError)) throw thrown;
    results.push({ name, state: 'failed', detail: `${thrown.message}`, remedy: thrown.remedy });
    return [];
  }
}

function listed({ name: of }: Subscription, { clusters, problems }: ClusterListing): Check {
  const name = `List clusters in ${of}`;
  const [problem] = problems;
  if (problem === undefined) return ok(name, `There are ${counted(clusters.length, 'cluster')}`);
  const state = clusters.length > 0 ? 'warning' : 'failed';
  return { name, state, detail: `${problem.detail}`, remedy: problem.remedy };
}

async function permissions(checks: AksChecks, of: Subscription, run: Run): Promise<readonly Check[]> {
  const { azure, settings } = checks;
  const tested = (name: string, scope: string, needed: NeededActions): Promise<Check> =>
    allowed(azure, { name, scope, needed, run });
  const results = [await tested(`Permissions to read clusters in ${of.name}`, of.id, READER)];
  if (settings.workloads)
    results.push(await tested(`Permissions to count workloads in ${of.name}`, of.id, WORKLOADS));
  if (settings.snapshotResourceGroup === null) return results;
  const group = `${of.id}/resourceGroups/${settings.snapshotResourceGroup}`;
  results.push(await tested(`Permissions to read disks in ${of.name}`, of.id, DISK_READER));
  const place = await snapshotGroup(azure, { group, of, run });
  results.push(place);
  if (place.state === 'ok')
    results.push(await tested(`Permissions for snapshots in ${of.name}`, group, SNAPSHOTS));
  return results;
}

async function allowed(
  azure: Azure,
  of: { name: string; scope: string; needed: NeededActions; run: Run },
): Promise<Check> {
  const { name, scope, needed, run } = of;
  try {
    const missing = await missingActions(azure, { scope, needed, signal: run.signal });
    if (missing.length === 0) return ok(name, 'All are granted');
    const remedy = `Assign the role of deploy/azure/${needed.role} on ${scope}.`;
    // Nodes may be readable through the cluster's own roles all the same: the example below tells.
    const state = missing.every((action) => needed.dataActions.includes(action)) ? 'warning' : 'failed';
    return { name, state, detail: `Missing: ${missing.join(', ')}`, remedy };
  } catch (thrown) {
    run.signal.throwIfAborted();
    const { detail, remedy } = azureProblem(thrown, scope, 'They cannot be read');
    return { name, state: 'warning', detail: `${detail}`, remedy };
  }
}

const RESOURCES_API = '2025-04-01';

async function snapshotGroup(
  azure: Azure,
  at: { group: string; of: Subscription; run: Run },
): Promise<Check> {
  const { group, of, run } = at;
  const name = `Resource group for snapshots in ${of.name}`;
  const place = group.split('/').at(-1) ?? '';
  try {
    const client = await azure.containerService(of.id.split('/')[2] ?? '', run.signal);
    await azure.get(
      client,
      new URL(`${group}?api-version=${RESOURCES_API}`, azure.endpoint).href,
      run.signal,
    );
    return ok(name, `${place} is there`);
  } catch (thrown) {
    run.signal.throwIfAborted();
    if (statusOf(thrown) !== 404) {
      const { detail, remedy } = azureProblem(thrown, group, `${place} cannot be read`);
      return { name, state: 'failed', detail: `${detail}`, remedy };
    }
    const remedy = `Create it: az group create --name ${place} --location REGION --subscription ${of.id.split('/')[2]}`;
    return { name, state: 'failed', detail: `${place} is not there`, remedy };
  }
}

async function oneCluster(checks: AksChecks, found: FoundCluster, run: Run): Promise<readonly Check[]> {
  const name = `Read nodes of ${found.cluster.name}`;
  const { nodes, problems, workloads } = await checks.nodes(found, null, run);
  const results: Check[] = [];
  const [problem] = problems;
  if (problem === undefined) results.push(ok(name, `There are ${counted(nodes.length, 'node')}`));
  else {
    const state = problem.code === 'no-permission' ? 'failed' : 'warning';
    results.push({ name, state, detail: problem.detail, remedy: problem.remedy });
  }
  if (workloads !== undefined) results.push(workloadsCheck(found.cluster.name, workloads));
  return results;
}

function ok(name: string, detail: string): Check {
  return { name, state: 'ok', detail, remedy: null };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
