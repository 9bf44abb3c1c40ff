import type { RequestOptions } from 'node:https';
import type { NodewardError } from '../../../base/errors.ts';
import { KubernetesError } from '../../kubernetes/errors.ts';
import { short } from '../../kubernetes/problems.ts';
import { type KubernetesTarget, serverUrl, type TlsSettings } from '../../kubernetes/target.ts';
import type { Context } from './contexts.ts';

/** A program that signs in may open a browser and wait for ever. */
const SIGN_IN_MS = 60_000;

/**
 * The API server of a context. Signing in is the library's matter: tokens, files, certificates, OpenID Connect, and the
 * programs that a kubeconfig names, which it runs.
 * @throws KubernetesError where the address is none that a token may be sent to, or signing in failed
 */
export async function contextTarget({ name, config }: Context): Promise<KubernetesTarget> {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new KubernetesError('malformed', `context ${name} names no cluster`);
  const server = safeServer(cluster.server, name);
  // The library refuses plain HTTP, also to this machine, unless TLS is not to be verified: there is none.
  if (server.protocol === 'http:') Object.assign(cluster, { skipTLSVerify: true });
  const options = await signIn({ name, config });
  return {
    server,
    tls: tlsOf(options),
    authorize: async () => headersOf(await signIn({ name, config })),
    agent: cluster.proxyUrl && options.agent ? options.agent : null,
  };
}

/** Whether the kubeconfig asks not to verify who answers. */
export function isUnverified({ config }: Context): boolean {
  const cluster = config.getCurrentCluster();
  return cluster?.skipTLSVerify === true && cluster.server.startsWith('https:');
}

function safeServer(text: string, name: string): URL {
  try {
    return serverUrl(text, `context ${name}`);
  } catch (thrown) {
    throw new KubernetesError('malformed', (thrown as NodewardError).message, { cause: thrown });
  }
}

async function signIn({ name, config }: Context): Promise<RequestOptions & { agent?: never }> {
  const options: RequestOptions = {};
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${SIGN_IN_MS / 1000} s`)), SIGN_IN_MS);
  });
  try {
    await Promise.race([config.applyToHTTPSOptions(options), late]);
    return options as RequestOptions & { agent?: never };
  } catch (thrown) {
    throw new KubernetesError('refused', `signing in to context ${name} failed: ${short(thrown)}`, {
      status: 401,
      cause: thrown,
    });
  } finally {
    clearTimeout(timer);
  }
}

function tlsOf({ ca, cert, key, servername, rejectUnauthorized }: RequestOptions): TlsSettings {
  return {
    ...(ca === undefined ? {} : { ca: ca as Buffer }),
    ...(cert === undefined ? {} : { cert: cert as Buffer }),
    ...(key === undefined ? {} : { key: key as Buffer }),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}

function headersOf({ headers, auth }: RequestOptions): Readonly<Record<string, string>> {
  const entries = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]);
  const basic = auth ? [['authorization', `Basic ${Buffer.from(auth).toString('base64')}`]] : [];
  return Object.fromEntries([...basic, ...entries]);
}
