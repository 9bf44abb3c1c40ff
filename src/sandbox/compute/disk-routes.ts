import type { FastifyInstance } from 'fastify';
import { notFound } from '../arm/errors.ts';
import { requireGroup } from '../arm/groups.ts';
import type { SandboxCore } from '../ports.ts';
import { guidFrom } from './disks/gpt.ts';
import { imageReference, isConfidential } from './machine-bodies.ts';
import {
  clustersIn,
  diskIdOf,
  type GroupPath,
  type Machine,
  machineGroups,
  machinesOf,
  same,
} from './machines.ts';

const GIB = 2 ** 30;
const ALL = '/subscriptions/:subscription/providers/Microsoft.Compute/disks';
const PATH = '/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.Compute/disks';

/** The OS disks of nodes: to be read. */
export function diskRoutes(app: FastifyInstance, core: SandboxCore): void {
  const disksOf = (path: GroupPath): readonly Record<string, unknown>[] =>
    clustersIn(core, path)
      .flatMap((cluster) => machinesOf(core, cluster))
      .map(diskBody)
      .filter((body) => body !== null);
  const disksIn = (params: GroupPath): readonly Record<string, unknown>[] => {
    requireGroup(core, `/subscriptions/${params.subscription.toLowerCase()}`, params.group);
    return disksOf(params);
  };
  app.get<{ Params: { readonly subscription: string } }>(ALL, async ({ params: { subscription } }) => ({
    value: machineGroups(core, subscription).flatMap((group) => disksOf({ subscription, group })),
  }));
  app.get<{ Params: GroupPath }>(PATH, async ({ params }) => ({ value: disksIn(params) }));
  app.get<{ Params: GroupPath & { readonly name: string } }>(`${PATH}/:name`, async ({ params }) => {
    const found = disksIn(params).find(({ name }) => same(String(name), params.name));
    if (found === undefined) throw notFound('Microsoft.Compute/disks', params.name, params.group);
    return found;
  });
}

/** Null where the machine's disk is the host's own. */
function diskBody(machine: Machine): Record<string, unknown> | null {
  const { node, pool, cluster } = machine;
  const id = diskIdOf(machine);
  if (id === null) return null;
  const size = pool?.osDiskSizeGb ?? 128;
  return {
    id,
    name: id.slice(id.lastIndexOf('/') + 1),
    type: 'Microsoft.Compute/disks',
    location: cluster.location,
    tags: pool === undefined ? {} : { 'aks-managed-poolName': pool.name },
    managedBy: node.id,
    sku: { name: 'Premium_LRS', tier: 'Premium' },
    properties: {
      osType: pool?.osType ?? 'Linux',
      hyperVGeneration: 'V2',
      creationData: { createOption: 'FromImage', galleryImageReference: imageReference(machine) },
      diskSizeGB: size,
      diskSizeBytes: size * GIB,
      diskState: 'Attached',
      encryption: { type: 'EncryptionAtRestWithPlatformKey' },
      networkAccessPolicy: 'AllowAll',
      publicNetworkAccess: 'Enabled',
      provisioningState: 'Succeeded',
      timeCreated: new Date(node.created).toISOString(),
      uniqueId: guidFrom(id.toLowerCase()),
      ...encryptionOf(machine),
    },
  };
}

/** How a disk says that its bytes are ciphertext. */
function encryptionOf({ pool, cluster }: Machine): Record<string, unknown> {
  if (pool?.encrypted !== true) return {};
  if (isConfidential(pool))
    return { securityProfile: { securityType: 'ConfidentialVM_DiskEncryptedWithPlatformKey' } };
  const group = `${cluster.subscription}/resourceGroups/${cluster.resourceGroup}`;
  const vault = { id: `${group}/providers/Microsoft.KeyVault/vaults/disks` };
  const key = { secretUrl: 'https://disks.vault.azure.net/secrets/ade/1', sourceVault: vault };
  return {
    encryptionSettingsCollection: {
      enabled: true,
      encryptionSettingsVersion: '1.1',
      encryptionSettings: [{ diskEncryptionKey: key }],
    },
  };
}
