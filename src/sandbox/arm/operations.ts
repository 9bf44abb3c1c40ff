import { createHmac } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { SandboxCore } from '../ports.ts';
import { isSettled } from '../provisioning.ts';
import type { SimOperation } from '../types.ts';
import { refusal } from './errors.ts';

const HOUR_MS = 3_600_000;
/** How long the record of an operation that ended can be asked for. */
const KEPT_MS = 4 * HOUR_MS;
/** How long one that never ends can. */
const STUCK_MS = 24 * HOUR_MS;
/** .NET counts ticks of 100 ns since the year 1. */
const DOTNET_EPOCH_MS = 62_135_596_800_000;

/** Which resource provider runs an operation: each has URLs of its own. */
export type OperationProvider = keyof typeof URLS;

const URLS = {
  'Microsoft.ContainerService': {
    status: { path: 'operations', query: 'api-version=2025-03-01' },
    result: { path: 'operationresults', query: 'api-version=2025-03-01' },
  },
  'Microsoft.Compute': {
    status: { path: 'DiskOperations', query: 'api-version=2026-03-02' },
    result: { path: 'DiskOperations', query: 'monitor=true&api-version=2026-03-02' },
  },
} as const;

/** What an operation is started with. */
export interface OperationStart {
  readonly provider: OperationProvider;
  readonly kind: string;
  /** ARM id of what it works on. */
  readonly target: string;
  /** ARM id of the subscription. */
  readonly subscription: string;
  readonly location: string;
  readonly data?: Record<string, unknown>;
}

/** Starts an operation. It runs until `endOperation`. */
export function startOperation(core: SandboxCore, start: OperationStart): SimOperation {
  const { provider, data, ...rest } = start;
  const count = Number(core.state.setting('operations') ?? 0) + 1;
  core.state.putSetting('operations', count);
  const operation: SimOperation = {
    ...rest,
    id: core.random(`operation ${count} ${start.target}`).guid(),
    status: 'InProgress',
    start: core.now(),
    end: null,
    error: null,
    data: { ...data, provider },
    result: null,
  };
  core.state.operations.put(operation);
  scheduleExpiry(core, operation, STUCK_MS);
  return operation;
}

/** How an operation ended. */
export type OperationEnd =
  | { readonly status: 'Succeeded'; readonly result?: unknown }
  | { readonly status: 'Failed'; readonly error: { readonly code: string; readonly message: string } }
  | { readonly status: 'Canceled' };

/** Ends an operation that still runs; its record expires some hours later. */
export function endOperation(core: SandboxCore, operation: SimOperation, end: OperationEnd): void {
  if (operation.status !== 'InProgress') return;
  operation.status = end.status;
  operation.end = core.now();
  if (end.status === 'Failed') operation.error = { ...end.error };
  if (end.status === 'Succeeded') operation.result = end.result ?? null;
  core.state.operations.put(operation);
  scheduleExpiry(core, operation, KEPT_MS);
}

/** `Azure-AsyncOperation`, and `Location` where `both`. */
export function operationHeaders(
  core: SandboxCore,
  operation: SimOperation,
  which: 'status' | 'both',
): Record<string, string> {
  const status = `${core.url}${pathOf(operation, 'status')}?${queryOf(core, operation, 'status')}`;
  if (which === 'status') return { 'azure-asyncoperation': status };
  const result = `${core.url}${pathOf(operation, 'result')}?${queryOf(core, operation, 'result')}`;
  return { 'azure-asyncoperation': status, location: result };
}

/**
 * Answers the URLs of a provider's operations. They are opaque and signed: with another query they are refused, and once
 * they expired nobody knows them.
 */
export function operationRoutes(app: FastifyInstance, core: SandboxCore, provider: OperationProvider): void {
  const { status, result } = URLS[provider];
  const base = `/subscriptions/:subscription/providers/${provider}/locations/:location`;
  app.get(`${base}/${status.path}/:operation`, async (request, reply) => {
    const { operation, wants } = findOperation(core, request, provider);
    if (wants === 'result') return sendResult(operation, reply);
    const quirk = operation.data.noContent === true && operation.status === 'Succeeded';
    return quirk ? reply.code(204).send() : statusBody(operation);
  });
  if (result.path !== status.path)
    app.get(`${base}/${result.path}/:operation`, async (request, reply) =>
      sendResult(findOperation(core, request, provider).operation, reply),
    );
}

/** Lets records of operations expire. Called once, at start. */
export function expireOperations(core: SandboxCore): void {
  core.onEvent('operation-expiry', ({ at, data }) => {
    const operation = core.state.operations.get(String(data.id));
    if (operation === undefined) return;
    // One that ended late is kept beyond the time after which it would have counted as stuck.
    const until = operation.end === null ? operation.start + STUCK_MS : operation.end + KEPT_MS;
    if (at < until) return;
    if (operation.end === null && isAtWork(core, operation.target)) scheduleExpiry(core, operation, STUCK_MS);
    else core.state.operations.delete(operation.id);
  });
}

function scheduleExpiry(core: SandboxCore, { id }: SimOperation, after: number): void {
  core.schedule({ at: core.now() + after, kind: 'operation-expiry', data: { id } });
}

/** Whether a cluster or pool is being changed: upgrades of large pools take days. */
function isAtWork({ state }: SandboxCore, target: string): boolean {
  const resource = state.pools.get(target) ?? state.clusters.get(target);
  return resource !== undefined && !isSettled(resource.provisioningState);
}

type Wanted = 'status' | 'result';

function findOperation(
  core: SandboxCore,
  request: FastifyRequest,
  provider: OperationProvider,
): { operation: SimOperation; wants: Wanted } {
  const [path = '', query = ''] = request.url.split('?', 2);
  const id = path.slice(path.lastIndexOf('/') + 1);
  const operation = core.state.operations.get(id);
  if (operation === undefined || operation.data.provider !== provider)
    throw refusal(404, 'ResourceNotFound', `The operation '${id}' was not found; it may have expired.`);
  for (const wants of ['status', 'result'] as const) {
    const same = path.toLowerCase() === pathOf(operation, wants).toLowerCase();
    if (same && query === queryOf(core, operation, wants)) return { operation, wants };
  }
  throw refusal(
    400,
    'InvalidOperationUrl',
    `The URL of operation '${id}' was changed; follow it as it was given.`,
  );
}

function sendResult(
  operation: SimOperation,
  reply: { code(status: number): { send(body?: unknown): unknown } },
): unknown {
  if (operation.status === 'InProgress') return reply.code(202).send();
  if (operation.status === 'Failed') return reply.code(409).send({ error: operation.error });
  return operation.result === null ? reply.code(204).send() : reply.code(200).send(operation.result);
}

/** The status of an operation, as `Azure-AsyncOperation` answers. */
function statusBody(operation: SimOperation): Record<string, unknown> {
  const { id, status, start, end, error, result, data } = operation;
  return {
    name: id,
    status,
    startTime: new Date(start).toISOString(),
    ...(end === null ? {} : { endTime: new Date(end).toISOString() }),
    ...(error === null ? {} : { error }),
    ...(data.provider === 'Microsoft.Compute' && result !== null ? { properties: { output: result } } : {}),
  };
}

function pathOf({ subscription, location, id, data }: SimOperation, wants: Wanted): string {
  const provider = data.provider as OperationProvider;
  return `${subscription}/providers/${provider}/locations/${location}/${URLS[provider][wants].path}/${id}`;
}

/** The signed query of an operation's URL. */
function queryOf(core: SandboxCore, operation: SimOperation, wants: Wanted): string {
  const { query } = URLS[operation.data.provider as OperationProvider][wants];
  const ticks = (BigInt(operation.start) + BigInt(DOTNET_EPOCH_MS)) * 10_000n;
  const sign = (what: string): string =>
    createHmac('sha256', `${core.seed}`).update(`${what} ${operation.id} ${wants}`).digest('base64url');
  return `${query}&t=${ticks}&c=${sign('certificate')}&s=${sign('signature')}&h=${sign('hash')}`;
}
