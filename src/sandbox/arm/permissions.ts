import type { FastifyInstance, FastifyRequest } from 'fastify';
import { callerOf, READER_ACTIONS } from './gateway.ts';

const PERMISSIONS = 'providers/Microsoft.Authorization/permissions';
const SCOPES = [
  '/subscriptions/:subscription',
  '/subscriptions/:subscription/resourceGroups/:group',
  '/subscriptions/:subscription/resourceGroups/:group/providers/:provider/:type/:name',
  '/subscriptions/:subscription/resourceGroups/:group/providers/:provider/:type/:name/:subtype/:subname',
];

/** What the caller may do, at any scope. */
export function permissionRoutes(app: FastifyInstance): void {
  for (const scope of SCOPES) app.get(`${scope}/${PERMISSIONS}`, async (request) => permissions(request));
}

function permissions(request: FastifyRequest): Record<string, unknown> {
  const reader = callerOf(request) === 'reader';
  const granted = reader
    ? { actions: READER_ACTIONS, dataActions: ['Microsoft.ContainerService/managedClusters/*/read'] }
    : { actions: ['*'], dataActions: ['*'] };
  return { value: [{ ...granted, notActions: [], notDataActions: [] }] };
}
