import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isLoopback } from '../../base/url.ts';
import type { Patience } from '../patience.ts';
import { KubernetesError } from './errors.ts';
import type { KubernetesTarget } from './target.ts';

/** One request: GET only, as nothing is ever changed. */
export interface KubernetesRequest {
  readonly target: KubernetesTarget;
  /** Below the server's own path: `/api/v1/nodes?limit=500`. */
  readonly path: string;
  readonly signal: AbortSignal;
}

const KEPT = { keepAlive: true, maxFreeSockets: 16 } as const;

/**
 * Connections to API servers, kept open between requests: pages of one list, and clusters behind one address, share
 * them. Proxies are taken from the environment, as `kubectl` does, but never for this machine.
 */
export class Connections {
  readonly #https = new HttpsAgent({ ...KEPT, proxyEnv: process.env });
  readonly #local = new HttpsAgent(KEPT);
  readonly #plain = new HttpAgent(KEPT);
  readonly #patience: Patience;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  /** The answer to a request, with its body still to be read. Redirects are answers. @throws KubernetesError unreachable */
  async open(request: KubernetesRequest): Promise<IncomingMessage> {
    const { target, path, signal } = request;
    const headers = { accept: 'application/json', 'user-agent': 'nodeward', ...(await target.authorize()) };
    signal.throwIfAborted();
    const secure = target.server.protocol === 'https:';
    const options: RequestOptions = {
      method: 'GET',
      headers,
      signal,
      agent: target.agent ?? this.#agentFor(target.server),
      ...(secure ? target.tls : {}),
    };
    const url = new URL(target.server.pathname.replace(/\/$/, '') + path, target.server);
    return this.#send(url, options);
  }

  #agentFor(server: URL): HttpAgent {
    if (server.protocol === 'http:') return this.#plain;
    return isLoopback(server) ? this.#local : this.#https;
  }

  #send(url: URL, options: RequestOptions): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = url.protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options);
      const timer = setTimeout(
        () => sent.destroy(new Error(`no connection in ${this.#patience.connectMs / 1000} s`)),
        this.#patience.connectMs,
      );
      sent.on('socket', (socket) => {
        if (!socket.connecting) clearTimeout(timer);
        else socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => clearTimeout(timer));
      });
      sent.on('error', (thrown: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        reject(unreachable(url, thrown, sent.reusedSocket));
      });
      sent.on('response', resolve);
      sent.end();
    });
  }

  close(): void {
    for (const agent of [this.#https, this.#local, this.#plain]) agent.destroy();
  }
}

function unreachable(url: URL, thrown: NodeJS.ErrnoException, reused: boolean): KubernetesError {
  const stale = reused && (thrown.code === 'ECONNRESET' || thrown.code === 'EPIPE');
  const why = thrown.code === undefined ? thrown.message : reasonOf(thrown.code);
  return new KubernetesError('unreachable', `${url.host} did not answer: ${why}`, { stale, cause: thrown });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known here',
  EAI_AGAIN: 'its name could not be looked up',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed',
  ABORT_ERR: 'it took too long',
  ETIMEDOUT: 'the connection timed out',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by nobody known',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by nobody known',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by nobody known',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

function reasonOf(code: string): string {
  return REASONS[code] ?? code;
}
