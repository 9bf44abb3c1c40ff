/** One cluster's place in Azure, from its id. */
export interface ClusterPlace {
  /** The guid, lower-case. */
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly name: string;
}

const NAME = '[\\w.()-]{1,128}';
const CLUSTER = new RegExp(
  `^/subscriptions/([0-9a-f-]{36})/resourcegroups/(${NAME})/providers/microsoft\\.containerservice/managedclusters/(${NAME})$`,
);

/** The parts of a cluster's id, in any case; null where it is none. */
export function clusterPlace(id: string): ClusterPlace | null {
  const [, subscription, resourceGroup, name] = CLUSTER.exec(id.toLowerCase()) ?? [];
  if (subscription === undefined || resourceGroup === undefined || name === undefined) return null;
  return { subscription, resourceGroup, name };
}

/** The guid of a subscription's id; null where it is none. */
export function subscriptionGuid(id: string): string | null {
  return /^\/subscriptions\/([0-9a-f-]{36})$/.exec(id.toLowerCase())?.[1] ?? null;
}

/** `/subscriptions/<guid>`, lower-case. */
export function subscriptionId(guid: string): string {
  return `/subscriptions/${guid.toLowerCase()}`;
}

const MACHINE = new RegExp(
  `^(/subscriptions/[0-9a-f-]{36})/resourcegroups/(${NAME})/providers/microsoft\\.compute/` +
    `(?:virtualmachinescalesets/(${NAME})/)?virtualmachines/(${NAME})$`,
);

/** One machine's place in Azure, from its id: of a scale set, or alone. */
export interface MachinePlace {
  readonly subscription: string;
  readonly resourceGroup: string;
  /** Null for a machine of its own. */
  readonly scaleSet: string | null;
  /** Its number in the scale set, or its name. */
  readonly name: string;
}

/** The parts of a machine's id, in any case; null where it is none. `subscription` is the guid. */
export function machinePlace(id: string): MachinePlace | null {
  const [, subscription, resourceGroup, scaleSet, name] = MACHINE.exec(id.toLowerCase()) ?? [];
  if (subscription === undefined || resourceGroup === undefined || name === undefined) return null;
  return {
    subscription: subscriptionGuid(subscription) ?? '',
    resourceGroup,
    scaleSet: scaleSet ?? null,
    name,
  };
}

/** The name of a resource of `Microsoft.Compute` and its resource group, from its id; null where it is none. */
export function computePlace(
  id: string,
  type: 'disks' | 'snapshots',
): { readonly subscription: string; readonly resourceGroup: string; readonly name: string } | null {
  const pattern = new RegExp(
    `^/subscriptions/([0-9a-f-]{36})/resourcegroups/(${NAME})/providers/microsoft\\.compute/${type}/(${NAME})$`,
    'i',
  );
  const [, subscription, resourceGroup, name] = pattern.exec(id) ?? [];
  if (subscription === undefined || resourceGroup === undefined || name === undefined) return null;
  return { subscription: subscription.toLowerCase(), resourceGroup, name };
}
