/**
 * What Azure answered, as it was recorded from the real service (azure-cli's recordings of aborting an operation, of
 * upgrading a pool's node image and of rolling one back) or as Azure documents it. The sandbox must answer so.
 */
export interface Recorded {
  readonly name: string;
  readonly method: string;
  /** `C` is a cluster that is idle, `P` a pool of it; `X` a thing that is not there. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  /** Headers that must be there, and headers that must not. */
  readonly has?: readonly string[];
  readonly hasNot?: readonly string[];
  /** Parts of the body, by their path; a pattern for texts that vary. */
  readonly shows?: Readonly<Record<string, unknown>>;
  /** The body is empty. */
  readonly empty?: true;
}

const OPERATION = ['azure-asyncoperation'];
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const POOL_ID =
  /^\/subscriptions\/[0-9a-f-]{36}\/resourcegroups\/rg-shop\/providers\/Microsoft\.ContainerService\/managedClusters\/shop-eus\/agentPools\/system$/;

export const RECORDED: readonly Recorded[] = [
  {
    name: 'a cluster: type with a capital M, eTag at the top, lower-case resourcegroups',
    ...{ method: 'GET', path: 'C', status: 200, hasNot: OPERATION },
    shows: {
      type: 'Microsoft.ContainerService/ManagedClusters',
      id: /\/resourcegroups\/rg-shop\/providers\/Microsoft\.ContainerService\/managedClusters\/shop-eus$/,
      eTag: GUID,
      'properties.provisioningState': 'Succeeded',
      'properties.powerState.code': 'Running',
      'properties.nodeResourceGroup': 'MC_rg-shop_shop-eus_eastus',
      'properties.autoUpgradeProfile.nodeOSUpgradeChannel': 'None',
      'properties.agentPoolProfiles.0.name': 'system',
      'properties.agentPoolProfiles.0.enableFIPS': false,
      'properties.enableRBAC': true,
      'properties.identityProfile.kubeletidentity.clientId': GUID,
    },
  },
  {
    name: 'a pool: eTag and spelling of its properties',
    ...{ method: 'GET', path: 'P', status: 200, hasNot: OPERATION },
    shows: {
      id: POOL_ID,
      type: 'Microsoft.ContainerService/managedClusters/agentPools',
      'properties.eTag': GUID,
      'properties.osSKU': 'Ubuntu',
      'properties.osDiskSizeGB': 128,
      'properties.nodeImageVersion': /^AKSUbuntu-2204gen2containerd-\d{6}\.\d{2}\.\d$/,
      'properties.upgradeSettings.maxSurge': '10%',
      'properties.upgradeSettings.maxUnavailable': '0',
      'properties.securityProfile.enableVTPM': false,
    },
  },
  {
    name: 'a PUT of a pool: 200, the operation and nothing else in headers, the body on its way',
    ...{ method: 'PUT', path: 'P', body: { properties: {} }, status: 200 },
    ...{ has: OPERATION, hasNot: ['location', 'retry-after'] },
    shows: { id: POOL_ID, 'properties.provisioningState': 'Updating' },
  },
  {
    name: 'a PUT of a new pool: 201, Creating',
    ...{ method: 'PUT', path: 'X', body: { properties: { count: 1 } }, status: 201 },
    ...{ has: OPERATION, hasNot: ['location', 'retry-after'] },
    shows: { 'properties.provisioningState': 'Creating' },
  },
  {
    name: 'a PUT of a cluster: 200, the operation alone in headers',
    ...{ method: 'PUT', path: 'C', body: { location: 'eastus' }, status: 200 },
    ...{ has: OPERATION, hasNot: ['location', 'retry-after'] },
    shows: { 'properties.provisioningState': 'Updating' },
  },
  {
    name: 'upgrading the node image when it is the newest: 304 without a body',
    ...{ method: 'POST', path: 'P/upgradeNodeImageVersion', status: 304, empty: true, hasNot: OPERATION },
  },
  {
    name: 'aborting when nothing is going on: 409, flat',
    ...{ method: 'POST', path: 'P/abort', status: 409 },
    shows: { code: 'OperationNotAllowed', details: null, subcode: '' },
  },
  {
    name: 'deleting a pool: 202, empty, both URLs',
    ...{ method: 'DELETE', path: 'P', status: 202, empty: true, has: ['azure-asyncoperation', 'location'] },
  },
  { name: 'deleting what is not there: 204', method: 'DELETE', path: 'X', status: 204, empty: true },
  {
    name: 'a pool that is not there: 404 of the gateway',
    ...{ method: 'GET', path: 'X', status: 404, has: ['x-ms-failure-cause'] },
    shows: {
      'error.code': 'ResourceNotFound',
      'error.message':
        /^The Resource 'Microsoft\.ContainerService\/managedClusters\/shop-eus\/agentPools\/nothere' under resource group 'rg-shop' was not found\./,
    },
  },
  {
    name: 'an eTag that is no longer right: 412',
    ...{ method: 'PUT', path: 'P', body: { properties: {} }, status: 412 },
    ...{ headers: { 'if-match': '"00000000-0000-0000-0000-000000000000"' }, hasNot: OPERATION },
  },
  {
    name: 'If-None-Match on a pool that exists: 412',
    ...{ method: 'PUT', path: 'P', body: { properties: {} }, status: 412, headers: { 'if-none-match': '*' } },
  },
  {
    name: 'a node image that is not offered: 400 in these words',
    ...{ method: 'PUT', path: 'P', status: 400 },
    body: { properties: { nodeImageVersion: 'AKSUbuntu-2204gen2containerd-202301.10.0' } },
    shows: {
      message:
        /^NodeImageVersion 'AKSUbuntu-2204gen2containerd-202301\.10\.0' is not accepted\. NodeImageVersion can only be current version 'AKSUbuntu-2204gen2containerd-[\d.]+' or 'latest'$/,
    },
  },
  {
    name: 'a pool newer than its control plane: 400',
    ...{ method: 'PUT', path: 'P', status: 400 },
    body: { properties: { orchestratorVersion: '1.29.0' } },
    shows: {
      code: 'NodePoolMcVersionIncompatible',
      message: /^Node pool version 1\.29\.0 and control plane version 1\.28\.5 are incompatible\. /,
    },
  },
  {
    name: 'the versions of a cluster changed for some of its pools: 400',
    ...{ method: 'PUT', path: 'C', status: 400 },
    body: {
      location: 'eastus',
      properties: {
        kubernetesVersion: '1.29.0',
        agentPoolProfiles: [
          { name: 'system', orchestratorVersion: '1.29.0' },
          { name: 'web', orchestratorVersion: '1.28.5' },
          { name: 'spot', orchestratorVersion: '1.28.5' },
        ],
      },
    },
    shows: { code: 'NotAllAgentPoolOrchestratorVersionSpecifiedAndUnchanged' },
  },
  {
    name: 'the upgrade profile of a pool',
    ...{ method: 'GET', path: 'P/upgradeProfiles/default', status: 200 },
    shows: {
      name: 'default',
      type: 'Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles',
      'properties.kubernetesVersion': '1.28.5',
      'properties.osType': 'Linux',
      'properties.latestNodeImageVersion': /^AKSUbuntu-2204gen2containerd-/,
    },
  },
  {
    name: 'the upgrade profile of a cluster: no minor is skipped',
    ...{ method: 'GET', path: 'C/upgradeProfiles/default', status: 200 },
    shows: {
      'properties.controlPlaneProfile.kubernetesVersion': '1.28.5',
      'properties.controlPlaneProfile.upgrades.0.kubernetesVersion': /^1\.29\./,
      'properties.agentPoolProfiles.0.name': 'system',
    },
  },
  {
    name: 'versions for pools: none above the control plane',
    ...{ method: 'GET', path: 'C/availableAgentPoolVersions', status: 200 },
    shows: { 'properties.agentPoolVersions.0.kubernetesVersion': /^1\.2[78]\./ },
  },
  {
    name: 'machines: names of nodes, ids of virtual machines',
    ...{ method: 'GET', path: 'P/machines', status: 200 },
    shows: {
      'value.0.name': /^aks-system-\d{8}-vmss[0-9a-z]{6}$/,
      'value.0.properties.resourceId':
        /\/resourceGroups\/MC_rg-shop_shop-eus_eastus\/providers\/Microsoft\.Compute\/virtualMachineScaleSets\/aks-system-\d{8}-vmss\/virtualMachines\/\d+$/,
      'value.0.properties.network.ipAddresses.0.family': 'IPv4',
    },
  },
  {
    name: 'operations of a pool: in previews only',
    ...{ method: 'GET', path: 'P/operations/latest', status: 404 },
    shows: { 'error.code': 'InvalidResourceType' },
  },
];
