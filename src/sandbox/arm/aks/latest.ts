import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Core } from '../../core.ts';
import type { SimOperation } from '../../types.ts';
import { refusal } from '../errors.ts';
import { CLUSTER, type ClusterPath, findCluster, findPool, POOL, type PoolPath } from './find.ts';

/** Operations of a cluster or pool by id, or the latest one: only in previews of the API. */
export function latestRoutes(app: FastifyInstance, core: Core): void {
  app.get<{ Params: ClusterPath['Params'] & { operation: string } }>(
    `${CLUSTER}/operations/:operation`,
    async (request) => {
      requirePreview(request);
      return operationOn(core, findCluster(core, request.params).id, request.params.operation);
    },
  );
  app.get<{ Params: PoolPath['Params'] & { operation: string } }>(
    `${POOL}/operations/:operation`,
    async (request) => {
      requirePreview(request);
      return operationOn(core, findPool(core, request.params).id, request.params.operation);
    },
  );
}

function requirePreview(request: FastifyRequest): void {
  const version = String((request.query as Record<string, unknown>)['api-version']);
  if (version.endsWith('-preview')) return;
  const message = `The resource type 'operations' could not be found in the namespace 'Microsoft.ContainerService' for api version '${version}'.`;
  throw refusal(404, 'InvalidResourceType', message);
}

function operationOn(core: Core, target: string, wanted: string): Record<string, unknown> {
  const operations = [...core.state.operations.values()].filter((each) => each.target === target);
  const found =
    wanted.toLowerCase() === 'latest'
      ? operations.at(-1)
      : operations.find(({ id }) => id === wanted.toLowerCase());
  if (found === undefined)
    throw refusal(404, 'NotFound', `The operation '${wanted.slice(0, 100)}' of '${target}' was not found.`);
  return operationBody(found);
}

function operationBody({ id, target, status, start, end, error }: SimOperation): Record<string, unknown> {
  return {
    ...{ id: `${target}/operations/${id}`, name: id, status },
    startTime: new Date(start).toISOString(),
    ...(end === null ? {} : { endTime: new Date(end).toISOString() }),
    percentComplete: end === null ? 50 : 100,
    resourceId: target,
    ...(error === null ? {} : { error }),
  };
}
