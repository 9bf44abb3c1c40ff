import { notFound, refusal } from '../../arm/errors.ts';
import { tagsOf } from '../../arm/groups.ts';
import type { SandboxCore } from '../../ports.ts';
import type { SimSnapshot } from '../../types.ts';
import { contentOf } from '../disks/content.ts';
import { diskIdOf, type Machine, machineOfDisk, same, thingsOfMachine } from '../machines.ts';
import { requireUnlocked } from './locks.ts';

const NAME = /^\w[\w.-]{0,79}$/;
const WINDOW_MS = 5 * 60_000;
/** Incremental snapshots of one disk within that time. */
const MAX_IN_WINDOW = 7;

/** Where a snapshot is to be: its group's id as Azure spells it, and the guid of the subscription. */
export interface SnapshotPlace {
  readonly subscription: string;
  readonly group: string;
  readonly groupId: string;
  readonly name: string;
}

/** A request to make a snapshot, as far as it is heeded. */
interface Wanted {
  readonly location: string;
  readonly source: string;
  readonly incremental: boolean;
  readonly tags: Record<string, string>;
}

/** A new snapshot, which is not stored yet. */
export interface Created {
  readonly snapshot: SimSnapshot;
  /** Null where it succeeds. */
  readonly failure: { readonly code: string; readonly message: string } | null;
}

/** Takes a snapshot of a node's OS disk as it is now. @throws ArmError where Azure would refuse */
export function createSnapshot(core: SandboxCore, place: SnapshotPlace, body: unknown): Created {
  if (!NAME.test(place.name))
    throw refusal(
      400,
      'InvalidParameter',
      `The entity name '${place.name}' is invalid according to its rules.`,
    );
  const wanted = wantedBy(body);
  const machine = machineFor(core, wanted);
  const things = thingsOfMachine(core, machine);
  requireUnlocked(core, `${place.groupId}/providers/Microsoft.Compute/snapshots/${place.name}`, things);
  if (core.strikes('forbidden', things) !== null) throw linkedRefusal(wanted.source);
  const own = `/subscriptions/${place.subscription}`;
  if (!same(machine.cluster.subscription, own))
    throw invalid('Snapshots are made in the subscription of their disk.', 'sourceResourceId');
  if (!same(machine.cluster.location, wanted.location))
    throw invalid(`The disk is in ${machine.cluster.location}, not in ${wanted.location}.`, 'location');
  if (wanted.incremental) requireInWindow(core, wanted.source);
  const failed = core.strikes('snapshot-failure', things) !== null;
  const { node, pool } = machine;
  const snapshot: SimSnapshot = {
    id: `${place.groupId}/providers/Microsoft.Compute/snapshots/${place.name}`,
    subscription: machine.cluster.subscription,
    resourceGroup: place.group,
    name: place.name,
    location: machine.cluster.location,
    source: diskIdOf(machine) ?? wanted.source,
    content: failed ? null : contentOf(node, pool, core.images),
    incremental: wanted.incremental,
    tags: wanted.tags,
    created: core.now(),
    access: null,
  };
  const message = 'An internal execution error occurred. Please retry later.';
  return { snapshot, failure: failed ? { code: 'InternalExecutionError', message } : null };
}

function wantedBy(body: unknown): Wanted {
  const { location, tags, properties } = objectOf(body);
  const { creationData, incremental } = objectOf(properties);
  const { createOption, sourceResourceId } = objectOf(creationData);
  if (typeof location !== 'string' || location === '')
    throw refusal(400, 'LocationRequired', 'The location property is required for this definition.');
  if (typeof createOption !== 'string' || !same(createOption, 'Copy'))
    throw invalid('The sandbox makes snapshots by Copy alone.', 'createOption');
  if (typeof sourceResourceId !== 'string' || sourceResourceId === '')
    throw invalid("Required parameter 'sourceResourceId' is missing (null).", 'sourceResourceId');
  return {
    location: location.toLowerCase().replaceAll(' ', ''),
    source: sourceResourceId,
    incremental: incremental === true,
    tags: tagsOf(tags),
  };
}

/** The fields of an object of a request; none where it is something else. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function machineFor(core: SandboxCore, { source }: Wanted): Machine {
  const machine = machineOfDisk(core, source);
  if (machine !== undefined) return machine;
  const [, group = '', name = ''] = /\/resourceGroups\/([^/]+)\/.*\/([^/]+)$/i.exec(source) ?? [];
  throw notFound('Microsoft.Compute/disks', name, group);
}

/** Azure's limit on how fast snapshots of one disk may follow each other; it counts those deleted since. */
function requireInWindow(core: SandboxCore, source: string): void {
  if (!core.limits) return;
  const key = `snapshots of ${source.toLowerCase()}`;
  const known = (core.state.setting(key) ?? []) as readonly number[];
  const recent = known.filter((at) => at > core.now() - WINDOW_MS);
  if (recent.length >= MAX_IN_WINDOW)
    throw refusal(
      409,
      'OperationNotAllowed',
      `A maximum of ${MAX_IN_WINDOW} incremental snapshots of one disk can be made in five minutes.`,
    );
  core.state.putSetting(key, [...recent, core.now()]);
}

function invalid(message: string, target: string): Error {
  return refusal(400, 'InvalidParameter', `${message} (${target})`);
}

function linkedRefusal(source: string): Error {
  const action = 'Microsoft.Compute/disks/beginGetAccess/action';
  return refusal(
    403,
    'LinkedAuthorizationFailed',
    `The client has permission to perform action 'Microsoft.Compute/snapshots/write'; however, it does not have permission to perform action '${action}' on the linked scope '${source}' or the linked scope is invalid.`,
  );
}
