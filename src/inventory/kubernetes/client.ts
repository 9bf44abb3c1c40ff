import type { IncomingMessage } from 'node:http';
import { formatBytes } from '../../base/files.ts';
import { fieldsOf, textAt } from '../fields.ts';
import { Gate, type Patience, patiently, retryAfterMs, type Setback } from '../patience.ts';
import type { TrafficCounter } from '../traffic.ts';
import type { Connections } from './connections.ts';
import { KubernetesError } from './errors.ts';
import type { KubernetesTarget } from './target.ts';

/** What clients of one provider share. */
export interface KubernetesShared {
  readonly connections: Connections;
  readonly patience: Patience;
  readonly traffic: TrafficCounter;
}

/** A page of 500 nodes with 50 images each has about 10 MiB. */
const MAX_ANSWER = 128 << 20;
const MAX_REFUSAL = 64 << 10;
const MAX_LINE = 4 << 20;

/** A small reader of one cluster's API: JSON answers and watches, bounded in size and time. */
export class KubernetesClient {
  readonly target: KubernetesTarget;
  readonly #shared: KubernetesShared;
  readonly #gate = new Gate();

  constructor(target: KubernetesTarget, shared: KubernetesShared) {
    this.target = target;
    this.#shared = shared;
  }

  /**
   * The JSON object at a path.
   * @param kind what the request is counted as
   * @throws KubernetesError, or the signal's reason
   */
  async get(kind: string, path: string, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    return this.#patiently(signal, async (bounded) => {
      const answer = await this.#open(kind, path, bounded);
      const text = await readText(answer, MAX_ANSWER);
      const value = fieldsOf(parse(text));
      if (value === null) throw malformed(this.target, 'with something other than a JSON object');
      return value;
    });
  }

  /**
   * The events of a watch until it ends, until nothing has come for a while, or until `maxMs`: a server may keep it open
   * for ever. It sends what happened in the past at once; what comes later is the next look's.
   * @throws KubernetesError, or the signal's reason
   */
  async *watch(
    kind: string,
    path: string,
    limits: { readonly maxMs: number; readonly signal: AbortSignal },
  ): AsyncGenerator<Readonly<Record<string, unknown>>> {
    const ended = AbortSignal.timeout(limits.maxMs);
    const asked = performance.now();
    const quiet = new Quiet(this.#shared.patience.quietMs);
    const signal = AbortSignal.any([limits.signal, ended, quiet.signal]);
    const answer = await this.#patiently(limits.signal, () => this.#open(kind, path, signal));
    try {
      // A server that is slow to answer is slow to send, too.
      quiet.begin(performance.now() - asked);
      for await (const line of linesOf(answer)) {
        const event = fieldsOf(parse(line));
        if (event === null) throw malformed(this.target, 'a watch with something other than a JSON object');
        quiet.heard();
        yield event;
      }
    } catch (thrown) {
      limits.signal.throwIfAborted();
      // What was read up to here stands; the next look goes on from there.
      if (!ended.aborted && !quiet.signal.aborted) throw asKubernetesError(this.target, thrown);
    } finally {
      quiet.end();
      answer.destroy();
    }
  }

  #patiently<T>(signal: AbortSignal, attempt: (bounded: AbortSignal) => Promise<T>): Promise<T> {
    const { patience } = this.#shared;
    return patiently(
      {
        attempt: async () => {
          const timeout = AbortSignal.timeout(patience.requestMs);
          try {
            return await attempt(AbortSignal.any([signal, timeout]));
          } catch (thrown) {
            signal.throwIfAborted();
            if (timeout.aborted) throw slow(this.target, patience.requestMs);
            throw asKubernetesError(this.target, thrown);
          }
        },
        setbackOf: (outcome) => ('thrown' in outcome ? setbackOf(outcome.thrown) : null),
      },
      { patience, gate: this.#gate, signal },
    );
  }

  async #open(kind: string, path: string, signal: AbortSignal): Promise<IncomingMessage> {
    this.#shared.traffic.sent(kind);
    const answer = await this.#shared.connections.open({ target: this.target, path, signal });
    const status = answer.statusCode ?? 0;
    if (status === 200) return answer;
    if (status === 429) this.#shared.traffic.throttled();
    const text = await readText(answer, MAX_REFUSAL).catch(() => '');
    const said = textAt(fieldsOf(tryParse(text)), 'message');
    const what = said === null ? `with status ${status}` : `${status}: ${said.slice(0, 300)}`;
    throw new KubernetesError('refused', `${this.target.server.host} answered ${what}`, {
      status,
      retryAfterMs: retryAfterMs(answer.headers['retry-after']),
    });
  }
}

/** Ends a watch in which nothing comes any more. */
class Quiet {
  readonly #controller = new AbortController();
  readonly #leastMs: number;
  #timer: NodeJS.Timeout | undefined;
  #heard = 0;

  constructor(leastMs: number) {
    this.#leastMs = leastMs;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  begin(answeredInMs: number): void {
    const ms = Math.max(this.#leastMs, 3 * answeredInMs);
    this.#timer = setTimeout(() => this.#listen(), ms);
  }

  heard(): void {
    this.#heard++;
    this.#timer?.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** A process that was busy has not read yet what came meanwhile: what is there is read before it counts as quiet. */
  #listen(): void {
    const before = this.#heard;
    setImmediate(() => {
      if (this.#heard === before && this.#timer !== undefined) this.#controller.abort();
    });
  }
}

function setbackOf(thrown: unknown): Setback | null {
  if (!(thrown instanceof KubernetesError)) return null;
  const { status, retryAfterMs: after } = thrown;
  if (status === 429) return { throttled: true, retryAfterMs: after };
  const passing = thrown.stale || (status !== null && status >= 500 && status !== 501);
  return passing ? { throttled: false, retryAfterMs: after } : null;
}

function asKubernetesError(target: KubernetesTarget, thrown: unknown): unknown {
  if (thrown instanceof KubernetesError || !(thrown instanceof Error)) return thrown;
  const { code } = thrown as NodeJS.ErrnoException;
  if (thrown instanceof SyntaxError) return malformed(target, 'with something other than JSON');
  if (code === undefined) return thrown;
  return new KubernetesError('unreachable', `${target.server.host} broke off its answer (${code})`, {
    stale: true,
    cause: thrown,
  });
}

function malformed(target: KubernetesTarget, what: string): KubernetesError {
  return new KubernetesError('malformed', `${target.server.host} answered ${what}`);
}

function slow(target: KubernetesTarget, ms: number): KubernetesError {
  return new KubernetesError('unreachable', `${target.server.host} did not answer within ${ms / 1000} s`);
}

async function readText(answer: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total > maxBytes) {
      throw new KubernetesError('malformed', `the answer is larger than ${formatBytes(maxBytes)}`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, total).toString('utf8');
}

async function* linesOf(answer: IncomingMessage): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.subarray(0, end).toString('utf8');
      rest = rest.subarray(end + 1);
      if (line.trim() !== '') yield line;
    }
    if (rest.length > MAX_LINE) {
      throw new KubernetesError('malformed', `a watch event is larger than ${formatBytes(MAX_LINE)}`);
    }
  }
}

function parse(text: string): unknown {
  return JSON.parse(text);
}

function tryParse(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return null;
  }
}
