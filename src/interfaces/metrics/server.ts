import fastify, { type FastifyReply } from 'fastify';
import { Registry } from 'prom-client';
import { NodewardError, reasonOf } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import type { Fleet } from '../../pipeline/fleet/index.ts';
import { measure, notReady } from '../../pipeline/metrics/index.ts';
import { expose } from './exposition.ts';

/** A server for those who watch Nodeward. */
export interface MetricsServer {
  /** Where it listens: `http://127.0.0.1:9464`. */
  readonly url: string;
  close(): Promise<void>;
}

/** What is watched, and where that is shown. */
export interface MetricsOptions {
  /** `host:port`; port 0 for any that is free. */
  readonly listen: string;
  readonly fleet: Fleet;
  readonly version: string;
}

/** Several who scrape at once, or often, cost no more than one. */
const FRESH_MS = 5_000;

/**
 * Starts the server: `/metrics` for Prometheus, `/healthz` (the process lives), `/readyz` (it does what it should, or why
 * not). Nothing else, and nothing can be changed through it.
 * @throws NodewardError config-invalid where the address cannot be listened on
 */
export async function startMetrics({ listen, fleet, version }: MetricsOptions): Promise<MetricsServer> {
  const app = fastify({ bodyLimit: 1024, forceCloseConnections: true, requestTimeout: 10_000 });
  const metrics = cachedFor(FRESH_MS, async () => expose(await measure(fleet), version));
  app.get('/metrics', async (_request, reply) => {
    try {
      return reply.type(Registry.PROMETHEUS_CONTENT_TYPE).send(await metrics());
    } catch (thrown) {
      return plain(reply, 503, [printable(reasonOf(thrown))]);
    }
  });
  app.get('/healthz', (_request, reply) => plain(reply, 200, ['ok']));
  app.get('/readyz', async (_request, reply) => {
    const reasons = await notReady(fleet);
    return reasons.length === 0 ? plain(reply, 200, ['ok']) : plain(reply, 503, reasons);
  });
  app.setNotFoundHandler((_request, reply) =>
    plain(reply, 404, ['There is /metrics, /healthz and /readyz.']),
  );
  app.setErrorHandler((_error, _request, reply) => plain(reply, 400, ['The request cannot be understood.']));
  try {
    const url = await app.listen(placeOf(listen));
    return { url, close: () => app.close() };
  } catch (thrown) {
    await app.close();
    throw listenError(thrown, listen);
  }
}

function plain(reply: FastifyReply, status: number, lines: readonly string[]): FastifyReply {
  return reply
    .code(status)
    .header('x-content-type-options', 'nosniff')
    .type('text/plain; charset=utf-8')
    .send(`${lines.join('\n')}\n`);
}

function placeOf(listen: string): { readonly host: string; readonly port: number } {
  const colon = listen.lastIndexOf(':');
  return { host: listen.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(listen.slice(colon + 1)) };
}

function listenError(thrown: unknown, listen: string): NodewardError {
  const { code } = thrown as { code?: string };
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there',
    EADDRNOTAVAIL: 'this machine has no such address',
    EACCES: 'the system does not allow it',
    ENOTFOUND: 'the name is not known',
  };
  const reason = reasons[code ?? ''] ?? `it failed with ${code ?? 'an unknown error'}`;
  return new NodewardError('config-invalid', `run.listen: nothing can be shown on ${listen}: ${reason}`, {
    remedy: 'Choose another host:port with --listen or the setting run.listen; none shows nothing.',
    cause: thrown,
  });
}

/** What `make` gives, made anew when it is older than so, by one caller at a time. What fails is not kept. */
function cachedFor<T>(ms: number, make: () => Promise<T>): () => Promise<T> {
  let kept: { readonly value: Promise<T>; until: number } | null = null;
  return () => {
    if (kept !== null && performance.now() < kept.until) return kept.value;
    const entry = { value: make(), until: Number.POSITIVE_INFINITY };
    kept = entry;
    entry.value.then(
      () => {
        entry.until = performance.now() + ms;
      },
      () => {
        kept = null;
      },
    );
    return entry.value;
  };
}
