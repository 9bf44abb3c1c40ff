import type { FastifyInstance, FastifyReply } from 'fastify';
import * as v from 'valibot';
import { diskSupport } from './compute/index.ts';
import type { Core } from './core.ts';
import { addFault, FAULT_KINDS, FAULTS } from './faults.ts';
import { releases } from './releases.ts';
import type { Runner } from './runner.ts';

const DAY_MS = 86_400_000;
/** Further than the real catalogue reaches from any start. */
const MOST_MS = 3660 * DAY_MS;
const EVENTS_SHOWN = 10;

const ADVANCE = v.union([
  v.strictObject({ ms: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) }),
  v.strictObject({ until: v.pipe(v.string(), v.isoTimestamp()) }),
]);
const FAULT = v.strictObject({
  kind: v.picklist(FAULT_KINDS),
  target: v.pipe(v.string(), v.minLength(1), v.maxLength(500)),
  times: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000)))),
});

/** The sandbox's own API, for whoever is on this machine: its date, its faults, its roll-out of images. No token. */
export function controlRoutes(app: FastifyInstance, core: Core, runner: Runner): void {
  app.addHook('onRequest', async (request, reply) => {
    // A page of some web site must not be able to move the clock, by whatever name it calls this machine.
    const host = request.headers.host?.replace(/:\d+$/, '') ?? '';
    const fromPage =
      request.headers.origin !== undefined || request.headers['sec-fetch-site'] === 'cross-site';
    if (fromPage || !['127.0.0.1', 'localhost'].includes(host))
      return refuse(reply, 403, 'Requests from web pages and to other names of this machine are refused.');
  });
  app.get('/sandbox/status', async () => status(core, runner.problem));
  app.get('/sandbox/releases', async () => releases(core));
  app.post('/sandbox/advance', async (request, reply) => {
    const parsed = v.safeParse(ADVANCE, request.body);
    if (!parsed.success)
      return refuse(reply, 400, 'Give {"ms": a whole number} or {"until": an ISO 8601 instant}.');
    const { output } = parsed;
    const until = 'ms' in output ? core.now() + output.ms : Date.parse(output.until);
    if (until < core.now())
      return refuse(reply, 400, `The clock stands at ${iso(core.now())} and never goes back.`);
    if (until > core.now() + MOST_MS)
      return refuse(reply, 400, 'The clock moves at most ten years at a time.');
    const from = core.now();
    await ('ms' in output ? runner.advanceBy(output.ms) : runner.advanceTo(until));
    return { sandbox: true, from: iso(from), now: iso(core.now()) };
  });
  app.get('/sandbox/faults', async () => ({
    sandbox: true,
    kinds: FAULT_KINDS.map((kind) => ({ kind, description: FAULTS[kind] })),
    faults: [...core.state.faults.values()],
  }));
  app.post('/sandbox/faults', async (request, reply) => {
    const parsed = v.safeParse(FAULT, request.body);
    if (!parsed.success)
      return refuse(reply, 400, `Give {"kind", "target", "times"?}; kinds are ${FAULT_KINDS.join(', ')}.`);
    const { kind, target, times } = parsed.output;
    if (!isThing(core, target))
      return refuse(
        reply,
        404,
        `Nothing is called ${JSON.stringify(target)}; name a subscription, cluster, pool or node, or *.`,
      );
    return reply.code(201).send(addFault(core, { kind, target, times: times ?? null }));
  });
  app.delete<{ Params: { id: string } }>('/sandbox/faults/:id', async ({ params }, reply) => {
    if (core.state.faults.get(params.id) === undefined)
      return refuse(reply, 404, `There is no fault ${JSON.stringify(params.id)}.`);
    core.state.faults.delete(params.id);
    return reply.code(204).send();
  });
}

function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  const code = { 403: 'Forbidden', 404: 'NotFound' }[status] ?? 'BadRequest';
  return reply.code(status).send({ error: { code, message } });
}

/** Whether a fault's target names anything there is. */
function isThing({ state }: Core, target: string): boolean {
  if (target === '*') return true;
  const wanted = target.toLowerCase();
  const named = ({ id, name }: { readonly id: string; readonly name: string }): boolean =>
    id.toLowerCase() === wanted || name.toLowerCase() === wanted;
  return (
    [state.subscriptions, state.clusters, state.pools, state.nodes].some(
      (things) => things.get(target) !== undefined || [...things.values()].some(named),
    ) || state.subscriptions.get(`/subscriptions/${target}`) !== undefined
  );
}

/** What there is, and what is going on. */
function status(core: Core, problem: string | null): Record<string, unknown> {
  const { state } = core;
  const running = [...state.operations.values()].filter((operation) => operation.status === 'InProgress');
  return {
    ...{ sandbox: true, now: iso(core.now()), rate: core.clock.rate, seed: core.seed, limits: core.limits },
    counts: {
      ...{ subscriptions: state.subscriptions.size, clusters: state.clusters.size, pools: state.pools.size },
      ...{ nodes: state.nodes.size, snapshots: state.snapshots.size },
    },
    operations: running.map(({ id, kind, target, start }) => ({ id, kind, target, since: iso(start) })),
    faults: [...state.faults.values()],
    ...{ problem, withoutDisks: diskSupport() },
    nextEvents: core.queue.next(EVENTS_SHOWN).map(({ at, kind, data }) => ({
      at: iso(at),
      kind,
      of: data.node ?? data.pool ?? data.cluster ?? data.id ?? null,
    })),
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
