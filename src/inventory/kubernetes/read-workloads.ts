import { posix } from 'node:path';
import { type Fields, fieldsOf, nameAt, objectAt } from '../fields.ts';
import type { Check, Workloads } from '../types.ts';
import type { KubernetesClient } from './client.ts';
import { isExpired, KubernetesError } from './errors.ts';
import { workloadsProblem } from './problems.ts';

const PAGE = 500;
/** Far above any cluster there is: 150,000 pods are the most that Kubernetes is made for. */
const MAX_PODS = 1_000_000;
/** How often the list is begun anew where the server forgets it while it is read. */
const ATTEMPTS = 3;
/** What belongs to the cluster itself is privileged everywhere, and says nothing of one pool. */
const SELECTOR = 'metadata.namespace!=kube-system,status.phase!=Succeeded,status.phase!=Failed';

/** Counts the privileged pods of a cluster by their nodes. Of a pod nothing but this is kept. @throws the signal's reason */
export async function readWorkloads(of: {
  readonly client: KubernetesClient;
  /** The cluster's id. */
  readonly scope: string;
  readonly signal: AbortSignal;
}): Promise<Workloads> {
  for (let attempt = 1; ; attempt++) {
    try {
      return { privileged: await countPods(of.client, of.signal), problem: null };
    } catch (thrown) {
      of.signal.throwIfAborted();
      if (isExpired(thrown) && attempt < ATTEMPTS) continue;
      return { privileged: null, problem: workloadsProblem(thrown, of.scope) };
    }
  }
}

/** What `config check` says of them. */
export function workloadsCheck(cluster: string, { privileged, problem }: Workloads): Check {
  const name = `Count privileged workloads of ${cluster}`;
  if (problem !== null) return { name, state: 'warning', detail: problem.detail, remedy: problem.remedy };
  const pods = [...(privileged ?? new Map<string, number>()).values()].reduce((sum, count) => sum + count, 0);
  return {
    name,
    state: 'ok',
    detail: `There ${pods === 1 ? 'is 1 privileged pod' : `are ${pods} privileged pods`}`,
    remedy: null,
  };
}

async function countPods(
  client: KubernetesClient,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const seen = new Set<string>();
  let pods = 0;
  for (let token: string | null = null; ; ) {
    const query = new URLSearchParams({
      ...{ limit: String(PAGE), fieldSelector: SELECTOR },
      ...(token === null ? {} : { continue: token }),
    });
    const page: Fields = await client.get('Kubernetes list pods', `/api/v1/pods?${query}`, signal);
    if (!Array.isArray(page.items)) throw malformed(client, 'a list without items');
    pods += page.items.length;
    if (pods > MAX_PODS) throw malformed(client, `more than ${MAX_PODS} pods`);
    for (const item of page.items) {
      const spec = objectAt(fieldsOf(item), 'spec');
      const node = nameAt(spec, 'nodeName');
      if (spec !== null && node !== null && isPrivileged(spec)) counts.set(node, (counts.get(node) ?? 0) + 1);
    }
    token = tokenOf(page);
    if (token === null) return counts;
    if (seen.has(token)) throw malformed(client, 'a list that never ends');
    seen.add(token);
  }
}

function tokenOf(page: Fields): string | null {
  const token = objectAt(page, 'metadata')?.continue;
  return typeof token === 'string' && token !== '' ? token : null;
}

/** Whether who gets into a pod has its node: it shares the host's namespaces or root, or runs without confinement. */
export function isPrivileged(spec: Fields): boolean {
  return (
    ['hostPID', 'hostNetwork', 'hostIPC'].some((field) => spec[field] === true) ||
    isUnconfined(spec) ||
    ['containers', 'initContainers', 'ephemeralContainers'].some((list) =>
      listAt(spec, list).some(isUnconfined),
    ) ||
    listAt(spec, 'volumes').some((volume) => isRoot(objectAt(volume, 'hostPath')?.path))
  );
}

/** Of a container, or of all containers of a pod: `hostProcess` is what Windows has for `privileged`. */
function isUnconfined(fields: Fields | null): boolean {
  const context = objectAt(fields, 'securityContext');
  return context?.privileged === true || objectAt(context, 'windowsOptions')?.hostProcess === true;
}

function isRoot(path: unknown): boolean {
  return typeof path === 'string' && (/^[a-z]:[\\/]*$/i.test(path) || /^\/+$/.test(posix.normalize(path)));
}

function listAt(fields: Fields, key: string): readonly (Fields | null)[] {
  const list = fields[key];
  return Array.isArray(list) ? list.map(fieldsOf) : [];
}

function malformed(client: KubernetesClient, what: string): KubernetesError {
  return new KubernetesError('malformed', `${client.target.server.host} answered with ${what}`);
}
