import type { SimCluster } from '../types.ts';
import { guidOf } from './nodes/identity.ts';
import { type Item, instant } from './objects.ts';
import { NAMESPACES } from './workloads/plans.ts';
import type { World } from './world.ts';

/** Kubelets renew their lease every ten seconds. */
const RENEWAL_MS = 10_000;
const SINCE = '2023-01-01T00:00:00Z';

/** The namespaces of a cluster. The uid of `kube-system` names the cluster to those who know nothing else of it. */
export function namespaces(cluster: SimCluster): readonly Item[] {
  return NAMESPACES.map((name) => ({
    key: name,
    body: () => ({
      kind: 'Namespace',
      apiVersion: 'v1',
      metadata: {
        name,
        uid: guidOf(`namespace ${cluster.id.toLowerCase()} ${name}`),
        resourceVersion: '1',
        creationTimestamp: SINCE,
        labels: { 'kubernetes.io/metadata.name': name },
      },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    }),
  }));
}

/** The leases of the nodes. They follow from the clock, so nobody is told when they are renewed. */
export function leases(world: World, cluster: SimCluster): readonly Item[] {
  const now = world.core.now();
  return world.core.state.nodesOfCluster(cluster.id).map((node) => {
    const renewed = node.ready ? Math.max(node.created, now - (now % RENEWAL_MS)) : node.created;
    const owner = { apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.uid, controller: false };
    return {
      key: `kube-node-lease/${node.name}`,
      body: () => ({
        kind: 'Lease',
        apiVersion: 'coordination.k8s.io/v1',
        metadata: {
          name: node.name,
          namespace: 'kube-node-lease',
          uid: guidOf(`lease ${node.uid}`),
          resourceVersion: String(cluster.resourceVersion),
          creationTimestamp: instant(node.created),
          ownerReferences: [owner],
        },
        spec: {
          holderIdentity: node.name,
          leaseDurationSeconds: 40,
          renewTime: `${new Date(renewed).toISOString().slice(0, 19)}.000000Z`,
        },
      }),
    };
  });
}
