import type { FastifyInstance } from 'fastify';
import type { Core } from '../core.ts';
import { ArmError } from './errors.ts';
import { pathOf } from './gateway.ts';
import { scopeOf, thingsOf } from './scope.ts';

/** A token bucket: how many requests at once, and how many more each second. */
interface Limit {
  readonly size: number;
  readonly perSecond: number;
}

/**
 * Azure's limits of AKS: https://learn.microsoft.com/azure/aks/quotas-skus-regions. Each is counted for one region, and for
 * the thing that `Counted.of` names.
 */
const LIMITS = {
  'list clusters of a subscription': { size: 500, perSecond: 1 },
  'list clusters of a resource group': { size: 60, perSecond: 1 },
  'put agent pool': { size: 20, perSecond: 1 / 60 },
  'put cluster': { size: 20, perSecond: 1 / 60 },
  'get cluster': { size: 60, perSecond: 1 },
  'get operation status': { size: 200, perSecond: 2 },
  others: { size: 60, perSecond: 1 },
} as const satisfies Record<string, Limit>;

/** Which limit a request counts for, and what of. */
export interface Counted {
  readonly limit: keyof typeof LIMITS;
  readonly of: string;
}

/** What a request to AKS counts for; null for requests that are not limited. */
export function countedAs(method: string, path: string): Counted | null {
  const { provider, segments, subscription, resourceGroup } = scopeOf(path);
  if (provider?.toLowerCase() !== 'microsoft.containerservice' || subscription === null) return null;
  const types = segments.filter((_, index) => index % 2 === 0).map((type) => type.toLowerCase());
  const of = path.toLowerCase();
  const named = segments.length % 2 === 0;
  if (types[0] === 'locations' && /^operation(s|results)$/.test(types[1] ?? ''))
    return { limit: 'get operation status', of: subscription };
  if (types[0] === 'managedclusters' && types.length === 1) {
    if (method === 'GET' && named) return { limit: 'get cluster', of };
    if (method === 'GET')
      return resourceGroup === null
        ? { limit: 'list clusters of a subscription', of: subscription }
        : { limit: 'list clusters of a resource group', of };
    if (method === 'PUT') return { limit: 'put cluster', of };
  }
  if (types[1] === 'agentpools' && types.length === 2 && method === 'PUT')
    return { limit: 'put agent pool', of };
  return { limit: 'others', of: subscription };
}

interface Bucket {
  tokens: number;
  /** When it was last filled, in the clock's waited milliseconds. */
  at: number;
}

/** More buckets than this are not kept: full ones are forgotten. */
const MOST_BUCKETS = 10_000;

/** The token buckets of AKS, counted in seconds as clients wait them. */
export class Limiter {
  readonly #waited: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(waited: () => number) {
    this.#waited = waited;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a token. @returns seconds to wait where there is none, else null */
  take({ limit, of }: Counted, region: string): number | null {
    const { size, perSecond } = LIMITS[limit];
    const now = this.#waited();
    const key = `${limit} ${region} ${of}`;
    const bucket = this.#buckets.get(key) ?? { tokens: size, at: now };
    bucket.tokens = Math.min(size, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MOST_BUCKETS) this.#forget(key);
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond));
    bucket.tokens--;
    return null;
  }

  /** Forgets what was asked for longest ago; such a bucket is full again or nearly so. */
  #forget(kept: string): void {
    for (const [key, { at }] of this.#buckets)
      if (key !== kept && this.#waited() - at > 600_000) this.#buckets.delete(key);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MOST_BUCKETS && oldest !== undefined && oldest !== kept)
      this.#buckets.delete(oldest);
  }
}

const THROTTLED_BY_FAULT_S = 1;
/** What ARM tells of its own limits, which the sandbox does not enforce. */
const REMAINING = {
  read: {
    'x-ms-ratelimit-remaining-subscription-reads': '1099',
    'x-ms-ratelimit-remaining-subscription-global-reads': '16499',
  },
  write: {
    'x-ms-ratelimit-remaining-subscription-writes': '799',
    'x-ms-ratelimit-remaining-subscription-global-writes': '11999',
  },
};

/** Refuses requests beyond Azure's limits, where they apply, and where a fault says so. */
export function limitRoutes(app: FastifyInstance, core: Core): void {
  const limiter = new Limiter(() => core.clock.waited());
  app.addHook('onRequest', async (request, reply) => {
    const path = pathOf(request);
    if (!/^\/(subscriptions|providers|tenants)(\/|$)/i.test(path)) return;
    if (core.strikes('throttle', thingsOf(core, path)) !== null) throw throttled(THROTTLED_BY_FAULT_S);
    const counted = core.limits ? countedAs(request.method, path) : null;
    const wait = counted === null ? null : limiter.take(counted, regionOf(core, path));
    if (wait !== null) throw throttled(wait);
    reply.headers(request.method === 'GET' || request.method === 'HEAD' ? REMAINING.read : REMAINING.write);
  });
}

function throttled(seconds: number): ArmError {
  const message = `The request is being throttled as the limit has been reached. Please retry after ${seconds} seconds.`;
  return new ArmError(429, { error: { code: 'Throttled', message } }, { 'retry-after': String(seconds) });
}

function regionOf(core: Core, path: string): string {
  const { location, segments, subscription, resourceGroup } = scopeOf(path);
  if (location !== null) return location.toLowerCase();
  const id = `/subscriptions/${subscription}/resourcegroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${segments[1]}`;
  return core.state.clusters.get(id)?.location ?? '';
}
