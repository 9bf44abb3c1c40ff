import type { DiskRefusal } from '../../../types.ts';
import { DISK_READER, SNAPSHOTS } from '../permissions.ts';
import { azureProblem, codeOf, forbiddenAction, problemCode, statusOf } from '../problems.ts';

const ASKED = 'Its disk cannot be read';

/**
 * A failure of Azure as the reason why a node's disk cannot be read, in the same words for all nodes of which it is the
 * same. A defect of our own is thrown on.
 * @param group resource group for snapshots
 */
export function refusalOf(thrown: unknown, group: string): DiskRefusal {
  const { detail, remedy } = azureProblem(thrown, '', ASKED);
  if (problemCode(thrown) === 'no-permission')
    return { reason: 'no-permission', detail, remedy: roleRemedy(forbiddenAction(thrown), group) };
  return { reason: 'scan-failed', detail, remedy, ...known(thrown, group) };
}

function roleRemedy(action: string | null, group: string): string {
  const own = SNAPSHOTS.actions.some((each) => each.toLowerCase() === action?.toLowerCase());
  return own
    ? `Assign the role of deploy/azure/${SNAPSHOTS.role} on the resource group ${group}.`
    : `Assign the role of deploy/azure/${DISK_READER.role} on the subscription; docs/permissions.md says how.`;
}

/** Better words than Azure's, which name the snapshot, where it is known what is wrong. */
function known(thrown: unknown, group: string): Partial<Pick<DiskRefusal, 'detail' | 'remedy'>> {
  switch (codeOf(thrown)) {
    case 'ResourceGroupNotFound':
      return {
        detail: `${ASKED}: its subscription has no resource group ${group}`,
        remedy: `Create the resource group ${group} in this subscription, or name another in azure.snapshot-resource-group.`,
      };
    case 'ScopeLocked':
      return {
        detail: `${ASKED}: a lock keeps snapshots from being made or deleted in the resource group ${group}`,
        remedy: `Remove the lock from the resource group ${group}, or name another in azure.snapshot-resource-group.`,
      };
    case 'RequestDisallowedByPolicy':
      return {
        remedy: `A policy of the subscription forbids the snapshot; exempt the resource group ${group} from it.`,
      };
    default:
      return statusOf(thrown) === 404 ? { remedy: 'The machine may be gone; run the sync again.' } : {};
  }
}
