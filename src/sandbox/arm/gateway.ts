import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { TOKENS } from '../names.ts';
import type { SandboxCore } from '../ports.ts';
import { ArmError, refusal } from './errors.ts';
import { actionOf, scopeOf, thingsOf } from './scope.ts';

const API_VERSION = /^\d{4}-\d{2}-\d{2}(-preview)?$/;

/** What the reader may do besides reading. */
export const READER_ACTIONS: readonly string[] = [
  '*/read',
  'Microsoft.ContainerService/managedClusters/listClusterUserCredential/action',
];

/** Who asks, by the token. */
export type Caller = keyof typeof TOKENS;

/** Which caller a request's token belongs to; null for none. */
export function callerOf(request: FastifyRequest): Caller | null {
  const [scheme, token] = request.headers.authorization?.split(' ') ?? [];
  if (scheme?.toLowerCase() !== 'bearer') return null;
  if (token === TOKENS.owner) return 'owner';
  return token === TOKENS.reader ? 'reader' : null;
}

/** The path of a request, without its query. @throws ArmError 400 where it is not well encoded */
export function pathOf(request: FastifyRequest): string {
  try {
    return decodeURIComponent(request.url.split('?', 1)[0] ?? '');
  } catch {
    throw refusal(400, 'InvalidRequestUri', 'The URI of the request is not well encoded.');
  }
}

/** Checks that Resource Manager makes before a request gets to a resource provider. */
export function gateway(app: FastifyInstance, core: SandboxCore): void {
  app.addHook('onRequest', async (request, reply) => {
    const path = pathOf(request);
    if (!/^\/(subscriptions|providers|tenants)(\/|$)/i.test(path)) return;
    const id = core.random(`request ${request.method} ${request.url} ${core.now()}`).guid();
    reply.headers({ 'x-ms-request-id': id, 'x-ms-correlation-request-id': id, 'cache-control': 'no-cache' });
    authorize(core, request, path);
    requireApiVersion(request);
    requireSubscription(core, path);
  });
  app.addHook('preValidation', async ({ body }) => {
    if (body === undefined || body === null || (typeof body === 'object' && !Array.isArray(body))) return;
    throw refusal(400, 'InvalidRequestContent', 'The request content must be a JSON object.');
  });
  app.setReplySerializer((payload) => JSON.stringify(payload, null, 2));
  app.setErrorHandler(answerError);
}

function authorize(core: SandboxCore, request: FastifyRequest, path: string): void {
  const caller = callerOf(request);
  if (caller === null) {
    const missing = request.headers.authorization === undefined;
    throw new ArmError(
      401,
      {
        error: missing
          ? {
              code: 'AuthenticationFailed',
              message: "Authentication failed. The 'Authorization' header is missing.",
            }
          : { code: 'InvalidAuthenticationToken', message: 'The access token is invalid.' },
      },
      { 'www-authenticate': 'Bearer authorization_uri="https://login.windows.net/", error="invalid_token"' },
    );
  }
  const action = actionOf(request.method, path);
  const allowed =
    caller === 'owner' ||
    action.endsWith('/read') ||
    READER_ACTIONS.some((each) => each.toLowerCase() === action.toLowerCase());
  if (!allowed || core.strikes('forbidden', thingsOf(core, path)) !== null)
    throw forbidden(caller, action, path);
}

function forbidden(caller: Caller, action: string, path: string): ArmError {
  const message = `The client 'sandbox-${caller}' with object id '00000000-0000-0000-0000-000000000001' does not have authorization to perform action '${action}' over scope '${path}' or the scope is invalid. If access was recently granted, please refresh your credentials.`;
  return refusal(403, 'AuthorizationFailed', message);
}

function requireApiVersion(request: FastifyRequest): void {
  const given = (request.query as Record<string, unknown>)['api-version'];
  if (typeof given !== 'string')
    throw refusal(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  if (!API_VERSION.test(given))
    throw refusal(400, 'InvalidApiVersionParameter', `The api-version '${given.slice(0, 40)}' is invalid.`);
}

function requireSubscription(core: SandboxCore, path: string): void {
  const { subscription } = scopeOf(path);
  if (subscription === null || core.state.subscriptions.get(`/subscriptions/${subscription}`) !== undefined)
    return;
  const message = `The subscription '${subscription}' could not be found.`;
  throw refusal(404, 'SubscriptionNotFound', message);
}

/** Any failure as Azure words it: a refusal as it is, everything else as a fault of the server. */
export function answerError(thrown: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  if (thrown instanceof ArmError) {
    void reply.code(thrown.status).headers(thrown.headers).send(thrown.body);
    return;
  }
  const { statusCode, message } = thrown as { statusCode?: number; message: string };
  const code = statusCode ?? 500;
  const name = code < 500 ? 'InvalidRequestContent' : 'InternalServerError';
  void reply.code(code).send({ error: { code: name, message } });
}
