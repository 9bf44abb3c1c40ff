import type { FastifyInstance, FastifyReply } from 'fastify';
import { notFound, refusal } from '../../arm/errors.ts';
import { requireGroup, tagsOf } from '../../arm/groups.ts';
import { endOperation, operationHeaders, startOperation } from '../../arm/operations.ts';
import type { SandboxCore } from '../../ports.ts';
import type { SimOperation, SimSnapshot } from '../../types.ts';
import type { DiskStore } from '../disks/store.ts';
import { type GroupPath, machineOfDisk, same, thingsOfMachine } from '../machines.ts';
import { isOpen } from './access.ts';
import { contentOfSnapshot, snapshotBody } from './body.ts';
import { createSnapshot, objectOf } from './create.ts';
import { grantAccess, requireGrantable } from './grant.ts';
import { requireUnlocked } from './locks.ts';

const GROUP = '/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.Compute/snapshots';
const KIND = 'GrantAccess';
/** How long an answer waits for a disk to be made, so that clients need not ask again for those made at once. */
const PATIENCE_MS = 5_000;

type In = { Params: GroupPath };
type Named = { Params: GroupPath & { readonly name: string } };

/** Snapshots of OS disks. */
export function snapshotRoutes(app: FastifyInstance, core: SandboxCore, disks: DiskStore): void {
  readRoutes(app, core);
  writeRoutes(app, core);
  accessRoutes(app, core, disks);
}

function readRoutes(app: FastifyInstance, core: SandboxCore): void {
  const list = (filter: (snapshot: SimSnapshot) => boolean): Record<string, unknown> => ({
    value: [...core.state.snapshots.values()].filter(filter).map((snapshot) => snapshotBody(core, snapshot)),
  });
  app.get<{ Params: { readonly subscription: string } }>(
    '/subscriptions/:subscription/providers/Microsoft.Compute/snapshots',
    async ({ params }) =>
      list(({ subscription }) => same(subscription, `/subscriptions/${params.subscription}`)),
  );
  app.get<In>(GROUP, async ({ params }) => {
    const { id } = groupOf(core, params);
    return list((snapshot) => snapshot.id.toLowerCase().startsWith(`${id.toLowerCase()}/`));
  });
  app.get<Named>(`${GROUP}/:name`, async ({ params }) => snapshotBody(core, requireSnapshot(core, params)));
}

function writeRoutes(app: FastifyInstance, core: SandboxCore): void {
  app.put<Named>(`${GROUP}/:name`, async ({ params, body }, reply) => {
    const known = findSnapshot(core, params);
    if (known !== undefined && contentOfSnapshot(known) !== null)
      return updated(core, known, { body, reply });
    const { id: groupId, name: group } = groupOf(core, params);
    const place = { subscription: params.subscription, group, groupId, name: params.name };
    const { snapshot, failure } = createSnapshot(core, place, body);
    core.state.snapshots.put(snapshot);
    const operation = start(core, snapshot, { kind: 'CreateSnapshot' });
    const answer = snapshotBody(core, snapshot, 'Updating');
    if (failure === null)
      endOperation(core, operation, { status: 'Succeeded', result: snapshotBody(core, snapshot) });
    else endOperation(core, operation, { status: 'Failed', error: failure });
    return accepted(core, reply, operation).send(answer);
  });
  app.patch<Named>(`${GROUP}/:name`, async ({ params, body }, reply) =>
    updated(core, requireSnapshot(core, params), { body, reply }),
  );
  app.delete<Named>(`${GROUP}/:name`, async ({ params }, reply) => {
    groupOf(core, params);
    const snapshot = findSnapshot(core, params);
    if (snapshot === undefined) return reply.code(204).send();
    requireUnlocked(core, snapshot.id, thingsOfSource(core, snapshot));
    if (isOpen(core, snapshot))
      throw refusal(
        409,
        'OperationNotAllowed',
        `There is an active shared access signature outstanding for disk ${snapshot.name}. Call EndGetAccess before attaching or deleting the disk. Learn more here: aka.ms/revokeaccessapi.`,
      );
    core.state.snapshots.delete(snapshot.id);
    const operation = start(core, snapshot, { kind: 'DeleteSnapshot' });
    endOperation(core, operation, { status: 'Succeeded', result: {} });
    return accepted(core, reply, operation).send();
  });
}

function accessRoutes(app: FastifyInstance, core: SandboxCore, disks: DiskStore): void {
  const grants = new Map<string, Promise<void>>();
  const run = (operation: SimOperation): Promise<void> => {
    const grant = grantAccess(core, disks, operation).finally(() => grants.delete(operation.id));
    grants.set(operation.id, grant);
    return grant;
  };
  let resumed = false;
  // Those that a sandbox was killed over. Not before the first request: until then it has no address to give.
  app.addHook('onRequest', async () => {
    if (resumed) return;
    resumed = true;
    for (const operation of [...core.state.operations.values()])
      if (operation.kind === KIND && operation.status === 'InProgress') void run(operation);
  });
  app.addHook('onClose', async () => {
    await Promise.all(grants.values());
  });
  app.post<Named>(`${GROUP}/:name/beginGetAccess`, async ({ params, body }, reply) => {
    const snapshot = requireSnapshot(core, params);
    const seconds = requireGrantable(core, snapshot, body);
    const operation = start(core, snapshot, { kind: KIND, data: { seconds } });
    await atMost(PATIENCE_MS, run(operation));
    return accepted(core, reply, operation).send();
  });
  app.post<Named>(`${GROUP}/:name/endGetAccess`, async ({ params }, reply) => {
    const snapshot = requireSnapshot(core, params);
    snapshot.access = null;
    core.state.snapshots.put(snapshot);
    const operation = start(core, snapshot, { kind: 'RevokeAccess' });
    // Not 204, which the SDKs do not take for this operation.
    endOperation(core, operation, { status: 'Succeeded', result: {} });
    return accepted(core, reply, operation).send();
  });
}

/** Changes the tags, all that can be changed of a snapshot. */
function updated(
  core: SandboxCore,
  snapshot: SimSnapshot,
  { body, reply }: { readonly body: unknown; readonly reply: FastifyReply },
): FastifyReply {
  requireUnlocked(core, snapshot.id);
  const { tags, properties } = objectOf(body);
  const { sourceResourceId: source } = objectOf(objectOf(properties).creationData);
  if (typeof source === 'string' && !same(source, snapshot.source))
    throw refusal(
      409,
      'PropertyChangeNotAllowed',
      "Changing property 'sourceResourceId' is not allowed for existing disk or snapshot.",
    );
  const changed = tags === undefined ? snapshot : { ...snapshot, tags: tagsOf(tags) };
  core.state.snapshots.put(changed);
  return reply.code(200).send(snapshotBody(core, changed));
}

function start(
  core: SandboxCore,
  { id, subscription, location }: SimSnapshot,
  what: { readonly kind: string; readonly data?: Record<string, unknown> },
): SimOperation {
  return startOperation(core, { provider: 'Microsoft.Compute', target: id, subscription, location, ...what });
}

function accepted(core: SandboxCore, reply: FastifyReply, operation: SimOperation): FastifyReply {
  return reply.code(202).headers(operationHeaders(core, operation, 'both'));
}

function groupOf(core: SandboxCore, { subscription, group }: GroupPath): { id: string; name: string } {
  return requireGroup(core, `/subscriptions/${subscription.toLowerCase()}`, group);
}

function findSnapshot(core: SandboxCore, params: Named['Params']): SimSnapshot | undefined {
  const group = `/subscriptions/${params.subscription}/resourceGroups/${params.group}`;
  return core.state.snapshots.get(`${group}/providers/Microsoft.Compute/snapshots/${params.name}`);
}

/** @throws ArmError 404 for the group or the snapshot */
function requireSnapshot(core: SandboxCore, params: Named['Params']): SimSnapshot {
  groupOf(core, params);
  const found = findSnapshot(core, params);
  if (found === undefined) throw notFound('Microsoft.Compute/snapshots', params.name, params.group);
  return found;
}

/** Everything a fault could name of the machine a snapshot was made of, where it is still there. */
function thingsOfSource(core: SandboxCore, { source }: SimSnapshot): readonly string[] {
  const machine = machineOfDisk(core, source);
  return machine === undefined ? [] : thingsOfMachine(core, machine);
}

/** Waits for something that never fails, for so long at most. */
async function atMost(ms: number, done: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  await Promise.race([done, late.promise]);
  clearTimeout(timer);
}
