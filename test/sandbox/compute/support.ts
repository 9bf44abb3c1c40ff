import { ComputeManagementClient, type Snapshot } from '@azure/arm-compute';
import type { AccessToken } from '@azure/core-auth';
import { TOKENS } from '../../../src/sandbox/index.ts';
import { ask } from '../support.ts';

/** A sandbox that is asked. */
export interface Asked {
  readonly url: string;
  readonly ca: string;
}

/** What the tests know of one node: from ARM, as everybody can. */
export interface FoundNode {
  readonly subscription: string;
  readonly location: string;
  /** The resource group of the machines. */
  readonly group: string;
  readonly scaleSet: string;
  readonly instance: string;
  /** Null for an ephemeral one. */
  readonly disk: string | null;
}

/** The official SDK, told of nothing but the sandbox's address and authority. */
export function computeClient(
  { url, ca }: Asked,
  subscription: string,
  token: string = TOKENS.owner,
): ComputeManagementClient {
  const credential = {
    getToken: async (): Promise<AccessToken> => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  return new ComputeManagementClient(credential, subscription, {
    endpoint: url,
    tlsOptions: { ca },
    retryOptions: { maxRetries: 0 },
  });
}

/** The guids of the sandbox's subscriptions. */
export async function subscriptionsOf(sandbox: Asked): Promise<string[]> {
  const { body } = await ask(sandbox, '/subscriptions?api-version=2022-12-01');
  return (body as { value: { subscriptionId: string }[] }).value.map(({ subscriptionId }) => subscriptionId);
}

/** The resource groups with the machines of clusters, in all subscriptions. */
export async function machineGroups(
  sandbox: Asked,
): Promise<{ readonly subscription: string; readonly group: string }[]> {
  const found: { subscription: string; group: string }[] = [];
  for (const subscription of await subscriptionsOf(sandbox)) {
    const path = `/subscriptions/${subscription}/resourceGroups?api-version=2022-09-01`;
    const { body } = await ask(sandbox, path);
    for (const { name } of (body as { value: { name: string }[] }).value)
      if (name.startsWith('MC_')) found.push({ subscription, group: name });
  }
  return found;
}

/** The nodes of scale sets whose name matches. */
export async function nodesLike(sandbox: Asked, name: RegExp): Promise<FoundNode[]> {
  const found: FoundNode[] = [];
  for (const { subscription, group } of await machineGroups(sandbox)) {
    const client = computeClient(sandbox, subscription);
    for await (const set of client.virtualMachineScaleSets.list(group)) {
      const scaleSet = set.name ?? '';
      if (!name.test(scaleSet)) continue;
      for await (const vm of client.virtualMachineScaleSetVMs.list(group, scaleSet)) {
        const disk = vm.storageProfile?.osDisk?.managedDisk?.id ?? null;
        const { location, instanceId: instance = '' } = vm;
        found.push({ subscription, location, group, scaleSet, instance, disk });
      }
    }
  }
  return found;
}

/** Where tests make snapshots. */
export const SCAN_GROUP = 'rg-scans';

/** A resource group for snapshots in a subscription. */
export async function makeGroup(sandbox: Asked, subscription: string): Promise<void> {
  const path = `/subscriptions/${subscription}/resourceGroups/${SCAN_GROUP}?api-version=2022-09-01`;
  await ask(sandbox, path, { method: 'PUT', body: { location: 'westeurope' } });
}

/** What Nodeward asks for: an incremental snapshot of a node's disk. */
export function snapshotOf(node: FoundNode, tags: Record<string, string> = {}): Snapshot {
  return {
    location: node.location,
    sku: { name: 'Standard_LRS' },
    tags,
    creationData: { createOption: 'Copy', ...(node.disk === null ? {} : { sourceResourceId: node.disk }) },
    incremental: true,
    networkAccessPolicy: 'AllowAll',
    publicNetworkAccess: 'Enabled',
  };
}
