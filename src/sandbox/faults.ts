import type { SandboxCore } from './ports.ts';
import type { FaultKind, SimFault } from './types.ts';

/** What each fault does, for people. */
export const FAULTS: Readonly<Record<FaultKind, string>> = {
  'pdb-block':
    'evictions are denied as if a PodDisruptionBudget allowed none; upgrades wait until their drain timeout',
  quota: 'no quota for another machine: adding nodes fails with QuotaExceeded',
  'subnet-full': 'no address is left for another machine: adding nodes fails with SubnetIsFull',
  capacity: 'Azure has no machine of this size: adding nodes fails with AllocationFailed',
  'stuck-operation': 'an operation stays InProgress though its cluster or pool is done',
  'no-content': 'the status of an operation that succeeded answers 204 without a body',
  'target-after-failure':
    'an upgrade fails after its first node; ARM shows the target as if it had succeeded',
  'webhook-denial': 'an admission webhook denies evictions; upgrades fail at once',
  'auto-upgrade': 'an automatic upgrade of the pool begins just before a change by a user, who gets 409',
  throttle: 'requests are answered with 429 and Retry-After',
  unreachable: 'connections to the Kubernetes API are cut',
  forbidden: 'requests are answered with 403',
  'snapshot-failure': 'snapshots of disks fail',
  'scope-locked': 'changes are refused with 409 ScopeLocked',
};

/** All kinds of faults. */
export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];

/** Adds a fault that strikes from now on. */
export function addFault(
  core: SandboxCore,
  fault: { readonly kind: FaultKind; readonly target: string; readonly times: number | null },
): SimFault {
  const count = Number(core.state.setting('faults') ?? 0) + 1;
  core.state.putSetting('faults', count);
  const added: SimFault = { id: String(count), kind: fault.kind, target: fault.target, left: fault.times };
  core.state.faults.put(added);
  return added;
}
