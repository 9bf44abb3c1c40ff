import type { SimCluster, SimNode } from '../../types.ts';
import { guidOf, suffixOf } from '../nodes/identity.ts';
import { osOf } from '../nodes/labels.ts';
import { controllerOf, type Item, instant, type KubeBody, type Owner, type Pod } from '../objects.ts';
import type { World } from '../world.ts';

/** A DaemonSet that every cluster has. */
interface Daemon {
  readonly name: string;
  readonly os: 'linux' | 'windows';
  readonly image: string;
}

/** Where the pods of DaemonSets are. */
export const DAEMON_NAMESPACE = 'kube-system';
const DAEMONS: readonly Daemon[] = [
  { name: 'azure-cns', os: 'linux', image: 'mcr.microsoft.com/containernetworking/azure-cns:v1.5.18' },
  {
    name: 'cloud-node-manager',
    os: 'linux',
    image: 'mcr.microsoft.com/oss/kubernetes/azure-cloud-node-manager:v1.28.5',
  },
  {
    name: 'csi-azuredisk-node',
    os: 'linux',
    image: 'mcr.microsoft.com/oss/kubernetes-csi/azuredisk-csi:v1.29.2',
  },
  { name: 'kube-proxy', os: 'linux', image: 'mcr.microsoft.com/oss/kubernetes/kube-proxy:v1.28.5' },
  {
    name: 'cloud-node-manager-windows',
    os: 'windows',
    image: 'mcr.microsoft.com/oss/kubernetes/azure-cloud-node-manager:v1.28.5',
  },
  {
    name: 'csi-azuredisk-node-win',
    os: 'windows',
    image: 'mcr.microsoft.com/oss/kubernetes-csi/azuredisk-csi:v1.29.2',
  },
];

/** The labels of their pods. */
export const DAEMON_LABELS: readonly Readonly<Record<string, string>>[] = DAEMONS.map(labelsOf);

/** The DaemonSets of a cluster, which follow from its nodes. */
export function daemonSets(world: World, cluster: SimCluster): readonly Item[] {
  const nodes = world.core.state.nodesOfCluster(cluster.id);
  const version = nodes.reduce((highest, node) => Math.max(highest, node.resourceVersion), 1);
  return DAEMONS.map((daemon) => {
    const scheduled = nodes.filter((node) => osOf(node, world.poolOf(node)) === daemon.os);
    const ready = scheduled.filter((node) => node.ready).length;
    return {
      key: `${DAEMON_NAMESPACE}/${daemon.name}`,
      body: () => daemonSet(daemon, cluster, { scheduled: scheduled.length, ready, version }),
    };
  });
}

function daemonSet(
  daemon: Daemon,
  cluster: SimCluster,
  { scheduled, ready, version }: { scheduled: number; ready: number; version: number },
): KubeBody {
  const labels = labelsOf(daemon);
  return {
    kind: 'DaemonSet',
    apiVersion: 'apps/v1',
    metadata: {
      name: daemon.name,
      namespace: DAEMON_NAMESPACE,
      uid: guidOf(`daemonset ${cluster.id} ${daemon.name}`),
      resourceVersion: String(version),
      generation: 1,
      creationTimestamp: '2023-01-01T00:00:00Z',
      labels,
    },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(daemon) },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    },
    status: {
      currentNumberScheduled: scheduled,
      desiredNumberScheduled: scheduled,
      numberAvailable: ready,
      numberMisscheduled: 0,
      numberReady: ready,
      observedGeneration: 1,
      updatedNumberScheduled: scheduled,
    },
  };
}

/**
 * The pods of the DaemonSets. They follow from the nodes; only those that were deleted by hand, and their successors,
 * are stored.
 */
export function daemonPods(world: World, cluster: SimCluster): readonly Item[] {
  const replaced = new Set<string>();
  for (const pod of world.stored<Pod>(cluster, 'pods'))
    if (isDaemonPod(pod)) replaced.add(`${controllerOf(pod)?.name} ${pod.spec.nodeName}`);
  return world.core.state
    .nodesOfCluster(cluster.id)
    .flatMap((node) =>
      podsOfNode(world, cluster, node).filter(({ daemon }) => !replaced.has(`${daemon} ${node.name}`)),
    );
}

/** The pods that the DaemonSets have on one node. */
export function podsOfNode(
  world: World,
  cluster: SimCluster,
  node: SimNode,
): (Item & { readonly daemon: string })[] {
  const os = osOf(node, world.poolOf(node));
  // The node is changed in place, and its pods are told of later.
  const { uid, created, name: nodeName } = node;
  return DAEMONS.filter((daemon) => daemon.os === os).map((daemon) => {
    const name = `${daemon.name}-${suffixOf(`${daemon.name} ${uid}`)}`;
    return {
      daemon: daemon.name,
      key: `${DAEMON_NAMESPACE}/${name}`,
      body: () => daemonPod(daemon, cluster, { name, nodeName, created: instant(created) }),
    };
  });
}

/** A daemon pod in place of one that was deleted. */
export function successorOf(pod: Pod, suffix: string, at: string): Pod {
  const owner = controllerOf(pod)?.name ?? '';
  const { name, image } = DAEMONS.find((daemon) => daemon.name === owner) ?? { name: owner, image: '' };
  return podBody({ name, image }, pod.metadata.ownerReferences ?? [], {
    ...{ name: `${name}-${suffix}`, nodeName: pod.spec.nodeName ?? '', created: at },
  });
}

/** Whether a DaemonSet looks after a pod. */
export function isDaemonPod(pod: Pod): boolean {
  return controllerOf(pod)?.kind === 'DaemonSet';
}

interface Place {
  readonly name: string;
  readonly nodeName: string;
  readonly created: string;
}

function daemonPod(daemon: Daemon, cluster: SimCluster, place: Place): Pod {
  const uid = guidOf(`daemonset ${cluster.id} ${daemon.name}`);
  const owner: Owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: daemon.name, uid, controller: true };
  return podBody(daemon, [owner], place);
}

function podBody(
  daemon: Pick<Daemon, 'name' | 'image'>,
  ownerReferences: readonly Owner[],
  place: Place,
): Pod {
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name: place.name,
      namespace: DAEMON_NAMESPACE,
      uid: guidOf(`pod ${place.name} ${place.nodeName} ${place.created}`),
      resourceVersion: '1',
      creationTimestamp: place.created,
      labels: labelsOf(daemon),
      ownerReferences,
    },
    spec: { ...podSpec(daemon), nodeName: place.nodeName },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True', lastProbeTime: null, lastTransitionTime: place.created }],
      startTime: place.created,
      qosClass: 'Burstable',
    },
  };
}

function labelsOf({ name }: Pick<Daemon, 'name'>): Record<string, string> {
  return { 'k8s-app': name };
}

function podSpec({ name, image }: Pick<Daemon, 'name' | 'image'>): Pod['spec'] {
  return {
    containers: [{ name, image }],
    hostNetwork: true,
    priorityClassName: 'system-node-critical',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    serviceAccountName: name,
    terminationGracePeriodSeconds: 30,
    tolerations: [{ operator: 'Exists' }],
  };
}
