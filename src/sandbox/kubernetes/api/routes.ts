import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { dnsLabel, TOKENS } from '../../names.ts';
import type { SandboxCore } from '../../ports.ts';
import type { SimCluster } from '../../types.ts';
import { dropOld } from '../events.ts';
import type { Verb } from '../resources.ts';
import type { Evicting } from '../workloads/eviction.ts';
import { type BodyRequest, checkJson, isDryRun } from './bodies.ts';
import { discover } from './discovery.ts';
import { list } from './list.ts';
import { flagOf, subjectOf, type Target, targetKey, targetOf } from './request.ts';
import {
  badRequest,
  forbidden,
  methodNotAllowed,
  noSuchPath,
  notFound,
  StatusError,
  unauthorized,
} from './status.ts';
import { prepareWatch } from './watch.ts';
import { Writes, type Written } from './write.ts';

/** As much as the real server takes. */
const BODY_BYTES = 3 * 2 ** 20;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const USERS: Readonly<Record<string, string>> = {
  [TOKENS.owner]: 'sandbox',
  [TOKENS.reader]: 'sandbox-reader',
};
/** How often it is looked whether the cluster of a watch is still there. */
const LOOK_MS = 1_000;
const READING: readonly Verb[] = ['get', 'list', 'watch'];

/** What the routes answer from. */
export interface Serving extends Evicting {
  readonly core: SandboxCore;
  /** The names and ids by which a fault may mean a cluster. */
  clusterThings(cluster: SimCluster): readonly string[];
}

/** Adds the Kubernetes API of every cluster, below its path, to a scope of its own. */
export function addRoutes(app: FastifyInstance, serving: Serving): void {
  const server = new ApiServer(serving);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: BODY_BYTES }, (_request, body, done) =>
    done(null, body),
  );
  app.setErrorHandler((thrown, _request, reply) => sendFailure(reply, asStatus(thrown)));
  app.addHook('preClose', async () => server.close());
  for (const url of ['/clusters/:dns', '/clusters/:dns/*'])
    app.route<{ Params: { dns: string } }>({
      ...{ method: [...METHODS], url },
      handler: (request, reply) => server.answer(request, reply),
    });
}

class ApiServer {
  readonly #serving: Serving;
  readonly #writes: Writes;
  readonly #watches = new Set<() => void>();
  readonly #byLabel = new Map<string, string>();

  constructor(serving: Serving) {
    this.#serving = serving;
    this.#writes = new Writes(serving);
  }

  /** Ends all watches. */
  close(): void {
    for (const end of [...this.#watches]) end();
  }

  answer(request: FastifyRequest<{ Params: { dns: string } }>, reply: FastifyReply): unknown {
    const { core, clusterThings } = this.#serving;
    const cluster = this.#clusterOf(request.params.dns.toLowerCase());
    const silent = cluster === undefined || !this.#answers(cluster);
    if (silent || core.strikes('unreachable', clusterThings(cluster)) !== null) {
      // Nobody listens at the address of such a cluster.
      reply.hijack();
      request.raw.socket.destroy();
      return undefined;
    }
    const user = userOf(request);
    if (core.strikes('forbidden', clusterThings(cluster)) !== null)
      throw forbidden(
        { group: '', resource: 'nodes', name: '' },
        `User "${user}" has no access to this cluster`,
      );
    const url = new URL(request.raw.url ?? '/', 'http://localhost');
    const path = pathOf(url).slice(2);
    const target = targetOf(cluster, path);
    if (target !== null) return this.#answerTarget({ request, reply, target, user, query: url.searchParams });
    if (request.method !== 'GET' && request.method !== 'HEAD') throw noSuchPath();
    const found = discover(path, cluster, request.headers.host ?? '');
    if (found === undefined) throw noSuchPath();
    return typeof found === 'string'
      ? reply.type('text/plain; charset=utf-8').send(found)
      : sendJson(reply, 200, found);
  }

  #answerTarget(asked: Asked): unknown {
    const { request, reply, target, query } = asked;
    checkAccept(request);
    const verb = verbOf(request.method, target, query);
    authorize(asked, verb);
    if (target.resource.name !== 'nodes') this.#serving.controllers.ensure(target.cluster);
    if (target.resource.name === 'events') dropOld(this.#serving.world, target.cluster);
    if (verb === 'watch') return this.#watch(asked);
    const { code, body } = READING.includes(verb) ? this.#read(asked, verb) : this.#write(asked, verb);
    return sendJson(reply, code, body);
  }

  #read({ target, query }: Asked, verb: Verb): Written {
    const { world } = this.#serving;
    if (verb === 'list') return { code: 200, body: list(world, target, query) };
    const body = world.find(target.cluster, target.resource.name, targetKey(target));
    if (body === undefined) throw notFound(subjectOf(target));
    return { code: 200, body };
  }

  #write({ request, target, query }: Asked, verb: Verb): Written {
    const asked: BodyRequest = {
      text: typeof request.body === 'string' ? request.body : '',
      mediaType: request.headers['content-type'] ?? 'application/json',
      query,
      dryRun: isDryRun(query.getAll('dryRun'), verb),
    };
    if (verb !== 'patch') checkJson(asked);
    if (target.subresource === 'eviction') return this.#writes.evict(target, asked);
    if (verb === 'create') return this.#writes.create(target, asked);
    if (verb === 'patch') return this.#writes.patch(target, asked);
    if (verb === 'update') return this.#writes.replace(target, asked);
    return this.#writes.remove(target, asked);
  }

  #watch({ reply, target, query }: Asked): undefined {
    const watch = prepareWatch(this.#serving.world, target, query);
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    raw.flushHeaders();
    const end = watch.start(raw);
    this.#watches.add(end);
    // With its API server, a cluster's connections go.
    const looking = setInterval(() => {
      if (!this.#answers(target.cluster)) raw.destroy();
    }, LOOK_MS);
    raw.on('close', () => {
      clearInterval(looking);
      this.#watches.delete(end);
    });
    return undefined;
  }

  /** Whether anybody listens at the address of a cluster. */
  #answers(cluster: SimCluster): boolean {
    const there = this.#serving.core.state.clusters.get(cluster.id) === cluster;
    return there && cluster.reachable && cluster.power !== 'Stopped';
  }

  #clusterOf(label: string): SimCluster | undefined {
    const { clusters } = this.#serving.core.state;
    const known = clusters.get(this.#byLabel.get(label) ?? '');
    if (known !== undefined) return known;
    this.#byLabel.clear();
    for (const cluster of clusters.values()) this.#byLabel.set(dnsLabel(cluster), cluster.id);
    return clusters.get(this.#byLabel.get(label) ?? '');
  }
}

/** One request for a resource. */
interface Asked {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly target: Target;
  readonly user: string;
  readonly query: URLSearchParams;
}

/** The decoded segments of a path. @throws StatusError 400 */
function pathOf({ pathname }: URL): string[] {
  try {
    const segments = pathname.replace(/\/+$/, '').split('/').slice(1);
    return segments.map((segment) => decodeURIComponent(segment));
  } catch {
    throw badRequest('the path is not valid');
  }
}

function userOf({ headers }: FastifyRequest): string {
  const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  const user = Object.hasOwn(USERS, token) ? USERS[token] : undefined;
  if (user === undefined) throw unauthorized();
  return user;
}

/** @throws StatusError 404, 405 */
function verbOf(
  method: string,
  { resource, name, namespace, subresource }: Target,
  query: URLSearchParams,
): Verb {
  if (subresource !== null) {
    if (resource.name !== 'pods' || subresource !== 'eviction') throw noSuchPath();
    if (method === 'POST') return 'create';
    throw methodNotAllowed();
  }
  const reading = name === null ? (flagOf(query, 'watch') ? 'watch' : 'list') : 'get';
  const one: Readonly<Record<string, Verb>> = { PUT: 'update', PATCH: 'patch', DELETE: 'delete' };
  const verb =
    method === 'GET' || method === 'HEAD'
      ? reading
      : name !== null
        ? one[method]
        : method === 'POST' && namespace !== null
          ? 'create'
          : undefined;
  if (verb === undefined || !resource.verbs.includes(verb)) throw methodNotAllowed();
  return verb;
}

/** The reader may read. @throws StatusError 403 */
function authorize({ target, user }: Asked, verb: Verb): void {
  if (user === USERS[TOKENS.owner] || READING.includes(verb)) return;
  const { resource, namespace, subresource, name } = target;
  const what = subresource === null ? resource.name : `${resource.name}/${subresource}`;
  const where = namespace === null ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  throw forbidden(
    { group: resource.group, resource: resource.name, name: name ?? '' },
    `User "${user}" cannot ${verb} resource "${what}" in API group "${resource.group}" ${where}`,
  );
}

/** Only JSON is spoken; a table or another wish beside it is passed over. @throws StatusError 406 */
function checkAccept({ headers }: FastifyRequest): void {
  const wishes = (headers.accept ?? '*/*').split(',').map((wish) => wish.trim().toLowerCase());
  if (wishes.some((wish) => /^(application\/(json|\*)|\*\/\*)/.test(wish))) return;
  throw new StatusError(406, '406: Not Acceptable\n\nAvailable representations: application/json', {
    reason: 'NotAcceptable',
    details: {},
  });
}

function asStatus(thrown: unknown): StatusError {
  if (thrown instanceof StatusError) return thrown;
  const { statusCode = 500, message = '' } = (thrown ?? {}) as { statusCode?: number; message?: string };
  if (statusCode === 413)
    return new StatusError(413, `Request entity too large: limit is ${BODY_BYTES}`, {
      reason: 'RequestEntityTooLarge',
      details: {},
    });
  if (statusCode >= 400 && statusCode < 500) return badRequest(message);
  return new StatusError(500, `Internal error occurred: ${message}`, { reason: 'InternalError' });
}

function sendFailure(reply: FastifyReply, failure: StatusError): FastifyReply {
  const seconds = failure.details?.retryAfterSeconds;
  if (seconds !== undefined) reply.header('retry-after', String(seconds));
  return sendJson(reply, failure.code, failure.body());
}

/** As bytes: to a text, the framework would add a charset that the real server does not name. */
function sendJson(reply: FastifyReply, code: number, body: unknown): FastifyReply {
  return reply
    .code(code)
    .header('content-type', 'application/json')
    .header('cache-control', 'no-cache, private')
    .send(Buffer.from(JSON.stringify(body)));
}
