import type { Item, KubeBody } from '../objects.ts';
import { groupVersion } from '../resources.ts';
import type { World } from '../world.ts';
import { type Filter, filterOf, ordered, type Target, versionOf, wholeOf } from './request.ts';
import { badRequest, expired, StatusError } from './status.ts';

const ENCODED_VERSION = 'meta.k8s.io/v1';
const MAX_CONTINUE = 4_096;
/** In a continue token: from the newest state on, whatever changed in between. */
const INCONSISTENT = -1;
const TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/** Where a list goes on. */
interface Continue {
  readonly version: number;
  /** The key after which it goes on. */
  readonly after: string;
}

/** What a list is of. */
interface Chosen {
  readonly items: readonly Item[];
  readonly version: number;
  /** The key after which the page begins; null for the first one. */
  readonly after: string | null;
  /** At most so many on a page; null for all. */
  readonly limit: number | null;
}

/**
 * A list, or one page of it: all pages show the state of the first one.
 * @throws StatusError 400 (continue token or selector), 410 (that state is no longer known), 504 (not known yet)
 */
export function list(world: World, target: Target, query: URLSearchParams): Record<string, unknown> {
  const filter = filterOf(target, query);
  // From the first list on, a later look can ask what changed.
  world.log(target.cluster, target.resource.name);
  const { items, version, after, limit } = choose(world, target, query);
  const sorted = ordered(items);
  const start = after === null ? 0 : firstAfter(sorted, after);
  const page = pageOf(sorted.slice(start), filter, limit);
  const last = page.accepted.at(-1);
  const metadata = {
    resourceVersion: String(version),
    ...(page.more && last !== undefined ? { continue: encode({ version, after: last.key }) } : {}),
    ...(page.more && page.remaining !== null ? { remainingItemCount: page.remaining } : {}),
  };
  const { resource } = target;
  return {
    kind: `${resource.kind}List`,
    apiVersion: groupVersion(resource),
    metadata,
    items: page.accepted.map((item) => withoutType(item.body())),
  };
}

function choose(world: World, target: Target, query: URLSearchParams): Chosen {
  const { cluster, resource } = target;
  const limit = wholeOf(query, 'limit');
  const size = limit === null || limit <= 0 ? null : limit;
  const token = query.get('continue') ?? '';
  if (token !== '') {
    if ((query.get('resourceVersion') ?? '') !== '')
      throw badRequest('specifying resource version is not allowed when using continue');
    const { version, after } = decode(token);
    if (version === INCONSISTENT)
      return {
        items: world.items(cluster, resource.name),
        version: cluster.resourceVersion,
        after,
        limit: size,
      };
    const items = version > cluster.resourceVersion ? null : world.itemsAt(cluster, resource.name, version);
    if (items === null) throw expired(TOO_OLD, { continue: encode({ version: INCONSISTENT, after }) });
    return { items, version, after, limit: size };
  }
  const { version, match } = versionOf(query, 'list');
  if (version !== null && version > cluster.resourceVersion) throw tooLarge(version, cluster.resourceVersion);
  const exact = match === 'Exact' || (match === null && version !== null && version > 0 && size !== null);
  if (version !== null && exact) {
    const items = world.itemsAt(cluster, resource.name, version);
    if (items === null) throw expired('The resourceVersion for the provided list is too old.');
    return { items, version, after: null, limit: size };
  }
  // Version 0 is answered from the server's cache, which gives everything at once.
  const whole = version === 0;
  return {
    items: world.items(cluster, resource.name),
    version: cluster.resourceVersion,
    after: null,
    limit: whole ? null : size,
  };
}

function tooLarge(version: number, current: number): StatusError {
  return new StatusError(504, `Timeout: Too large resource version: ${version}, current: ${current}`, {
    reason: 'Timeout',
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
}

function firstAfter(sorted: readonly Item[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.key ?? '') <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function pageOf(
  items: readonly Item[],
  filter: Filter,
  limit: number | null,
): { accepted: readonly Item[]; more: boolean; remaining: number | null } {
  const accepted: Item[] = [];
  let remaining = 0;
  for (const item of items) {
    if (!filter.accepts(item)) continue;
    if (limit === null || accepted.length < limit) accepted.push(item);
    // With a selector nobody counts what is left.
    else if (filter.selects) return { accepted, more: true, remaining: null };
    else remaining++;
  }
  return { accepted, more: remaining > 0, remaining };
}

/** In lists, the list alone says of what kind its items are. */
function withoutType({ kind: _kind, apiVersion: _apiVersion, ...rest }: KubeBody): Record<string, unknown> {
  return rest;
}

function encode({ version, after }: Continue): string {
  const start = `/${after}\0`;
  return Buffer.from(JSON.stringify({ v: ENCODED_VERSION, rv: version, start })).toString('base64url');
}

function decode(token: string): Continue {
  const wrong = (why: string): Error =>
    badRequest(`invalid continue token: continue key is not valid: ${why}`);
  if (token.length > MAX_CONTINUE) throw wrong('it is too long');
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    throw wrong('it is not JSON');
  }
  const { v, rv, start } = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as Record<
    string,
    unknown
  >;
  if (v !== ENCODED_VERSION) throw wrong(`server does not recognize this encoded version ${String(v)}`);
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv < INCONSISTENT || rv === 0)
    throw wrong('incorrect encoded start resourceVersion');
  if (typeof start !== 'string' || !/^\/.+\0$/s.test(start)) throw wrong('incorrect encoded start');
  return { version: rv, after: start.slice(1, -1) };
}
