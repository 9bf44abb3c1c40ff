import type { Subscription } from '../../../model/fleet.ts';
import { fieldsOf } from '../../fields.ts';
import type { ClusterListing, FoundCluster, Problem, Run } from '../../types.ts';
import { AKS_API, type Azure } from './azure.ts';
import { subscriptionGuid } from './ids.ts';
import { azureProblem } from './problems.ts';
import { belongsTo, TransportError } from './transport.ts';
import { readCluster } from './wire.ts';

const MAX_PAGES = 2_000;

/**
 * All clusters of a subscription with their pools. Pages are read as they are on the wire: the SDK's models refuse a whole
 * page for one cluster that they cannot be made of.
 */
export async function listClusters(
  azure: Azure,
  subscription: Subscription,
  run: Run,
): Promise<ClusterListing> {
  const found = new Map<string, FoundCluster>();
  const problems: Problem[] = [];
  const asked = `Clusters of ${subscription.name} cannot be listed`;
  try {
    for await (const page of pages(azure, subscription, run.signal)) {
      for (const item of page) {
        const cluster = readCluster(item, subscription.id);
        if ('fault' in cluster) problems.push(malformed(subscription, cluster.fault));
        else found.set(cluster.cluster.id, cluster);
      }
    }
  } catch (thrown) {
    run.signal.throwIfAborted();
    problems.push(azureProblem(thrown, subscription.id, asked));
  }
  return { clusters: [...found.values()], complete: problems.length === 0, problems };
}

async function* pages(
  azure: Azure,
  subscription: Subscription,
  signal: AbortSignal,
): AsyncGenerator<readonly unknown[]> {
  const guid = subscriptionGuid(subscription.id) ?? '';
  const client = await azure.containerService(guid, signal);
  const path = `/subscriptions/${guid}/providers/Microsoft.ContainerService/managedClusters`;
  const seen = new Set<string>();
  let next: string | null = new URL(`${path}?api-version=${AKS_API}`, azure.endpoint).href;
  while (next !== null) {
    if (seen.has(next) || seen.size >= MAX_PAGES)
      throw new TransportError('malformed', 'the list of clusters never ends');
    seen.add(next);
    const page = fieldsOf(await azure.get(client, next, signal));
    if (page === null || !Array.isArray(page.value))
      throw new TransportError('malformed', 'an answer is no list of clusters');
    yield page.value;
    next = linkOf(page.nextLink, azure.endpoint);
  }
}

function linkOf(link: unknown, endpoint: URL): string | null {
  if (link === undefined || link === null || link === '') return null;
  const url = typeof link === 'string' && URL.canParse(link, endpoint.href) ? new URL(link, endpoint) : null;
  if (url !== null && belongsTo(url, endpoint)) return url.href;
  throw new TransportError('malformed', 'the link to the next page leads elsewhere');
}

function malformed({ id, name }: Subscription, fault: string): Problem {
  return {
    scope: id,
    code: 'malformed',
    detail: `Azure's list of clusters in ${name} has an entry that cannot be used: ${fault}`,
    remedy: 'Look at the cluster with `az aks list`; the others were read.',
  };
}
