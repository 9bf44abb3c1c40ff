import { refusal } from '../../arm/errors.ts';
import { thingsOf } from '../../arm/scope.ts';
import type { SandboxCore } from '../../ports.ts';

/**
 * Refuses a change where a lock was asked for on what it is about.
 * @param id the resource to be changed
 * @param others what else a lock could be on
 * @throws ArmError 409 ScopeLocked
 */
export function requireUnlocked(core: SandboxCore, id: string, others: readonly string[] = []): void {
  const lock = core.strikes('scope-locked', [...thingsOf(core, id), ...others]);
  if (lock === null) return;
  throw refusal(
    409,
    'ScopeLocked',
    `The scope '${id}' cannot perform this operation because following scope(s) are locked: '${lock.target}'. Please remove the lock and try again.`,
  );
}
