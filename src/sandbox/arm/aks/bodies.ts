import type { Core } from '../../core.ts';
import { fqdn } from '../../names.ts';
import type { SimCluster, SimPool } from '../../types.ts';

/** What ARM shows of a pool, below `properties` of the pool itself and in `agentPoolProfiles` of its cluster. */
function poolProperties(pool: SimPool): Record<string, unknown> {
  const { autoscale } = pool;
  return {
    ...{
      count: pool.count,
      vmSize: pool.vmSize,
      osDiskSizeGB: pool.osDiskSizeGb,
      osDiskType: pool.osDiskType,
    },
    ...{ kubeletDiskType: 'OS', maxPods: 110, type: pool.type, scaleDownMode: 'Delete' },
    ...(autoscale === null
      ? { enableAutoScaling: false }
      : { enableAutoScaling: true, minCount: autoscale.min, maxCount: autoscale.max }),
    provisioningState: pool.provisioningState,
    powerState: { code: pool.power },
    orchestratorVersion: pool.orchestratorVersion,
    currentOrchestratorVersion: pool.currentOrchestratorVersion,
    enableNodePublicIP: pool.publicAddress === true,
    ...{ nodeLabels: pool.labels, nodeTaints: pool.taints, mode: pool.mode },
    ...{ enableEncryptionAtHost: false, enableUltraSSD: false, enableFIPS: pool.fips },
    ...{ osType: pool.osType, osSKU: pool.osSku },
    ...(pool.nodeImageVersion === '' ? {} : { nodeImageVersion: pool.nodeImageVersion }),
    ...(pool.spot ? { scaleSetPriority: 'Spot', scaleSetEvictionPolicy: 'Delete', spotMaxPrice: -1 } : {}),
    upgradeSettings: pool.upgradeSettings,
    securityProfile: { enableVTPM: pool.encrypted, enableSecureBoot: false },
    ...(pool.creationData === null ? {} : { creationData: pool.creationData }),
    ...(Object.keys(pool.tags).length === 0 ? {} : { tags: pool.tags }),
    ...(pool.provisioningError === null
      ? {}
      : { status: { provisioningError: { ...pool.provisioningError, details: [], additionalInfo: [] } } }),
    eTag: pool.eTag,
  };
}

/** A pool as ARM shows it. */
export function poolBody(pool: SimPool): Record<string, unknown> {
  return {
    ...{ id: pool.id, name: pool.name, type: 'Microsoft.ContainerService/managedClusters/agentPools' },
    properties: poolProperties(pool),
  };
}

/** A cluster as ARM shows it. */
export function clusterBody(core: Core, cluster: SimCluster): Record<string, unknown> {
  const { id, name, location } = cluster;
  // There is no tag of a version yet while the first one is made.
  const eTag = cluster.provisioningState === 'Creating' ? {} : { eTag: cluster.eTag };
  return {
    ...{ id, name, location, type: 'Microsoft.ContainerService/ManagedClusters', ...eTag },
    ...(Object.keys(cluster.tags).length === 0 ? {} : { tags: cluster.tags }),
    sku: { name: 'Base', tier: 'Standard' },
    identity: {
      type: 'SystemAssigned',
      principalId: core.random(`principal ${id}`).guid(),
      tenantId: core.random('tenant').guid(),
    },
    properties: clusterProperties(core, cluster),
  };
}

function clusterProperties(core: Core, cluster: SimCluster): Record<string, unknown> {
  const { name, subscription, nodeResourceGroup } = cluster;
  const identity = core.random(`kubelet identity ${cluster.id}`);
  const host = fqdn(cluster);
  return {
    ...{ provisioningState: cluster.provisioningState, powerState: { code: cluster.power } },
    ...{ kubernetesVersion: cluster.kubernetesVersion },
    ...{ currentKubernetesVersion: cluster.currentKubernetesVersion, dnsPrefix: `${name}-dns` },
    ...(cluster.reachable ? { fqdn: host } : { privateFQDN: host.replace('.hcp.', '.private.') }),
    agentPoolProfiles: core.state
      .poolsOf(cluster.id)
      .map((pool) => ({ name: pool.name, ...poolProperties(pool) })),
    windowsProfile: { adminUsername: 'azureuser', enableCSIProxy: true },
    servicePrincipalProfile: { clientId: 'msi' },
    nodeResourceGroup,
    nodeResourceGroupProfile: { restrictionLevel: 'Unrestricted' },
    ...{ enableRBAC: true, supportPlan: 'KubernetesOfficial', disableLocalAccounts: false },
    networkProfile: { networkPlugin: 'azure', networkPolicy: 'none', serviceCidr: '10.0.0.0/16' },
    aadProfile: { managed: true, enableAzureRBAC: true, tenantID: core.random('tenant').guid() },
    apiServerAccessProfile: { enablePrivateCluster: !cluster.reachable },
    autoUpgradeProfile: {
      ...(cluster.upgradeChannel === '' ? {} : { upgradeChannel: cluster.upgradeChannel }),
      nodeOSUpgradeChannel: cluster.nodeOsChannel,
    },
    ...(cluster.upgradeOverride === null
      ? {}
      : { upgradeSettings: { overrideSettings: cluster.upgradeOverride } }),
    nodeProvisioningProfile: { mode: cluster.nodeProvisioning },
    identityProfile: {
      kubeletidentity: {
        resourceId: `${subscription}/resourcegroups/${nodeResourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}-agentpool`,
        ...{ clientId: identity.guid(), objectId: identity.guid() },
      },
    },
    ...{
      maxAgentPools: 100,
      storageProfile: { diskCSIDriver: { enabled: true } },
      oidcIssuerProfile: { enabled: false },
    },
  };
}
