/** The Kubernetes API of every cluster, and the machinery that keeps its objects as a real cluster would. */

import type { ClusterApi, Routes, SandboxCore } from '../ports.ts';
import type { SimCluster } from '../types.ts';
import { addRoutes } from './api/routes.ts';
import { clusterApi } from './cluster-api.ts';
import { leases, namespaces } from './derived.ts';
import type { Pod } from './objects.ts';
import { Controllers } from './workloads/controllers.ts';
import { daemonPods, daemonSets } from './workloads/daemons.ts';
import type { Evicting } from './workloads/eviction.ts';
import { World } from './world.ts';

/** Makes the Kubernetes part of a sandbox: what upgrades need of it, and what it answers. Called once per core. */
export function createKubernetes(core: SandboxCore): { readonly api: ClusterApi; readonly routes: Routes } {
  const world = new World(core);
  world.derive('namespaces', namespaces);
  world.derive('leases', (cluster) => leases(world, cluster));
  world.derive('daemonsets', (cluster) => daemonSets(world, cluster));
  world.derive('pods', (cluster) => daemonPods(world, cluster));
  const clusterThings = (cluster: SimCluster): readonly string[] => {
    const name = core.state.subscriptions.get(cluster.subscription)?.name;
    return [cluster.id, cluster.name, cluster.subscription, ...(name === undefined ? [] : [name])];
  };
  const evicting: Evicting = {
    world,
    controllers: new Controllers(world),
    things: (cluster, pod: Pod) => {
      const node = world.node(cluster, pod.spec.nodeName ?? '');
      const pool = node === undefined ? null : world.poolOf(node);
      return [
        ...clusterThings(cluster),
        ...(node === undefined ? [] : [node.id, node.name]),
        ...(pool === null ? [] : [pool.id, pool.name]),
      ];
    },
  };
  return {
    api: clusterApi(evicting),
    routes: (app) => addRoutes(app, { ...evicting, core, clusterThings }),
  };
}
