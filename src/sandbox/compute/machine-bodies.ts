import { AUTO_PROVISIONED_SIZE } from '../names.ts';
import type { SimCluster, SimPool } from '../types.ts';
import { guidFrom } from './disks/gpt.ts';
import { diskIdOf, type Machine } from './machines.ts';

/** Whose gallery AKS takes its images from. */
const GALLERY_SUBSCRIPTION = '109a5e88-712a-48ae-9078-9ca8b3c81345';

type Body = Record<string, unknown>;

/** The gallery image a machine was made from; of a customer's own image, one in a gallery of that subscription. */
export function imageReference({ node, cluster }: Machine): Body {
  const [, gallery, definition, version] = /^([A-Za-z]+)-(.+)-([\d.]+)$/.exec(node.image ?? '') ?? [];
  if (gallery === undefined) {
    const group = `${cluster.subscription}/resourceGroups/rg-images`;
    return { id: `${group}/providers/Microsoft.Compute/galleries/golden/images/nodes/versions/1.0.0` };
  }
  const group = `/subscriptions/${GALLERY_SUBSCRIPTION}/resourceGroups/${gallery.replace('AKS', 'AKS-')}`;
  return {
    id: `${group}/providers/Microsoft.Compute/galleries/${gallery}/images/${definition}/versions/${version}`,
  };
}

/** The OS disk in a machine's storage profile. An ephemeral one has no resource of its own, so no id. */
function osDisk(machine: Machine): Body {
  const { pool } = machine;
  const id = diskIdOf(machine);
  const common = {
    osType: pool?.osType ?? 'Linux',
    createOption: 'FromImage',
    caching: id === null ? 'ReadOnly' : 'ReadWrite',
    diskSizeGB: pool?.osDiskSizeGb ?? 128,
  };
  if (id === null)
    return {
      ...common,
      diffDiskSettings: { option: 'Local', placement: 'CacheDisk' },
      managedDisk: { storageAccountType: 'Standard_LRS' },
    };
  const name = id.slice(id.lastIndexOf('/') + 1);
  return { ...common, name, managedDisk: { id, storageAccountType: 'Premium_LRS' } };
}

/** What scale-set VMs and virtual machines have in common. */
function machineProperties(machine: Machine): Body {
  const { node, pool } = machine;
  return {
    vmId: node.uid,
    hardwareProfile: { vmSize: vmSize(pool) },
    storageProfile: {
      imageReference: imageReference(machine),
      osDisk: osDisk(machine),
      dataDisks: [],
      diskControllerType: 'SCSI',
    },
    osProfile: { computerName: node.name, adminUsername: 'azureuser', requireGuestProvisionSignal: true },
    provisioningState: 'Succeeded',
    timeCreated: new Date(node.created).toISOString(),
    ...(pool?.encrypted === true && isConfidential(pool)
      ? { securityProfile: { securityType: 'ConfidentialVM' } }
      : {}),
  };
}

/** A virtual machine of a scale set. */
export function scaleSetVmBody(machine: Machine, expanded: boolean): Body {
  const { node, pool, cluster } = machine;
  return {
    id: node.id,
    name: `${pool?.scaleSet}_${node.instance}`,
    type: 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines',
    location: cluster.location,
    instanceId: String(node.instance),
    sku: { name: vmSize(pool), tier: 'Standard' },
    tags: poolTags(cluster, pool),
    properties: {
      latestModelApplied: true,
      modelDefinitionApplied: 'VirtualMachineScaleSet',
      ...machineProperties(machine),
      ...(expanded ? { instanceView: instanceView(machine) } : {}),
    },
  };
}

/** A virtual machine of its own. */
export function virtualMachineBody(machine: Machine, expanded: boolean): Body {
  const { node, cluster } = machine;
  return {
    id: node.id,
    name: node.name,
    type: 'Microsoft.Compute/virtualMachines',
    location: cluster.location,
    tags: { 'karpenter.azure.com_cluster': cluster.name, 'karpenter.sh_nodepool': 'default' },
    properties: {
      ...machineProperties(machine),
      ...(expanded ? { instanceView: instanceView(machine) } : {}),
    },
  };
}

/** What the agent in a machine and the platform say of it. */
export function instanceView({ node, pool, cluster }: Machine): Body {
  const time = new Date(node.created).toISOString();
  const status = (code: string, displayStatus: string): Body => ({
    code,
    level: 'Info',
    displayStatus,
    time,
  });
  return {
    platformUpdateDomain: 0,
    platformFaultDomain: 0,
    computerName: node.name,
    osName: pool?.osType === 'Windows' ? 'Windows Server' : node.osImage,
    hyperVGeneration: 'V2',
    vmAgent: { vmAgentVersion: 'Unknown', statuses: [] },
    statuses: [
      status('ProvisioningState/succeeded', 'Provisioning succeeded'),
      cluster.power === 'Stopped'
        ? status('PowerState/deallocated', 'VM deallocated')
        : status('PowerState/running', 'VM running'),
    ],
  };
}

/** The scale set of a pool. */
export function scaleSetBody(cluster: SimCluster, pool: SimPool): Body {
  const group = `${cluster.subscription}/resourceGroups/${cluster.nodeResourceGroup}`;
  const id = `${group}/providers/Microsoft.Compute/virtualMachineScaleSets/${pool.scaleSet}`;
  return {
    id,
    name: pool.scaleSet,
    type: 'Microsoft.Compute/virtualMachineScaleSets',
    location: cluster.location,
    sku: { name: vmSize(pool), tier: 'Standard', capacity: pool.power === 'Stopped' ? 0 : pool.count },
    tags: poolTags(cluster, pool),
    properties: {
      singlePlacementGroup: false,
      orchestrationMode: 'Uniform',
      upgradePolicy: { mode: 'Manual' },
      overprovision: false,
      uniqueId: guidFrom(id.toLowerCase()),
      platformFaultDomainCount: 1,
      provisioningState: 'Succeeded',
    },
  };
}

/** Whether a pool's disks are encrypted by their confidential machines, not by Azure Disk Encryption in the guest. */
export function isConfidential({ vmSize: size }: SimPool): boolean {
  return /^Standard_[DE]C/i.test(size);
}

function vmSize(pool: SimPool | undefined): string {
  return pool?.vmSize ?? AUTO_PROVISIONED_SIZE;
}

function poolTags(cluster: SimCluster, pool: SimPool | undefined): Body {
  return {
    ...pool?.tags,
    ...(pool === undefined ? {} : { 'aks-managed-poolName': pool.name }),
    'aks-managed-cluster-name': cluster.name,
    'aks-managed-cluster-rg': cluster.resourceGroup,
  };
}
