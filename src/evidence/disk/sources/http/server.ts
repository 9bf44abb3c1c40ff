import { setMaxListeners } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { NodewardError, reasonOf } from '../../../../base/errors.ts';
import { HTTP_TIMING, HTTP_TUNING } from '../defaults.ts';
import { Meter } from '../meter.ts';
import type { HttpTiming, SourceOptions } from '../options.ts';
import { failed, Redirect } from './answer.ts';
import { type Body, Connections } from './connection.ts';
import { Passing } from './passing.ts';
import { isSafe, nameOf, parseDiskUrl, scrubbed } from './url.ts';

/** A request for something of the disk. */
export interface Query<T> {
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes the answer may have. */
  readonly length: number;
  /** Query parameters added to the disk's URL. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** One attempt, whose failure is nobody's concern but the asker's. */
  readonly optional?: boolean;
  accept(answer: IncomingMessage): Body<T>;
}

const MAX_REDIRECTS = 5;
/** Another attempt does not mend these: the name is unknown, or the server is not the one it should be. */
const UNRESOLVED: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN']);
const UNTRUSTED = /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|ERR_INVALID)/;
const EXPIRED = 'the link that the server redirected to is not valid any more';

/** The server of one disk: asks it with patience, follows its redirects, counts, and gives up for good once it fails. */
export class Server {
  readonly name: string;
  readonly meter: Meter;
  readonly #url: URL;
  readonly #timing: HttpTiming;
  readonly #connections: Connections;
  readonly #signal: AbortSignal | null;
  readonly #closing = new AbortController();
  readonly #close = () => this.close();
  /** Where the redirects led to. */
  #target: URL;
  #answered = false;
  #broken: NodewardError | null = null;

  constructor(url: string, options: SourceOptions) {
    this.#url = parseDiskUrl(url);
    this.#target = this.#url;
    this.name = nameOf(this.#url);
    this.meter = new Meter(this.name, options.limits);
    this.#timing = { ...HTTP_TIMING, ...options.timing };
    this.#connections = new Connections(options.cache?.parallel ?? HTTP_TUNING.parallel, this.#timing);
    this.#signal = options.signal ?? null;
    setMaxListeners(0, this.#closing.signal);
    this.#signal?.addEventListener('abort', this.#close, { once: true });
    if (this.#signal?.aborted) this.close();
  }

  /**
   * Asks until there is an answer that can be used.
   * @throws NodewardError network-failed, disk-changed, limit-reached, interrupted
   */
  async ask<T>(query: Query<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      if (this.#closing.signal.aborted) throw this.#ended();
      if (this.#broken !== null) throw this.#broken;
      try {
        return await this.#follow(query);
      } catch (thrown) {
        if (this.#closing.signal.aborted) throw this.#ended();
        const failure = this.#judge(thrown, attempt);
        if (query.optional === true) throw failure;
        if (failure instanceof NodewardError) {
          // Every further read would fail as this one did, each after as long a wait.
          if (failure.code !== 'limit-reached') this.#broken = failure;
          throw failure;
        }
        await this.#pause(failure, attempt);
      }
    }
  }

  /** Ends all that is under way. */
  close(): void {
    this.#signal?.removeEventListener('abort', this.#close);
    this.#closing.abort();
    this.#connections.close();
  }

  async #follow<T>(query: Query<T>): Promise<T> {
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const target = this.#target;
      try {
        return await this.#once(target, query);
      } catch (thrown) {
        if (thrown instanceof Redirect) this.#target = this.#redirected(target, thrown.location);
        else if (target !== this.#url && isRefused(thrown)) {
          this.#target = this.#url;
          throw new Passing(EXPIRED, 0);
        } else throw thrown;
      }
    }
    throw failed(this.name, `it redirects more than ${MAX_REDIRECTS} times`);
  }

  async #once<T>(target: URL, { headers, length, parameters, accept }: Query<T>): Promise<T> {
    this.meter.begin(length);
    try {
      const url = parameters === undefined ? target : withParameters(target, parameters);
      // Encodings would change what a range means.
      const all = { 'accept-encoding': 'identity', 'user-agent': 'nodeward', ...headers };
      return await this.#connections.ask({
        url,
        headers: all,
        accept: (answer) => {
          this.#answered = true;
          const body = accept(answer);
          return {
            take: (bytes) => {
              this.meter.add(bytes.length);
              body.take(bytes);
            },
            end: () => body.end(),
          };
        },
      });
    } finally {
      this.meter.end(length);
    }
  }

  #redirected(from: URL, location: string): URL {
    if (!URL.canParse(location, from.href)) throw failed(this.name, 'it redirects to nowhere');
    const to = new URL(location, from.href);
    if (!isSafe(to, this.#url)) throw failed(this.name, `it leads to ${to.origin}, which is not https`);
    if (to.username !== '' || to.password !== '')
      throw failed(this.name, `it leads to ${to.origin} with a user name, which is not supported`);
    return to;
  }

  /** What a failure means: ours are final, `Passing` is worth another attempt. */
  #judge(thrown: unknown, attempt: number): NodewardError | Passing {
    if (thrown instanceof NodewardError) return thrown;
    const { code = '' } = thrown as { code?: string };
    const detail = scrubbed(reasonOf(thrown));
    // Without a network every name fails; a name that was found before may be found again.
    if (UNTRUSTED.test(code) || (UNRESOLVED.has(code) && !this.#answered)) return failed(this.name, detail);
    if (attempt >= this.#timing.attempts) return failed(this.name, `${detail} (${attempt} attempts)`);
    return thrown instanceof Passing ? thrown : new Passing(detail);
  }

  async #pause({ pauseMs }: Passing, attempt: number): Promise<void> {
    const { backoffMs, maxPauseMs } = this.#timing;
    const own = backoffMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
    const ms = Math.min(pauseMs ?? own, maxPauseMs);
    await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => {});
  }

  #ended(): NodewardError {
    if (this.#signal?.aborted)
      return new NodewardError('interrupted', `Reading ${this.name} was interrupted`);
    return new NodewardError('file-unreadable', `${this.name} has been closed`);
  }
}

function isRefused(thrown: unknown): boolean {
  return thrown instanceof NodewardError && thrown.code === 'network-failed';
}

/** The parameters are appended as they are, so that those of a signature stay byte for byte. */
function withParameters(url: URL, parameters: Readonly<Record<string, string>>): URL {
  const added = new URLSearchParams(parameters).toString();
  const to = new URL(url);
  to.search = url.search === '' ? added : `${url.search}&${added}`;
  return to;
}
