import type { ProvisioningState } from './types.ts';

/** States in which nothing is going on. */
export function isSettled(state: ProvisioningState): boolean {
  return state === 'Succeeded' || state === 'Failed' || state === 'Canceled';
}

/** States of what stopped on the way. */
export function isInterrupted(state: ProvisioningState): boolean {
  return state === 'Failed' || state === 'Canceled';
}
