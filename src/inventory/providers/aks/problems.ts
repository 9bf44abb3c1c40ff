import { NodewardError } from '../../../base/errors.ts';
import { short } from '../../kubernetes/problems.ts';
import type { Problem } from '../../types.ts';
import { TransportError } from './transport.ts';

/** What the SDK throws, as far as it can be told without loading the SDK. */
interface Thrown {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly statusCode?: unknown;
}

/** HTTP status of an answer that was thrown; null where there was no answer. */
export function statusOf(thrown: unknown): number | null {
  const { statusCode } = (thrown ?? {}) as Thrown;
  return typeof statusCode === 'number' ? statusCode : null;
}

/** ARM's code of an answer that was thrown: `AuthorizationFailed`; null where it has none. */
export function codeOf(thrown: unknown): string | null {
  const { code } = (thrown ?? {}) as Thrown;
  return typeof code === 'string' ? code : null;
}

const CREDENTIAL_ERRORS: ReadonlySet<unknown> = new Set([
  'CredentialUnavailableError',
  'AuthenticationError',
  'AuthenticationRequiredError',
  'AggregateAuthenticationError',
]);

/** Whether there are no credentials, or Azure does not take them: nothing can be read at all. */
export function isCredentialFailure(thrown: unknown): boolean {
  if (thrown instanceof NodewardError) return thrown.code === 'cloud-credentials';
  return CREDENTIAL_ERRORS.has((thrown as Thrown | null)?.name) || statusOf(thrown) === 401;
}

/** Where the SDK's chain looks for credentials. */
const NO_CREDENTIALS =
  'no credentials were found in the environment, a workload or managed identity, the Azure CLI, PowerShell or the Azure Developer CLI';

/** What a failure says, as a part of a sentence. Of a chain of credentials, only what went wrong with one that was there. */
export function saidBy(thrown: unknown): string {
  const { errors } = (thrown ?? {}) as { readonly errors?: unknown };
  if (!Array.isArray(errors)) return short(thrown);
  const there = errors.find((each: Thrown | null) => each?.name !== 'CredentialUnavailableError');
  return there === undefined ? NO_CREDENTIALS : short(there);
}

/** Codes of a connection that failed. */
const CONNECTION = /^(?:E[A-Z_]+|REQUEST_SEND_ERROR|.*CERT.*|UNABLE_TO_.*|ERR_TLS_.*|ERR_SSL_.*)$/;

/** What to do where a role is missing. @param role the file in deploy/azure/ */
export function assignRole(role: string): string {
  return `Assign the role of deploy/azure/${role} to the identity; docs/permissions.md says how.`;
}

const REMEDIES: Readonly<Record<Problem['code'], string>> = {
  'no-permission': assignRole('nodeward-reader.json'),
  unreachable: 'Check the connection to Azure; `nodeward config check` tests it.',
  throttled:
    'Other tools use up the limits of this subscription; run the sync again later, or lower sync.parallel.',
  malformed: 'Check that azure.endpoint is Azure Resource Manager and not a proxy or a portal.',
  failed: 'Run the sync again; if it stays, look at the health of Azure in this region.',
};

/**
 * A failed request to Azure as a problem of `scope`. A defect of our own is thrown on.
 * @param asked what was asked, as the beginning of a sentence: `Clusters of Contoso cannot be listed`
 */
export function azureProblem(thrown: unknown, scope: string, asked: string): Problem {
  const code = problemCode(thrown);
  if (code === null) throw thrown;
  const action = forbiddenAction(thrown);
  const said = action === null ? saidBy(thrown) : `${action} is not granted`;
  return { scope, code, detail: `${asked}: ${said}`, remedy: REMEDIES[code] };
}

/** The action that ARM names in a refusal; null where it names none. */
export function forbiddenAction(thrown: unknown): string | null {
  if (statusOf(thrown) !== 403) return null;
  return /action\(?s?\)? '([\w./*-]{1,200})'/.exec((thrown as Error).message)?.[1] ?? null;
}

/** What kind of failure this is; null where it is none of Azure's. */
export function problemCode(thrown: unknown): Problem['code'] | null {
  const status = statusOf(thrown);
  if (isCredentialFailure(thrown) || status === 403) return 'no-permission';
  if (status === 429) return 'throttled';
  if (status !== null) return status >= 200 && status < 300 ? 'malformed' : 'failed';
  if (thrown instanceof TransportError) return thrown.kind === 'slow' ? 'unreachable' : 'malformed';
  if (thrown instanceof SyntaxError) return 'malformed';
  const code = codeOf(thrown);
  if (code === 'PARSE_ERROR') return 'malformed';
  if (code !== null && CONNECTION.test(code)) return 'unreachable';
  // What is left of the SDK: an answer that its models could not be made of, or an operation that failed.
  if (thrown instanceof TypeError) return 'malformed';
  return thrown instanceof Error && !(thrown instanceof NodewardError) ? 'failed' : null;
}
