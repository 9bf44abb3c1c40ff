import type { Core } from '../core.ts';
import type { SimCluster, SimNode } from '../types.ts';
import type { Engine } from './engine.ts';
import { customBase, nodeGroupId, removeNode, softwareOf } from './nodes.ts';

const FAMILY = 'AKSUbuntu-2204gen2containerd';

/** Adds a machine as node auto-provisioning makes it: a virtual machine of its own, without an agent pool. */
export function addAutoProvisioned(core: Core, cluster: SimCluster): SimNode {
  const others = core.state.nodesOfCluster(cluster.id).filter(({ pool }) => pool === null);
  const instance = Math.max(-1, ...others.map((node) => node.instance)) + 1;
  const random = core.random(`auto-provisioned ${cluster.id} ${instance}`);
  const suffix = random
    .below(36 ** 5)
    .toString(36)
    .padStart(5, '0');
  const name = `aks-default-${suffix}`;
  const image = core.latestImage(FAMILY, cluster.location) ?? customBase(core)?.name ?? null;
  const node: SimNode = {
    id: `${nodeGroupId(cluster)}/providers/Microsoft.Compute/virtualMachines/${name}`,
    ...{ pool: null, cluster: cluster.id, name, instance, created: core.now() },
    ...{ uid: random.guid(), bootId: random.guid(), live: null },
    ...softwareOf(core, { image, kubelet: cluster.currentKubernetesVersion }),
    ...{ ready: true, unschedulable: false, drift: null, labels: {} },
    ...{ annotations: {}, taints: [], surge: false, resourceVersion: 0 },
  };
  core.state.nodes.put(node);
  return node;
}

/** Replaces one machine whose image is no longer the newest or whose kubelet is not the cluster's: Karpenter's drift. */
export function replaceDrifted(engine: Engine, cluster: SimCluster): void {
  const { core, api } = engine;
  const newest = core.latestImage(FAMILY, cluster.location);
  const drifted = core.state
    .nodesOfCluster(cluster.id)
    .find(
      ({ pool, image, kubelet }) =>
        pool === null && (image !== newest || kubelet !== cluster.currentKubernetesVersion),
    );
  if (drifted === undefined || newest === null) return;
  api.nodeChanged(addAutoProvisioned(core, cluster), 'ADDED');
  removeNode(core, drifted, api);
  api.settlePods(cluster);
}
