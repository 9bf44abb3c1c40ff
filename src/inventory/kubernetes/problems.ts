import { reasonOf } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import type { Problem } from '../types.ts';
import { KubernetesError } from './errors.ts';

const REMEDIES: Readonly<Record<Problem['code'], string>> = {
  'no-permission':
    'Give the identity that Nodeward runs as read access to nodes in this cluster; docs/permissions.md has the roles.',
  unreachable:
    'Run Nodeward where the API server can be reached; a private cluster answers inside its network only.',
  throttled: 'The API server is overloaded; run the sync again later.',
  malformed: 'Check that the address is a Kubernetes API server and not a proxy or a portal.',
  failed: 'Run the sync again; if it stays, look at the health of the cluster.',
};

/** A failed look at a cluster's API, as a problem of `scope`. What is thrown that is no answer of a server is a defect. */
export function kubernetesProblem(thrown: unknown, scope: string): Problem {
  if (!(thrown instanceof KubernetesError)) throw thrown;
  const code = codeOf(thrown);
  return { scope, code, detail: `Nodes cannot be read: ${short(thrown)}`, remedy: REMEDIES[code] };
}

/** The same where pods were asked for: everything else about the cluster is known. */
export function workloadsProblem(thrown: unknown, scope: string): Problem {
  const problem = kubernetesProblem(thrown, scope);
  const detail = `Privileged workloads cannot be counted: ${short(thrown)}`;
  const remedy =
    problem.code === 'no-permission'
      ? 'Let the identity that Nodeward runs as list pods, with the optional role of docs/permissions.md, or switch inventory.workloads off.'
      : problem.remedy;
  return { ...problem, detail, remedy };
}

/** What could not be understood of a cluster's nodes, as one problem; null where there is nothing. */
export function faultsProblem(faults: readonly string[], scope: string): Problem | null {
  if (faults.length === 0) return null;
  const more = faults.length > 3 ? ` and ${faults.length - 3} more` : '';
  return {
    scope,
    code: 'malformed',
    detail: `Some nodes cannot be told: ${faults.slice(0, 3).join('; ')}${more}`,
    remedy: 'Look at these nodes with `kubectl get nodes -o yaml`; the others were read.',
  };
}

function codeOf({ kind, status }: KubernetesError): Problem['code'] {
  if (status === 401 || status === 403) return 'no-permission';
  if (status === 429) return 'throttled';
  if (kind === 'refused') return 'failed';
  return kind;
}

/** What answers mean whose text the SDK keeps to itself. */
const STATUS_WORDS: Readonly<Record<string, string>> = {
  401: 'the credentials are not taken',
  403: 'access is not granted',
  404: 'there is no such thing',
  429: 'too many requests',
  503: 'the service is not available',
};

/** The message of anything thrown as one short line without a full stop, to be part of a sentence. */
export function short(thrown: unknown): string {
  const said = printable(reasonOf(thrown).replaceAll(/\s+/g, ' ').trim()).replace(/\.$/, '');
  const text = said.replace(
    /^(?:Pagination failed with )?unexpected status ?code:? (\d{3})$/i,
    (_, status: string) => {
      const words = STATUS_WORDS[status];
      return `the answer was ${status}${words === undefined ? '' : ` (${words})`}`;
    },
  );
  return text.length > 400 ? `${text.slice(0, 399)}…` : text;
}
