import { NodewardError } from '../../../base/errors.ts';
import type { Subscription } from '../../../model/fleet.ts';
import type { KubernetesShared } from '../../kubernetes/client.ts';
import { Connections } from '../../kubernetes/connections.ts';
import { faultsProblem, kubernetesProblem } from '../../kubernetes/problems.ts';
import { readNodes } from '../../kubernetes/read-nodes.ts';
import { readWorkloads, workloadsCheck } from '../../kubernetes/read-workloads.ts';
import { PATIENCE, type Patience } from '../../patience.ts';
import { TrafficCounter } from '../../traffic.ts';
import type {
  Check,
  ClusterListing,
  FoundCluster,
  KubernetesSettings,
  NodeCursor,
  NodeListing,
  Provider,
  Run,
} from '../../types.ts';
import { listContexts, type ReachedCluster } from './clusters.ts';
import { type Context, kubeconfigPaths, loadContexts } from './contexts.ts';
import { labelledNode } from './node-of.ts';
import { isUnverified } from './target.ts';

/** What tests need to be otherwise. */
export interface KubernetesOptions {
  readonly patience?: Partial<Patience>;
  readonly env?: NodeJS.ProcessEnv;
}

/** Any cluster that a kubeconfig, or the pod this runs in, leads to. The library is loaded with the first request. */
export function createKubernetes(settings: KubernetesSettings, options: KubernetesOptions = {}): Provider {
  const patience = { ...PATIENCE, ...options.patience };
  const traffic = new TrafficCounter();
  const shared = { connections: new Connections(patience), patience, traffic };
  return new KubernetesProvider(settings, shared, options.env ?? process.env);
}

class KubernetesProvider implements Provider {
  readonly id = 'kubernetes';
  readonly disks = null;
  readonly #settings: KubernetesSettings;
  readonly #shared: KubernetesShared;
  readonly #env: NodeJS.ProcessEnv;
  #contexts: Promise<readonly Context[]> | null = null;
  #reached: ReadonlyMap<string, ReachedCluster> = new Map();

  constructor(settings: KubernetesSettings, shared: KubernetesShared, env: NodeJS.ProcessEnv) {
    this.#settings = settings;
    this.#shared = shared;
    this.#env = env;
  }

  async subscriptions(): Promise<readonly Subscription[]> {
    await this.#load();
    return [this.#subscription()];
  }

  async clusters(subscription: Subscription, run: Run): Promise<ClusterListing> {
    const contexts = await this.#load();
    const { listing, reached } = await listContexts(contexts, { subscription, shared: this.#shared, run });
    this.#reached = reached;
    return listing;
  }

  async nodes({ cluster }: FoundCluster, cursor: NodeCursor | null, run: Run): Promise<NodeListing> {
    const nothing = {
      kind: 'all' as const,
      nodes: [],
      removed: [],
      pools: [],
      complete: false,
      cursor: null,
    };
    const client = this.#reached.get(cluster.id)?.client ?? (await this.#reach(cluster.id, run));
    if (client === null) {
      const detail = `No context of the kubeconfig leads to ${cluster.name} any more`;
      const remedy = 'Name its context in kubernetes.contexts.';
      return { ...nothing, problems: [{ scope: cluster.id, code: 'unreachable', detail, remedy }] };
    }
    try {
      const { signal } = run;
      const read = await readNodes({ client, since: cursor, read: labelledNode(cluster.id), signal });
      const problem = faultsProblem(read.faults, cluster.id);
      const { kind, nodes, removed, pools, version } = read;
      const problems = problem === null ? [] : [problem];
      const listing = { kind, nodes, removed, pools, complete: problem === null, cursor: version, problems };
      if (!this.#settings.workloads) return listing;
      return { ...listing, workloads: await readWorkloads({ client, scope: cluster.id, signal }) };
    } catch (thrown) {
      run.signal.throwIfAborted();
      return { ...nothing, problems: [kubernetesProblem(thrown, cluster.id)] };
    }
  }

  async #reach(cluster: string, run: Run): Promise<ReachedCluster['client'] | null> {
    await this.clusters(this.#subscription(), run);
    return this.#reached.get(cluster)?.client ?? null;
  }

  /** Node images are AKS's; other clouds do not tell what they offer through Kubernetes. */
  async latestImages(): Promise<{ images: ReadonlyMap<string, string>; problems: readonly [] }> {
    return { images: new Map(), problems: [] };
  }

  async check(run: Run): Promise<readonly Check[]> {
    let contexts: readonly Context[];
    try {
      contexts = await this.#load();
    } catch (thrown) {
      if (!(thrown instanceof NodewardError)) throw thrown;
      const { message: detail, remedy } = thrown;
      return [{ name: 'Kubeconfig', state: 'failed', detail, remedy }];
    }
    const checks: Check[] = [];
    for (const context of contexts) checks.push(...(await this.#checkContext(context, run)));
    return checks;
  }

  async #checkContext(context: Context, run: Run): Promise<readonly Check[]> {
    const name = `Read nodes of context ${context.name}`;
    const of = { subscription: this.#subscription(), shared: this.#shared, run };
    const { listing, reached } = await listContexts([context], of);
    this.#reached = new Map([...this.#reached, ...reached]);
    const [found] = listing.clusters;
    const looked = found === undefined ? null : await this.nodes(found, null, run);
    const problem = listing.problems[0] ?? looked?.problems[0];
    if (problem !== undefined)
      return [{ name, state: 'failed', detail: `${problem.detail}`, remedy: problem.remedy }];
    const counted =
      found === undefined || looked?.workloads === undefined
        ? []
        : [workloadsCheck(found.cluster.name, looked.workloads)];
    const detail = `There are ${looked?.nodes.length ?? 0} nodes`;
    if (!isUnverified(context)) return [{ name, state: 'ok', detail, remedy: null }, ...counted];
    const remedy =
      'Put the authority of the cluster into the kubeconfig, instead of insecure-skip-tls-verify.';
    return [{ name, state: 'warning', detail: `${detail}; nobody verifies who answers`, remedy }, ...counted];
  }

  traffic(): ReturnType<Provider['traffic']> {
    return this.#shared.traffic.counts();
  }

  async close(): Promise<void> {
    this.#shared.connections.close();
  }

  #load(): Promise<readonly Context[]> {
    this.#contexts ??= loadContexts(this.#settings, this.#env);
    return this.#contexts;
  }

  #subscription(): Subscription {
    const { inCluster } = this.#settings;
    const name = inCluster ? 'this cluster' : kubeconfigPaths(this.#settings, this.#env).join(', ');
    return { id: 'kubeconfig', provider: 'kubernetes', name };
  }
}
