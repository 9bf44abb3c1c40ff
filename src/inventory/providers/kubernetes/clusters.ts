import { printable } from '../../../base/text.ts';
import type { Cluster, Subscription } from '../../../model/fleet.ts';
import { nameAt, objectAt, textAt } from '../../fields.ts';
import { KubernetesClient, type KubernetesShared } from '../../kubernetes/client.ts';
import { KubernetesError } from '../../kubernetes/errors.ts';
import { kubernetesProblem } from '../../kubernetes/problems.ts';
import { hostOf } from '../../kubernetes/target.ts';
import type { ClusterListing, FoundCluster, Problem, Run } from '../../types.ts';
import type { Context } from './contexts.ts';
import { contextTarget } from './target.ts';

/** A cluster as a context reaches it. */
export interface ReachedCluster {
  readonly cluster: Cluster;
  readonly client: KubernetesClient;
}

/** The clusters of all contexts. Two contexts of one cluster are one cluster. */
export async function listContexts(
  contexts: readonly Context[],
  of: { readonly subscription: Subscription; readonly shared: KubernetesShared; readonly run: Run },
): Promise<{ readonly listing: ClusterListing; readonly reached: ReadonlyMap<string, ReachedCluster> }> {
  const reached = new Map<string, ReachedCluster>();
  const problems: Problem[] = [];
  for (const context of contexts) {
    try {
      const one = await reach(context, of);
      if (!reached.has(one.cluster.id)) reached.set(one.cluster.id, one);
    } catch (thrown) {
      of.run.signal.throwIfAborted();
      const problem = kubernetesProblem(thrown, of.subscription.id);
      problems.push({ ...problem, detail: `Context ${printable(context.name)}: ${problem.detail}` });
    }
  }
  const clusters = [...reached.values()].map(({ cluster }): FoundCluster => ({ cluster, pools: [] }));
  return { listing: { clusters, complete: problems.length === 0, problems }, reached };
}

async function reach(
  context: Context,
  { subscription, shared, run }: { subscription: Subscription; shared: KubernetesShared; run: Run },
): Promise<ReachedCluster> {
  const target = await contextTarget(context);
  const client = new KubernetesClient(target, shared);
  const path = '/api/v1/namespaces/kube-system';
  const namespace = await client.get('Kubernetes get namespace', path, run.signal);
  const uid = nameAt(objectAt(namespace, 'metadata'), 'uid');
  if (uid === null || !/^[\w-]{1,64}$/.test(uid))
    throw new KubernetesError('malformed', `${target.server.host} names no uid of the namespace kube-system`);
  const version = await client.get('Kubernetes get version', '/version', run.signal);
  const cluster: Cluster = {
    id: `kubernetes:${uid.toLowerCase()}`,
    provider: 'kubernetes',
    subscription: subscription.id,
    name: printable(context.name),
    resourceGroup: null,
    nodeResourceGroup: null,
    region: null,
    kubernetesVersion: textAt(version, 'gitVersion')?.replace(/^v/, '') ?? null,
    power: 'running',
    provisioning: null,
    autoUpgrade: { kubernetes: null, nodeOs: null },
    tags: {},
    revision: null,
    apiHost: hostOf(target.server),
  };
  return { cluster, client };
}
