import type { SimCluster } from '../../types.ts';
import { guidOf, suffixOf } from '../nodes/identity.ts';
import { instant, type KubeBody, type Pod, type Workload } from '../objects.ts';
import type { World } from '../world.ts';
import { planWorkloads, type WorkloadPlan } from './plans.ts';

/** Clusters are older than the sandbox's clock. */
const AGE_MS = 60 * 86_400_000;

/** Whether the workloads of a cluster were made. Until somebody looks, a cluster has none, so that it costs nothing. */
export function hasWorkloads(world: World, cluster: SimCluster): boolean {
  return world.core.state.kubeOf(cluster.id, 'deployments').length > 0;
}

/** Makes the workloads of a cluster, without pods but for the bare one. */
export function makeWorkloads(world: World, cluster: SimCluster): void {
  const random = world.core.random(`workloads ${cluster.id} ${cluster.seed}`);
  const since = instant(world.core.now() - AGE_MS);
  for (const plan of planWorkloads(world.core.state.poolsOf(cluster.id), random)) {
    for (const [resource, body] of objectsOf(plan, cluster, since)) world.put(cluster, resource, body);
  }
  world.put(cluster, 'pods', barePod(cluster, instant(world.core.now())));
}

function objectsOf(plan: WorkloadPlan, cluster: SimCluster, since: string): [string, KubeBody][] {
  const objects: [string, KubeBody][] = [];
  const top = workload(plan, cluster, since);
  if (plan.kind === 'StatefulSet') objects.push(['statefulsets', top]);
  else {
    const { namespace, name } = plan;
    const hash = suffixOf(`template ${cluster.id} ${namespace} ${name} ${plan.image}`);
    const owner = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name,
      uid: top.metadata.uid,
      controller: true,
    };
    const metadata = { ...meta('replicaset', { cluster, namespace, name: `${name}-${hash}`, since }) };
    const set: Workload = { ...top, kind: 'ReplicaSet', metadata: { ...metadata, ownerReferences: [owner] } };
    objects.push(['deployments', top], ['replicasets', set]);
  }
  if (plan.budget !== null) objects.push(['poddisruptionbudgets', budget(plan, cluster, since)]);
  return objects;
}

function workload(plan: WorkloadPlan, cluster: SimCluster, since: string): Workload {
  const { kind, namespace, name } = plan;
  const labels = { app: name };
  return {
    kind,
    apiVersion: 'apps/v1',
    metadata: meta(kind.toLowerCase(), { cluster, namespace, name, since }),
    spec: {
      replicas: plan.replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          ...containersOf(plan),
          ...(plan.pool === null ? {} : { nodeSelector: { agentpool: plan.pool } }),
          restartPolicy: 'Always',
          schedulerName: 'default-scheduler',
          terminationGracePeriodSeconds: 30,
        },
      },
    },
    status: { observedGeneration: 1, replicas: 0 },
  };
}

/** Containers and volumes of a pod, as its rights want them. */
function containersOf({ name, image, rights }: WorkloadPlan): Partial<Pod['spec']> {
  const container = { name, image };
  if (rights === 'privileged')
    return { containers: [{ ...container, securityContext: { privileged: true } }] };
  if (rights === undefined) return { containers: [container] };
  const volumeMounts = [{ name: 'host', mountPath: '/host', readOnly: true }];
  return {
    containers: [{ ...container, volumeMounts }],
    volumes: [{ name: 'host', hostPath: { path: '/' } }],
  };
}

function budget(
  { namespace, name, budget: spec }: WorkloadPlan,
  cluster: SimCluster,
  since: string,
): KubeBody {
  return {
    kind: 'PodDisruptionBudget',
    apiVersion: 'policy/v1',
    metadata: meta('poddisruptionbudget', { cluster, namespace, name, since }),
    spec: { ...spec, selector: { matchLabels: { app: name } } },
    // The disruption controller has seen it long ago.
    status: {
      observedGeneration: 1,
      disruptionsAllowed: 0,
      currentHealthy: 0,
      desiredHealthy: 0,
      expectedPods: 0,
    },
  };
}

/** A pod that nothing looks after: once evicted, it is gone. */
function barePod(cluster: SimCluster, since: string): Pod {
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      ...meta('pod', { cluster, namespace: 'default', name: 'debug-shell', since }),
      labels: { run: 'debug-shell' },
    },
    spec: {
      containers: [{ name: 'debug-shell', image: 'mcr.microsoft.com/cbl-mariner/busybox:2.0' }],
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      terminationGracePeriodSeconds: 30,
    },
    status: { phase: 'Pending' },
  };
}

function meta(
  kind: string,
  {
    cluster,
    namespace,
    name,
    since,
  }: { cluster: SimCluster; namespace: string; name: string; since: string },
): KubeBody['metadata'] {
  return {
    name,
    namespace,
    uid: guidOf(`${kind} ${cluster.id} ${namespace}/${name} ${since}`),
    resourceVersion: '',
    generation: 1,
    creationTimestamp: since,
    labels: { app: name },
  };
}
