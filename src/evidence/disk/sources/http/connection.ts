import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { HttpTiming } from '../options.ts';
import { Passing } from './passing.ts';

/** A request, and what takes its answer. */
export interface Question<T> {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Told of the answer's head. Throws where the body is not wanted, which ends the connection. */
  accept(answer: IncomingMessage): Body<T>;
}

/** What takes the body of an answer. */
export interface Body<T> {
  /** Throws where it is more than wanted. */
  take(bytes: Buffer): void;
  end(): T;
}

/**
 * Connections to servers, kept open between requests and bounded in number. Redirects are not followed and bodies
 * not decoded.
 */
export class Connections {
  readonly #timing: HttpTiming;
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;
  readonly #active = new Set<Pick<Exchange<unknown>, 'fail'>>();

  constructor(parallel: number, timing: HttpTiming) {
    this.#timing = timing;
    // An agent of one's own heeds the variables for proxies only when told.
    const proxyEnv = process.env.NODE_USE_ENV_PROXY === '1' ? process.env : undefined;
    const options = {
      keepAlive: true,
      maxSockets: parallel,
      ...(proxyEnv === undefined ? {} : { proxyEnv }),
    };
    this.#http = new HttpAgent(options);
    this.#https = new HttpsAgent(options);
  }

  /** One request, from its start to the last byte of its answer. Throws `Passing`, the network's own errors, and what `accept` and its body throw. */
  async ask<T>(question: Question<T>): Promise<T> {
    const { url, headers } = question;
    const tls = url.protocol === 'https:';
    const agent = tls ? this.#https : this.#http;
    const request = (tls ? httpsRequest : httpRequest)(url, { agent, headers });
    const exchange = new Exchange(request, question, this.#timing);
    this.#active.add(exchange);
    try {
      return await exchange.result;
    } finally {
      this.#active.delete(exchange);
    }
  }

  /** Ends everything that is under way. */
  close(): void {
    for (const exchange of this.#active) exchange.fail(new Error('the source has been closed'));
    this.#http.destroy();
    this.#https.destroy();
  }
}

/** One request under way. */
class Exchange<T> {
  readonly #request: ClientRequest;
  readonly #question: Question<T>;
  readonly #settlement = Promise.withResolvers<T>();
  readonly #idle: NodeJS.Timeout;
  readonly #whole: NodeJS.Timeout;
  #settled = false;

  constructor(request: ClientRequest, question: Question<T>, { idleMs, requestMs }: HttpTiming) {
    this.#request = request;
    this.#question = question;
    const late = (what: string) => () => this.fail(new Passing(what));
    this.#idle = setTimeout(late(`nothing was received for ${idleMs / 1000} s`), idleMs);
    this.#whole = setTimeout(late(`an answer took longer than ${requestMs / 1000} s`), requestMs);
    request.on('error', (thrown) =>
      this.fail(isStale(request, thrown) ? new Passing(thrown.message, 0) : thrown),
    );
    request.on('response', (answer) => this.#attempt(() => this.#receive(answer)));
    request.end();
  }

  get result(): Promise<T> {
    return this.#settlement.promise;
  }

  fail(thrown: unknown): void {
    if (!this.#settle()) return;
    this.#settlement.reject(thrown);
    this.#request.destroy();
  }

  #receive(answer: IncomingMessage): void {
    this.#idle.refresh();
    answer.on('error', (thrown) => this.fail(thrown));
    answer.on('close', () =>
      this.fail(new Passing('the connection was closed before the end of the answer')),
    );
    const body = this.#question.accept(answer);
    answer.on('data', (bytes: Buffer) => {
      if (this.#settled) return;
      this.#idle.refresh();
      this.#attempt(() => body.take(bytes));
    });
    answer.on('end', () =>
      this.#attempt(() => {
        const result = body.end();
        if (this.#settle()) this.#settlement.resolve(result);
      }),
    );
  }

  #attempt(step: () => void): void {
    try {
      step();
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  /** Whether this is the first outcome. */
  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#idle);
    clearTimeout(this.#whole);
    return true;
  }
}

/** Whether a connection kept open had been closed by the server in the meantime: nothing is wrong then. */
function isStale(request: ClientRequest, thrown: Error): boolean {
  const { code } = thrown as { code?: string };
  return request.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
}
