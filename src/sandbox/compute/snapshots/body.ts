import type { SandboxCore } from '../../ports.ts';
import type { SimSnapshot } from '../../types.ts';
import type { DiskContent } from '../disks/content.ts';
import { guidFrom } from '../disks/gpt.ts';
import { same } from '../machines.ts';
import { isOpen } from './access.ts';

const GIB = 2 ** 30;

/** What a snapshot holds; null for one that failed. */
export function contentOfSnapshot({ content }: SimSnapshot): DiskContent | null {
  return content as DiskContent | null;
}

/** Whether two snapshots are of one disk. */
export function sameFamily(one: SimSnapshot, other: SimSnapshot): boolean {
  return same(one.source, other.source);
}

/** A snapshot as Azure shows it. @param state its provisioning state, where an operation still runs */
export function snapshotBody(
  core: SandboxCore,
  snapshot: SimSnapshot,
  state: 'Updating' | null = null,
): Record<string, unknown> {
  const { id, name, location, tags, source, incremental, created } = snapshot;
  const content = contentOfSnapshot(snapshot);
  return {
    id,
    name,
    type: 'Microsoft.Compute/snapshots',
    location,
    tags,
    sku: { name: 'Standard_LRS', tier: 'Standard' },
    properties: {
      osType: content?.kind === 'windows' ? 'Windows' : 'Linux',
      hyperVGeneration: 'V2',
      creationData: {
        createOption: 'Copy',
        sourceResourceId: source,
        sourceUniqueId: guidFrom(source.toLowerCase()),
      },
      ...(content === null ? {} : { diskSizeGB: content.size, diskSizeBytes: content.size * GIB }),
      diskState: isOpen(core, snapshot) ? 'ActiveSAS' : 'Unattached',
      encryption: { type: 'EncryptionAtRestWithPlatformKey' },
      incremental,
      ...(incremental ? { incrementalSnapshotFamilyId: guidFrom(`family ${source.toLowerCase()}`) } : {}),
      completionPercent: content === null ? 0 : 100,
      networkAccessPolicy: 'AllowAll',
      publicNetworkAccess: 'Enabled',
      timeCreated: new Date(created).toISOString(),
      uniqueId: guidFrom(`${id.toLowerCase()} ${created}`),
      provisioningState: state ?? (content === null ? 'Failed' : 'Succeeded'),
    },
  };
}
