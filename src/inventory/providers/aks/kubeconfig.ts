import { parse } from 'yaml';
import { NodewardError } from '../../../base/errors.ts';
import { type Fields, fieldsOf, objectAt } from '../../fields.ts';
import { serverUrl } from '../../kubernetes/target.ts';

/** The application that all AKS clusters with Microsoft Entra ID take tokens for. */
export const AKS_SERVER_ID = '6dae42f8-4368-4678-94ff-3960e28e3630';

/**
 * How a cluster lets its user in: with a token of Microsoft Entra ID, or with what the kubeconfig itself holds, which is
 * a secret and is never stored.
 */
export type ClusterUser =
  | { readonly kind: 'entra' }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'certificate'; readonly cert: string; readonly key: string };

/** What is taken from the kubeconfig that Azure hands out: nothing in it is run. */
export interface ClusterAccess {
  readonly server: URL;
  /** PEM; null for the system's authorities. */
  readonly ca: string | null;
  readonly user: ClusterUser;
}

const MAX_BYTES = 256 << 10;

/** @throws NodewardError input-malformed, input-unsupported where it wants another way to sign in */
export function readKubeconfig(bytes: Uint8Array): ClusterAccess {
  const root = parseYaml(bytes);
  const context = objectAt(first(root, 'contexts', textOf(root, 'current-context')), 'context');
  const cluster = objectAt(first(root, 'clusters', textOf(context, 'cluster')), 'cluster');
  const user = objectAt(first(root, 'users', textOf(context, 'user')), 'user');
  return {
    server: serverUrl(textOf(cluster, 'server') ?? '', 'the kubeconfig of the cluster'),
    ca: pemAt(cluster, 'certificate-authority-data'),
    user: userOf(user),
  };
}

function parseYaml(bytes: Uint8Array): Fields | null {
  if (bytes.length > MAX_BYTES) throw malformed('it is larger than any genuine one');
  try {
    return fieldsOf(parse(Buffer.from(bytes).toString('utf8'), { maxAliasCount: 0, logLevel: 'error' }));
  } catch (thrown) {
    throw malformed('it is not YAML', thrown);
  }
}

/** The entry of a list by its name; the first one where no name is given. */
function first(root: Fields | null, key: string, name: string | null): Fields | null {
  const list = root?.[key];
  if (!Array.isArray(list)) throw malformed(`it has no ${key}`);
  const entries = list.slice(0, 1_000).map(fieldsOf);
  return (name === null ? entries[0] : entries.find((entry) => entry?.name === name)) ?? null;
}

function userOf(user: Fields | null): ClusterUser {
  const token = textOf(user, 'token');
  if (token !== null) return { kind: 'token', token };
  const cert = pemAt(user, 'client-certificate-data');
  const key = pemAt(user, 'client-key-data');
  if (cert !== null && key !== null) return { kind: 'certificate', cert, key };
  const server = entraServer(user);
  // A token for whatever else the file may name could be used against somebody else.
  if (server === AKS_SERVER_ID) return { kind: 'entra' };
  throw new NodewardError(
    'input-unsupported',
    server === null
      ? 'the kubeconfig of the cluster has no way to sign in that Nodeward knows'
      : `the cluster takes tokens for the application ${server.slice(0, 64)}, which is not AKS`,
    { remedy: 'Move the cluster to AKS-managed Microsoft Entra integration (`az aks update --enable-aad`).' },
  );
}

/** The application that `kubelogin`, or the old plug-in of `kubectl`, would get a token for. */
function entraServer(user: Fields | null): string | null {
  const legacy = objectAt(objectAt(user, 'auth-provider'), 'config');
  if (legacy !== null) return textOf(legacy, 'apiserver-id');
  const args = objectAt(user, 'exec')?.args;
  if (!Array.isArray(args)) return null;
  const at = args.indexOf('--server-id');
  const value: unknown = at < 0 ? null : args[at + 1];
  return typeof value === 'string' ? value : null;
}

function textOf(fields: Fields | null, key: string): string | null {
  const value = fields?.[key];
  return typeof value === 'string' && value !== '' ? value : null;
}

function pemAt(fields: Fields | null, key: string): string | null {
  const value = textOf(fields, key);
  if (value === null) return null;
  const pem = Buffer.from(value, 'base64').toString('latin1');
  if (!pem.includes('-----BEGIN ')) throw malformed(`its ${key} is no PEM`);
  return pem;
}

function malformed(why: string, cause?: unknown): NodewardError {
  return new NodewardError('input-malformed', `the kubeconfig of the cluster cannot be used: ${why}`, {
    cause,
  });
}
