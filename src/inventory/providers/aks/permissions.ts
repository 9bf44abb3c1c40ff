import { fieldsOf } from '../../fields.ts';
import type { Azure } from './azure.ts';
import { TransportError } from './transport.ts';

/** What Nodeward asks of Azure, by the role that grants it and where that role is assigned. */
export interface NeededActions {
  /** The file below `deploy/azure/` that grants them. */
  readonly role: string;
  readonly actions: readonly string[];
  readonly dataActions: readonly string[];
}

/** Finding clusters and reading their nodes: on every subscription. */
export const READER: NeededActions = {
  role: 'nodeward-reader.json',
  actions: [
    'Microsoft.Authorization/permissions/read',
    'Microsoft.ContainerService/managedClusters/agentPools/machines/read',
    'Microsoft.ContainerService/managedClusters/agentPools/read',
    'Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles/read',
    'Microsoft.ContainerService/managedClusters/listClusterUserCredential/action',
    'Microsoft.ContainerService/managedClusters/read',
    'Microsoft.Resources/subscriptions/read',
  ],
  dataActions: ['Microsoft.ContainerService/managedClusters/nodes/read'],
};

/** Counting privileged pods: on every subscription, where that is asked for. */
export const WORKLOADS: NeededActions = {
  role: 'nodeward-workloads.json',
  actions: [],
  dataActions: ['Microsoft.ContainerService/managedClusters/pods/read'],
};

/** Finding a node's disk and letting a snapshot be made of it: on every subscription whose disks are read. */
export const DISK_READER: NeededActions = {
  role: 'nodeward-disk-reader.json',
  actions: [
    'Microsoft.Compute/disks/beginGetAccess/action',
    'Microsoft.Compute/disks/read',
    'Microsoft.Compute/locations/diskOperations/read',
    'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read',
    'Microsoft.Compute/virtualMachines/read',
  ],
  dataActions: [],
};

/** Making, reading and deleting snapshots: on the resource group for snapshots alone. */
export const SNAPSHOTS: NeededActions = {
  role: 'nodeward-snapshots.json',
  actions: [
    'Microsoft.Compute/snapshots/beginGetAccess/action',
    'Microsoft.Compute/snapshots/delete',
    'Microsoft.Compute/snapshots/endGetAccess/action',
    'Microsoft.Compute/snapshots/read',
    'Microsoft.Compute/snapshots/write',
    'Microsoft.Resources/subscriptions/resourceGroups/read',
  ],
  dataActions: [],
};

const AUTHORIZATION_API = '2022-04-01';

/** One assigned role as `Microsoft.Authorization/permissions` lists it. */
interface Permission {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions: readonly string[];
  readonly notDataActions: readonly string[];
}

/**
 * The needed actions that the identity may not do in a scope, in the order they are needed.
 * @param scope a subscription's or resource group's id
 * @throws as `Azure.get`
 */
export async function missingActions(
  azure: Azure,
  of: { readonly scope: string; readonly needed: NeededActions; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const guid = of.scope.split('/')[2] ?? '';
  const client = await azure.containerService(guid, of.signal);
  const path = `${of.scope}/providers/Microsoft.Authorization/permissions?api-version=${AUTHORIZATION_API}`;
  const answer = fieldsOf(await azure.get(client, new URL(path, azure.endpoint).href, of.signal));
  if (!Array.isArray(answer?.value))
    throw new TransportError('malformed', 'an answer is no list of permissions');
  const granted = answer.value.slice(0, 1_000).map(permissionOf);
  return [
    ...of.needed.actions.filter(
      (action) => !granted.some((each) => grants(action, each.actions, each.notActions)),
    ),
    ...of.needed.dataActions.filter(
      (action) => !granted.some((each) => grants(action, each.dataActions, each.notDataActions)),
    ),
  ];
}

function permissionOf(value: unknown): Permission {
  const fields = fieldsOf(value);
  const texts = (key: string): readonly string[] => {
    const list = fields?.[key];
    return Array.isArray(list) ? list.filter((each): each is string => typeof each === 'string') : [];
  };
  return {
    actions: texts('actions'),
    notActions: texts('notActions'),
    dataActions: texts('dataActions'),
    notDataActions: texts('notDataActions'),
  };
}

/** Azure's rule: one role grants what its actions match and its exceptions do not; `*` stands for any text. */
function grants(action: string, allowed: readonly string[], except: readonly string[]): boolean {
  const matched = (pattern: string): boolean => matches(pattern.toLowerCase(), action.toLowerCase());
  return allowed.some(matched) && !except.some(matched);
}

/** Whether a pattern with any number of `*` matches, without the cost that regular expressions can have. */
function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const [head = '', ...rest] = parts;
  if (!text.startsWith(head)) return false;
  if (rest.length === 0) return text === pattern;
  const tail = rest.pop() ?? '';
  let at = head.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - tail.length >= at && text.endsWith(tail);
}
