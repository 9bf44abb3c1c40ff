import { randomBytes } from 'node:crypto';
import type { ComputeManagementClient } from '@azure/arm-compute';
import { isLoopback } from '../../../../base/url.ts';
import type { Node } from '../../../../model/fleet.ts';
import type { Azure } from '../azure.ts';
import { TransportError } from '../transport.ts';
import type { LocatedDisk } from './locate.ts';

/** What the tags of a snapshot say. */
export const TAGS = {
  installation: 'nodeward-installation',
  node: 'nodeward-node',
  made: 'nodeward-made',
} as const;

/** How long a URL is good for; nobody's scan takes longer. */
const ACCESS_SECONDS = 3_600;
const MAX_TAG = 256;

/** Where one snapshot is. */
export interface SnapshotPlace {
  /** The guid. */
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly name: string;
}

/** Work with snapshots in one subscription, for as long as a signal lets it. */
export interface SnapshotWork {
  readonly compute: ComputeManagementClient;
  readonly place: SnapshotPlace;
  readonly signal: AbortSignal;
  readonly pollMs: number;
}

/** A name that no snapshot had before. */
export function newSnapshotName(): string {
  return `nodeward-${randomBytes(12).toString('hex')}`;
}

/** The ARM id of a snapshot. */
export function snapshotId({ subscription, resourceGroup, name }: SnapshotPlace): string {
  return `/subscriptions/${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute/snapshots/${name}`;
}

/** The clients for one piece of work, which ends with the signal or when it takes too long. */
export async function workOn(azure: Azure, place: SnapshotPlace, signal: AbortSignal): Promise<SnapshotWork> {
  const { operationMs, pollMs } = azure.patience;
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(operationMs)]);
  return { compute: await azure.compute(place.subscription, bounded), place, signal: bounded, pollMs };
}

/** Makes the snapshot. Its tags are there with it, so that it is found whatever happens next. @throws as the SDK */
export async function createSnapshot(
  { compute, place, signal, pollMs }: SnapshotWork,
  of: { readonly disk: LocatedDisk; readonly node: Node; readonly installation: string; readonly at: Date },
): Promise<void> {
  const snapshot = {
    location: of.disk.region,
    sku: { name: 'Standard_LRS' },
    tags: {
      [TAGS.installation]: of.installation,
      [TAGS.node]: of.node.id.slice(0, MAX_TAG),
      [TAGS.made]: of.at.toISOString(),
    },
    creationData: { createOption: 'Copy', sourceResourceId: of.disk.id },
    incremental: true,
    networkAccessPolicy: 'AllowAll',
    publicNetworkAccess: 'Enabled',
  };
  await compute.snapshots
    .createOrUpdate(place.resourceGroup, place.name, snapshot, { updateIntervalInMs: pollMs })
    .pollUntilDone({ abortSignal: signal });
}

/**
 * Opens a snapshot for reading.
 * @returns the signed URL
 * @throws as the SDK, or TransportError where the answer has no URL that may be used
 */
export async function grantAccess(
  { compute, place, signal, pollMs }: SnapshotWork,
  endpoint: URL,
): Promise<string> {
  const access = { access: 'Read', durationInSeconds: ACCESS_SECONDS };
  const { accessSAS } = await compute.snapshots
    .grantAccess(place.resourceGroup, place.name, access, { updateIntervalInMs: pollMs })
    .pollUntilDone({ abortSignal: signal });
  const url = typeof accessSAS === 'string' && URL.canParse(accessSAS) ? new URL(accessSAS) : null;
  // A sandbox serves its disks over plain HTTP, on this machine only.
  const plain = url?.protocol === 'http:' && isLoopback(url) && isLoopback(endpoint);
  if (url !== null && (url.protocol === 'https:' || plain)) return url.href;
  throw new TransportError('malformed', 'the answer has no URL of the snapshot');
}

/** Ends all access to a snapshot and deletes it: one with open access cannot be deleted. @throws as the SDK */
export async function deleteSnapshot(work: SnapshotWork): Promise<void> {
  const { compute, place, signal, pollMs } = work;
  const options = { updateIntervalInMs: pollMs };
  try {
    await compute.snapshots
      .revokeAccess(place.resourceGroup, place.name, options)
      .pollUntilDone({ abortSignal: signal });
  } catch {
    // It may have no access to revoke; whether it can be deleted is what counts.
  }
  await compute.snapshots
    .delete(place.resourceGroup, place.name, options)
    .pollUntilDone({ abortSignal: signal });
}
