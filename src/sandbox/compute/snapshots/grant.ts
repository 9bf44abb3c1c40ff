import { NodewardError, reasonOf } from '../../../base/errors.ts';
import { refusal } from '../../arm/errors.ts';
import { endOperation } from '../../arm/operations.ts';
import type { SandboxCore } from '../../ports.ts';
import type { SimOperation, SimSnapshot } from '../../types.ts';
import { diskSupport } from '../disks/ext4.ts';
import type { DiskStore } from '../disks/store.ts';
import { isOpen, openAccess, sasUrl } from './access.ts';
import { contentOfSnapshot, sameFamily } from './body.ts';
import { objectOf } from './create.ts';

/** Snapshots of one disk that can be read at the same time. */
const MAX_OPEN = 5;
/** What Azure takes for a duration: seconds in 32 bits. */
const MAX_SECONDS = 2 ** 32 - 1;

/** How long a SAS is asked for, in seconds. @throws ArmError where Azure would refuse to give one */
export function requireGrantable(core: SandboxCore, snapshot: SimSnapshot, body: unknown): number {
  const { access, durationInSeconds: seconds } = objectOf(body);
  if (access !== 'Read')
    throw refusal(
      400,
      'InvalidParameter',
      `The value '${String(access)}' of parameter 'access' is not allowed.`,
    );
  if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 1 || seconds > MAX_SECONDS)
    throw refusal(400, 'InvalidParameter', "The value of parameter 'durationInSeconds' is out of range.");
  const content = contentOfSnapshot(snapshot);
  if (content === null)
    throw refusal(409, 'OperationNotAllowed', `Snapshot '${snapshot.name}' is in a failed state.`);
  const missing = content.kind === 'linux' ? diskSupport() : null;
  if (missing !== null) throw refusal(409, 'OperationNotAllowed', missing);
  const open = [...core.state.snapshots.values()].filter(
    (other) => other !== snapshot && sameFamily(other, snapshot) && isOpen(core, other),
  );
  if (open.length >= MAX_OPEN)
    throw refusal(
      409,
      'OperationNotAllowed',
      `${MAX_OPEN} snapshots of this snapshot family have an active shared access signature already. Call EndGetAccess on one of them.`,
    );
  return seconds;
}

/**
 * Makes the disk of a snapshot readable and ends the operation with its URL. Never throws: what fails, fails the
 * operation. @param operation whose data names the snapshot and the seconds
 */
export async function grantAccess(
  core: SandboxCore,
  disks: DiskStore,
  operation: SimOperation,
): Promise<void> {
  const target = (): SimSnapshot | undefined => core.state.snapshots.get(operation.target);
  try {
    const before = target();
    const content = before === undefined ? null : contentOfSnapshot(before);
    if (content !== null) await disks.open(content);
    const snapshot = target();
    // It may have been deleted, and another one made, while its disk was.
    if (content === null || snapshot === undefined || snapshot.created !== before?.created)
      throw new Error('The snapshot was deleted.');
    if (!isOpen(core, snapshot)) openAccess(core, snapshot, Number(operation.data.seconds));
    endOperation(core, operation, { status: 'Succeeded', result: { accessSAS: sasUrl(core, snapshot) } });
  } catch (thrown) {
    const remedy = thrown instanceof NodewardError ? ` ${thrown.remedy}` : '';
    const message = `The disk cannot be read: ${reasonOf(thrown)}${remedy}`;
    endOperation(core, operation, { status: 'Failed', error: { code: 'OperationNotAllowed', message } });
  }
}
