import type { Agent as HttpAgent } from 'node:http';
import { NodewardError } from '../../base/errors.ts';
import { isLoopback } from '../../base/url.ts';

/** What secures a connection, as `node:tls` takes it. */
export interface TlsSettings {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** One Kubernetes API server, and how to sign in to it. */
export interface KubernetesTarget {
  /** May have a path, below which the API lies. */
  readonly server: URL;
  readonly tls: TlsSettings;
  /** Headers of one request that say who asks. Secrets: they go to `server` only. */
  authorize(): Promise<Readonly<Record<string, string>>>;
  /** For a proxy; null for a direct connection. */
  readonly agent: HttpAgent | null;
}

/**
 * The address of an API server. A token travels there, so it must be https, or this machine.
 * @throws NodewardError input-malformed
 */
export function serverUrl(text: string, place: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const safe =
    url !== null &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))) &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === '';
  if (safe) return url;
  throw new NodewardError('input-malformed', `${place} names no https server`, { place });
}

/** `host[:port]`, lower-case, as `Cluster.apiHost` has it. */
export function hostOf(server: URL): string {
  return server.host.toLowerCase();
}
