import type { DiskRefusal } from '../../../types.ts';
import { DISK_READER, SNAPSHOTS } from '../permissions.ts';
import { azureProblem, codeOf, problemCode, statusOf } from '../problems.ts';

/** What was being done when a disk could not be opened. */
export interface DiskAttempt {
  /** `Node.name`. */
  readonly node: string;
  /** Resource group for snapshots. */
  readonly group: string;
}

/** A failure of Azure as the reason why a disk cannot be read. A defect of our own is thrown on. */
export function refusalOf(thrown: unknown, { node, group }: DiskAttempt): DiskRefusal {
  const { detail, remedy } = azureProblem(thrown, '', `The disk of ${node} cannot be read`);
  if (problemCode(thrown) === 'no-permission') {
    const action = forbiddenAction(thrown);
    return {
      reason: 'no-permission',
      detail: action === null ? detail : `The disk of ${node} cannot be read: ${action} is not granted`,
      remedy: roleRemedy(action, group),
    };
  }
  return { reason: 'scan-failed', detail, remedy: remedyOf(thrown, group) ?? remedy };
}

/** The action that ARM names in its refusal; null where it names none. */
function forbiddenAction(thrown: unknown): string | null {
  if (statusOf(thrown) !== 403) return null;
  return /action\(?s?\)? '([\w./*-]{1,200})'/.exec((thrown as Error).message)?.[1] ?? null;
}

function roleRemedy(action: string | null, group: string): string {
  const own = SNAPSHOTS.actions.some((each) => each.toLowerCase() === action?.toLowerCase());
  return own
    ? `Assign the role of deploy/azure/${SNAPSHOTS.role} on the resource group ${group}.`
    : `Assign the role of deploy/azure/${DISK_READER.role} on the subscription; docs/permissions.md says how.`;
}

function remedyOf(thrown: unknown, group: string): string | null {
  switch (codeOf(thrown)) {
    case 'ResourceGroupNotFound':
      return `Create the resource group ${group} in this subscription, or name another in azure.snapshot-resource-group.`;
    case 'ScopeLocked':
      return `Remove the lock from the resource group ${group}, or name another in azure.snapshot-resource-group.`;
    case 'RequestDisallowedByPolicy':
      return `A policy of the subscription forbids the snapshot; exempt the resource group ${group} from it.`;
    default:
      return statusOf(thrown) === 404 ? 'The machine may be gone; run the sync again.' : null;
  }
}
