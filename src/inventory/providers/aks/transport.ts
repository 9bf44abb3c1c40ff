import type {
  HttpClient,
  PipelinePolicy,
  PipelineRequest,
  PipelineResponse,
} from '@azure/core-rest-pipeline';
import { formatBytes } from '../../../base/files.ts';
import { isLoopback } from '../../../base/url.ts';
import { type Gate, type Patience, patiently, retryAfterMs, type Setback } from '../../patience.ts';
import type { TrafficCounter } from '../../traffic.ts';
import { requestKind } from './requests.ts';

/** What the requests of one look at Azure have in common. */
export interface Transport {
  readonly endpoint: URL;
  readonly patience: Patience;
  readonly traffic: TrafficCounter;
  readonly signal: AbortSignal;
}

/** A page of clusters is about 1 MiB. */
const MAX_ANSWER = 64 << 20;

/** An answer that is none of Azure's: too large, or from a place that must not get the token. */
export class TransportError extends Error {
  readonly kind: 'malformed' | 'slow';

  constructor(kind: TransportError['kind'], message: string) {
    super(message);
    this.name = 'TransportError';
    this.kind = kind;
  }
}

/**
 * The SDK's own HTTP client with what it lacks: a bound on the size of answers, a time limit that holds for their bodies
 * too, a signal also for further pages and polls, and the certainty that the token goes to the endpoint alone: the SDK
 * follows the links in answers wherever they lead.
 */
export function boundedClient(inner: HttpClient, transport: Transport): HttpClient {
  return {
    async sendRequest(request) {
      const url = new URL(request.url);
      if (!belongsTo(url, transport.endpoint)) {
        throw new TransportError('malformed', `an answer leads to ${url.host}, which is not the endpoint`);
      }
      // The SDK would ask a proxy of the environment for this machine, too.
      if (isLoopback(url)) delete request.agent;
      transport.traffic.sent(requestKind(request.method, url));
      const timeout = AbortSignal.timeout(transport.patience.requestMs);
      const own = request.abortSignal as AbortSignal | undefined;
      request.abortSignal = AbortSignal.any([transport.signal, timeout, ...(own === undefined ? [] : [own])]);
      try {
        return await readBody(await inner.sendRequest(streamed(request)));
      } catch (thrown) {
        if (timeout.aborted && !transport.signal.aborted) {
          const seconds = transport.patience.requestMs / 1000;
          throw new TransportError('slow', `${url.host} did not answer within ${seconds} s`);
        }
        throw thrown;
      } finally {
        if (own === undefined) delete request.abortSignal;
        else request.abortSignal = own;
      }
    },
  };
}

/** Whether a URL is one of the endpoint: only there the token may go. */
export function belongsTo(url: URL, endpoint: URL): boolean {
  if (url.protocol !== endpoint.protocol || url.port !== endpoint.port) return false;
  return url.hostname === endpoint.hostname || url.hostname.endsWith(`.${endpoint.hostname}`);
}

function streamed(request: PipelineRequest): PipelineRequest {
  request.streamResponseStatusCodes = new Set([Number.POSITIVE_INFINITY]);
  return request;
}

async function readBody(response: PipelineResponse): Promise<PipelineResponse> {
  const { readableStreamBody: body, ...rest } = response;
  if (body === undefined) return response;
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total > MAX_ANSWER) {
      throw new TransportError('malformed', `an answer is larger than ${formatBytes(MAX_ANSWER)}`);
    }
    chunks.push(chunk);
  }
  return { ...rest, bodyAsText: Buffer.concat(chunks, total).toString('utf8') };
}

const PASSING: ReadonlySet<number> = new Set([408, 500, 502, 503, 504]);

/** Repeats what may pass, in place of the SDK's own policy: that one waits as long as any server says, and counts nothing. */
export function patientPolicy(transport: Transport, gate: Gate): PipelinePolicy {
  const { patience, signal, traffic } = transport;
  return {
    name: 'nodewardPatience',
    sendRequest: (request, next) =>
      patiently(
        {
          attempt: () => next(request),
          setbackOf: (outcome) => {
            const setback =
              'thrown' in outcome ? thrownSetback(outcome.thrown) : answerSetback(outcome.value);
            if (setback?.throttled) traffic.throttled();
            return setback;
          },
        },
        { patience, gate, signal },
      ),
  };
}

function answerSetback({ status, headers }: PipelineResponse): Setback | null {
  if (status !== 429 && !PASSING.has(status)) return null;
  return { throttled: status === 429, retryAfterMs: retryAfterMs(headers.get('retry-after')) };
}

const RETRIED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN']);

function thrownSetback(thrown: unknown): Setback | null {
  const { code } = thrown as { code?: unknown };
  return typeof code === 'string' && RETRIED.has(code) ? { throttled: false, retryAfterMs: null } : null;
}
