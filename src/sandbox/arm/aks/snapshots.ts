import type { FastifyInstance } from 'fastify';
import type { Core } from '../../core.ts';
import type { SimPool } from '../../types.ts';
import { aksRefusal, notFound } from '../errors.ts';
import { requireGroup, tagsOf } from '../groups.ts';
import { GROUP } from './find.ts';

/** What a pool was when a snapshot of it was taken. */
export interface PoolSnapshot {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  tags: Record<string, string>;
  readonly source: string;
  readonly created: number;
  readonly kubernetesVersion: string;
  readonly nodeImageVersion: string;
  readonly osType: string;
  readonly osSku: string;
  readonly vmSize: string;
  readonly enableFIPS: boolean;
}

type Snapshots = Record<string, PoolSnapshot>;

const SETTING = 'pool-snapshots';
const TYPE = 'Microsoft.ContainerService/snapshots';

function snapshotsOf(core: Core): Snapshots {
  return (core.state.setting(SETTING) ?? {}) as Snapshots;
}

/** The snapshot of this id in any case. */
export function findPoolSnapshot(core: Core, id: string): PoolSnapshot | undefined {
  return snapshotsOf(core)[id.toLowerCase()];
}

interface SnapshotPath {
  readonly Params: { readonly subscription: string; readonly group: string; readonly snapshot: string };
  readonly Body:
    | { readonly location?: unknown; readonly tags?: unknown; readonly properties?: unknown }
    | undefined;
}

/** Snapshots of pools: what they ran, not what is on their disks. */
export function snapshotRoutes(app: FastifyInstance, core: Core): void {
  const path = `${GROUP}/providers/${TYPE}/:snapshot`;
  const idOf = ({ subscription, group, snapshot }: SnapshotPath['Params']): string =>
    `/subscriptions/${subscription.toLowerCase()}/resourcegroups/${group}/providers/${TYPE}/${snapshot}`;
  const find = (params: SnapshotPath['Params']): PoolSnapshot => {
    requireGroup(core, `/subscriptions/${params.subscription.toLowerCase()}`, params.group);
    const found = findPoolSnapshot(core, idOf(params));
    if (found === undefined) throw notFound(TYPE, params.snapshot, params.group);
    return found;
  };
  const put = (snapshot: PoolSnapshot): void =>
    core.state.putSetting(SETTING, { ...snapshotsOf(core), [snapshot.id.toLowerCase()]: snapshot });
  const list = (below: string): Record<string, unknown> => ({
    value: Object.values(snapshotsOf(core))
      .filter(({ id }) => id.toLowerCase().startsWith(`${below.toLowerCase()}/`))
      .map((snapshot) => snapshotBody(snapshot)),
  });
  app.get<SnapshotPath>(`/subscriptions/:subscription/providers/${TYPE}`, async ({ params }) =>
    list(`/subscriptions/${params.subscription}`),
  );
  app.get<SnapshotPath>(`${GROUP}/providers/${TYPE}`, async ({ params }) =>
    list(requireGroup(core, `/subscriptions/${params.subscription.toLowerCase()}`, params.group).id),
  );
  app.get<SnapshotPath>(path, async ({ params }) => snapshotBody(find(params)));
  app.put<SnapshotPath>(path, async ({ params, body }, reply) => {
    requireGroup(core, `/subscriptions/${params.subscription.toLowerCase()}`, params.group);
    const id = idOf(params);
    const known = findPoolSnapshot(core, id);
    const snapshot = makeSnapshot(core, { id, name: params.snapshot }, body);
    put(snapshot);
    return reply.code(known === undefined ? 201 : 200).send(snapshotBody(snapshot));
  });
  app.patch<SnapshotPath>(path, async ({ params, body }) => {
    const snapshot = { ...find(params), tags: tagsOf(body?.tags) };
    put(snapshot);
    return snapshotBody(snapshot);
  });
  app.delete<SnapshotPath>(path, async ({ params }, reply) => {
    const { [idOf(params).toLowerCase()]: deleted, ...rest } = snapshotsOf(core);
    if (deleted === undefined) return reply.code(204).send();
    core.state.putSetting(SETTING, rest);
    return reply.code(200).send();
  });
}

function makeSnapshot(
  core: Core,
  { id, name }: { readonly id: string; readonly name: string },
  body: SnapshotPath['Body'],
): PoolSnapshot {
  const properties = body?.properties as { creationData?: { sourceResourceId?: unknown } } | undefined;
  const source = String(properties?.creationData?.sourceResourceId ?? '');
  const pool: SimPool | undefined = core.state.pools.get(source);
  if (pool === undefined)
    throw aksRefusal(
      400,
      'InvalidParameter',
      `The source '${source.slice(0, 500)}' of the snapshot is no agent pool.`,
    );
  return {
    ...{ id, name, location: String(body?.location ?? ''), tags: tagsOf(body?.tags), source: pool.id },
    ...{ created: core.now(), kubernetesVersion: pool.currentOrchestratorVersion },
    ...{ nodeImageVersion: pool.nodeImageVersion, osType: pool.osType, osSku: pool.osSku },
    ...{ vmSize: pool.vmSize, enableFIPS: pool.fips },
  };
}

function snapshotBody(snapshot: PoolSnapshot): Record<string, unknown> {
  const { id, name, location, tags, source, created, ...pool } = snapshot;
  return {
    ...{ id, name, type: TYPE, location, tags },
    systemData: { createdAt: new Date(created).toISOString(), createdByType: 'User' },
    properties: { creationData: { sourceResourceId: source }, snapshotType: 'NodePool', ...pool },
  };
}
