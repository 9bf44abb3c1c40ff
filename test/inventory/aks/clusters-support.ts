import type { TestContext } from 'node:test';
import { createAks } from '../../../src/inventory/providers/aks/aks.ts';
import type { AksSettings, Provider } from '../../../src/inventory/types.ts';
import type { Subscription } from '../../../src/model/fleet.ts';
import { type Answer, aksSettings, IMPATIENT, routes, serve } from '../support.ts';

export const GUID = '11111111-2222-3333-4444-555555555555';
export const OTHER = '99999999-2222-3333-4444-555555555555';
export const CLUSTERS = `/subscriptions/${GUID}/providers/microsoft.containerservice/managedclusters`;
export const SUBSCRIPTION: Subscription = { id: `/subscriptions/${GUID}`, provider: 'aks', name: 'Contoso' };

export function wireCluster(name: string, properties: Readonly<Record<string, unknown>> = {}): unknown {
  return {
    id: `/subscriptions/${GUID}/resourcegroups/Rg1/providers/Microsoft.ContainerService/managedClusters/${name}`,
    name,
    location: 'WestUS2',
    type: 'Microsoft.ContainerService/ManagedClusters',
    eTag: 'tag-1',
    tags: { env: 'prod' },
    properties: {
      provisioningState: 'Succeeded',
      powerState: { code: 'Running' },
      kubernetesVersion: '1.28',
      currentKubernetesVersion: '1.28.5',
      fqdn: 'C1-dns.hcp.westus2.azmk8s.io',
      nodeResourceGroup: 'MC_rg1_c1_westus2',
      autoUpgradeProfile: { upgradeChannel: 'none', nodeOSUpgradeChannel: 'NodeImage' },
      agentPoolProfiles: [wirePool('np1')],
      ...properties,
    },
  };
}

export function wirePool(name: string, more: Readonly<Record<string, unknown>> = {}): unknown {
  return {
    name,
    count: 3,
    vmSize: 'Standard_D4ds_v5',
    osDiskType: 'Managed',
    mode: 'User',
    osType: 'Linux',
    osSKU: 'Ubuntu',
    orchestratorVersion: '1.28',
    currentOrchestratorVersion: '1.28.5',
    nodeImageVersion: 'AKSUbuntu:2204gen2containerd:202402.26.0',
    powerState: { code: 'Running' },
    provisioningState: 'Succeeded',
    eTag: 'pool-tag',
    enableNodePublicIP: true,
    nodeLabels: { team: 'shop', count: 3 },
    ...more,
  };
}

export type Table = Readonly<Record<string, (url: URL) => Answer | Promise<Answer>>>;

export async function provider(
  context: TestContext,
  table: Table,
  settings: Partial<AksSettings> = {},
): Promise<Provider> {
  const server = await serve(context, routes(table));
  const aks = createAks(aksSettings(server, settings), { patience: IMPATIENT });
  context.after(() => aks.close());
  return aks;
}

/** A provider whose subscription answers this to every listing of clusters. */
export function listing(context: TestContext, answer: () => Answer | Promise<Answer>): Promise<Provider> {
  return provider(context, { [`GET ${CLUSTERS}`]: answer });
}
