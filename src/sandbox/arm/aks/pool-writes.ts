import type { FastifyInstance, FastifyReply } from 'fastify';
import { autoUpgrade } from '../../engine/background.ts';
import { clusterOf, type Engine, strikesOn } from '../../engine/engine.ts';
import { targetOf } from '../../engine/nodes.ts';
import { abortPool, changePool, deletePool } from '../../engine/pools.ts';
import { startUpgrade, type UpgradeStart } from '../../engine/upgrade.ts';
import { isInterrupted, isSettled } from '../../provisioning.ts';
import type { SimOperation, SimPool } from '../../types.ts';
import { aksRefusal } from '../errors.ts';
import { operationHeaders } from '../operations.ts';
import { poolBody } from './bodies.ts';
import { requireEvictable } from './budgets.ts';
import {
  findCluster,
  findPool,
  POOL,
  type PoolPath,
  requireIdlePool,
  requireMatch,
  requireRunning,
  requireUnlocked,
} from './find.ts';
import {
  applySettings,
  invalid,
  type PoolProperties,
  poolProperties,
  requireSameMachines,
} from './pool-body.ts';
import { createPool } from './pool-create.ts';
import { resumedUpgrade, wantedUpgrade } from './pool-target.ts';

/** What can be done to a pool. */
export function poolRoutes(app: FastifyInstance, engine: Engine): void {
  const { core } = engine;
  app.put<PoolPath & { Body: { properties?: unknown } | undefined }>(POOL, async (request, reply) => {
    const cluster = findCluster(core, request.params);
    const pool = core.state.pools.get(`${cluster.id}/agentPools/${request.params.pool}`) ?? null;
    requireMatch(request, pool?.eTag ?? null);
    const wanted = poolProperties(request.body?.properties);
    race(engine, pool);
    requireIdlePool(core, cluster, pool);
    const made = pool ?? createPool(engine, cluster, { name: request.params.pool, wanted });
    const operation =
      pool === null ? changePool(engine, made, { what: 'create' }) : updatePool(engine, pool, wanted);
    return reply
      .code(pool === null ? 201 : 200)
      .headers(operationHeaders(core, operation, 'status'))
      .send(poolBody(made));
  });
  app.delete<PoolPath>(POOL, async (request, reply) => {
    const cluster = findCluster(core, request.params);
    const pool = core.state.pools.get(`${cluster.id}/agentPools/${request.params.pool}`);
    if (pool === undefined) return reply.code(204).send();
    requireMatch(request, pool.eTag);
    if (pool.provisioningState === 'Deleting') requireIdlePool(core, cluster, pool);
    requireUnlocked(core, pool);
    return accepted(reply, engine, deletePool(engine, pool)).send();
  });
  app.post<PoolPath>(`${POOL}/upgradeNodeImageVersion`, async ({ params }, reply) => {
    const pool = findPool(core, params);
    race(engine, pool);
    requireIdlePool(core, clusterOf(core, pool), pool);
    const operation = upgradeNodeImage(engine, pool);
    // Nothing to do is no success in Azure's eyes.
    if (operation === null) return reply.code(304).send();
    return accepted(reply, engine, operation).send(poolBody(pool));
  });
  app.post<PoolPath>(`${POOL}/abort`, async ({ params }, reply) => {
    const pool = findPool(core, params);
    requireRunning(pool);
    return accepted(reply, engine, abortPool(engine, pool)).send(poolBody(pool));
  });
  app.post<PoolPath & { Body: { machineNames?: unknown } | undefined }>(
    `${POOL}/deleteMachines`,
    async ({ params, body }, reply) => {
      const pool = findPool(core, params);
      requireIdlePool(core, clusterOf(core, pool), pool);
      const machines = machineNames(engine, pool, body?.machineNames);
      return accepted(
        reply,
        engine,
        changePool(engine, pool, { what: 'delete-machines', data: { machines } }),
      ).send();
    },
  );
}

/** 202 with both URLs of an operation. */
export function accepted(reply: FastifyReply, { core }: Engine, operation: SimOperation): FastifyReply {
  return reply.code(202).headers(operationHeaders(core, operation, 'both'));
}

/** Where a fault says so, an automatic upgrade begins just before a user's change. */
function race(engine: Engine, pool: SimPool | null): void {
  if (pool === null || !isSettled(pool.provisioningState)) return;
  if (strikesOn(engine.core, 'auto-upgrade', pool) !== null) autoUpgrade(engine, pool);
}

/** Starts what a PUT asks for; a request that is refused on the way changes nothing. */
function updatePool(engine: Engine, pool: SimPool, wanted: PoolProperties): SimOperation {
  const before = structuredClone(pool);
  try {
    requireSameMachines(pool, wanted);
    const upgrade = wantedUpgrade(engine, pool, wanted);
    if (upgrade !== null) {
      requireScaleSet(pool);
      requireEvictable(engine, pool);
    }
    applySettings(pool, wanted);
    return startUpdate(engine, pool, { wanted, upgrade });
  } catch (thrown) {
    Object.assign(pool, before);
    throw thrown;
  }
}

function startUpdate(
  engine: Engine,
  pool: SimPool,
  { wanted, upgrade }: { readonly wanted: PoolProperties; readonly upgrade: UpgradeStart | null },
): SimOperation {
  const power = wanted.powerState?.code ?? pool.power;
  const scaled = (wanted.count ?? pool.count) !== pool.count;
  pool.count = wanted.count ?? pool.count;
  if (power !== pool.power) {
    if (power === 'Stopped') return changePool(engine, pool, { what: 'stop' });
    pool.power = power;
    return changePool(engine, pool, { what: 'start' });
  }
  const start = upgrade ?? (isInterrupted(pool.provisioningState) ? resumedUpgrade(engine, pool) : null);
  if (start !== null) return startUpgrade(engine, pool, start);
  return changePool(engine, pool, { what: scaled ? 'scale' : 'update' });
}

/** Upgrades a pool to the newest image its region has; null where it has it, and all its nodes too. @throws ArmError 400, 409 */
function upgradeNodeImage(engine: Engine, pool: SimPool): SimOperation | null {
  const { core } = engine;
  requireScaleSet(pool);
  const { family, orchestratorVersion } = pool;
  const image = family === null ? null : core.latestImage(family, clusterOf(core, pool).location);
  if (image === null)
    throw aksRefusal(
      400,
      'BadRequest',
      `There is no node image that agent pool '${pool.name}' could be upgraded to.`,
    );
  if (image === pool.nodeImageVersion && resumedUpgrade(engine, pool) === null) return null;
  requireEvictable(engine, pool);
  const target = { image, kubelet: targetOf(pool).kubelet };
  return startUpgrade(engine, pool, {
    ...{ kind: 'UpgradeNodeImage', state: 'UpgradingNodeImageVersion', target, family, orchestratorVersion },
  });
}

/** @throws ArmError 409 where a pool is single machines, which are upgraded one by one */
function requireScaleSet({ type }: SimPool): void {
  if (type !== 'VirtualMachines') return;
  throw aksRefusal(
    409,
    'OperationNotAllowed',
    'Upgrading node image version on machines agent pool is not allowed, please use machine API to upgrade the node image version of each machine.',
  );
}

function machineNames({ core }: Engine, pool: SimPool, names: unknown): readonly string[] {
  if (!Array.isArray(names) || names.length === 0 || names.some((name) => typeof name !== 'string'))
    throw invalid('machineNames', 'It must name at least one machine.');
  const known = new Set(core.state.nodesOf(pool.id).map(({ name }) => name));
  const unknown = names.find((name: string) => !known.has(name.toLowerCase()));
  if (unknown !== undefined)
    throw invalid('machineNames', `There is no machine '${unknown}' in the agent pool.`);
  return names as string[];
}
