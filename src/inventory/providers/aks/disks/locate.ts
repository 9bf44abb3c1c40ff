import type { ComputeManagementClient, Disk } from '@azure/arm-compute';
import type { NodePool } from '../../../../model/fleet.ts';
import type { DiskRefusal } from '../../../types.ts';
import { computePlace, type MachinePlace } from '../ids.ts';

/** The disk of a node's operating system. */
export interface LocatedDisk {
  /** As Azure spells it. */
  readonly id: string;
  readonly region: string;
}

const EPHEMERAL_REMEDY =
  'Nothing has to be done: such a node is assessed by its image. For its disk to be read, use a pool with managed OS disks.';
const ENCRYPTED_REMEDY =
  'Import an SBOM that was made on the node (`nodeward nodes NODE --sbom FILE`); its image is used until then.';

/** Why a pool's disks cannot be read, where the pool itself tells; null where it does not. */
export function poolRefusal(pool: NodePool): DiskRefusal | null {
  return pool.osDisk === 'ephemeral' ? ephemeral(`Pool ${pool.name} has ephemeral OS disks`) : null;
}

/** Finds the OS disk of a machine, or says why a snapshot of it would be of no use. @throws as the SDK */
export async function locateDisk(
  compute: ComputeManagementClient,
  place: MachinePlace,
): Promise<LocatedDisk | DiskRefusal> {
  const osDisk = (await machineOf(compute, place)).storageProfile?.osDisk;
  if (osDisk?.diffDiskSettings?.option === 'Local') return ephemeral('The node has an ephemeral OS disk');
  const id = osDisk?.managedDisk?.id;
  const disk = typeof id === 'string' ? computePlace(id, 'disks') : null;
  if (typeof id !== 'string' || disk === null || disk.subscription !== place.subscription) {
    return {
      reason: 'scan-failed',
      detail: 'Azure names no managed OS disk for the node',
      remedy: 'Look at the machine with `az vmss show` or `az vm show`; its image is used until then.',
    };
  }
  const found = await compute.disks.get(disk.resourceGroup, disk.name);
  const encryption = encryptionOf(found);
  if (encryption !== null) {
    const detail = `Its disk is ${encryption}: a snapshot would be ciphertext`;
    return { reason: 'encrypted-disk', detail, remedy: ENCRYPTED_REMEDY };
  }
  return { id, region: found.location };
}

function machineOf(compute: ComputeManagementClient, { scaleSet, resourceGroup, name }: MachinePlace) {
  return scaleSet === null
    ? compute.virtualMachines.get(resourceGroup, name)
    : compute.virtualMachineScaleSetVMs.get(resourceGroup, scaleSet, name);
}

function encryptionOf({ encryptionSettingsCollection, securityProfile }: Disk): string | null {
  if (encryptionSettingsCollection?.enabled === true) return 'encrypted by the node (Azure Disk Encryption)';
  // `ConfidentialVM_VMGuestStateOnlyEncrypted…` leaves the disk itself readable.
  const confidential = securityProfile?.securityType?.startsWith('ConfidentialVM_DiskEncrypted');
  return confidential ? 'that of a confidential machine' : null;
}

function ephemeral(detail: string): DiskRefusal {
  const why = 'it is on the host itself and cannot be snapshotted';
  return { reason: 'ephemeral-disk', detail: `${detail}: ${why}`, remedy: EPHEMERAL_REMEDY };
}
