import type { Node, NodePool } from '../../../model/fleet.ts';
import { fieldsOf, nameAt, objectAt } from '../../fields.ts';
import type { FoundCluster, Problem, Run } from '../../types.ts';
import type { Azure } from './azure.ts';
import { clusterPlace, machinePlace } from './ids.ts';
import { itemsOf } from './paging.ts';
import { azureProblem } from './problems.ts';

const MAX_MACHINES = 20_000;

/** The machines that Azure names for a cluster: all there is to know where its own API cannot be reached. */
export async function listMachines(
  azure: Azure,
  { cluster, pools }: FoundCluster,
  run: Run,
): Promise<{ readonly nodes: readonly Node[]; readonly problems: readonly Problem[] }> {
  const place = clusterPlace(cluster.id);
  if (place === null) return { nodes: [], problems: [] };
  const nodes = new Map<string, Node>();
  const problems: Problem[] = [];
  const client = await azure.containerService(place.subscription, run.signal);
  for (const pool of pools.filter(({ power }) => power !== 'stopped')) {
    try {
      const listing = client.machines.list(place.resourceGroup, place.name, pool.name);
      for await (const machine of itemsOf(listing)) {
        const node = machineNode(machine, pool);
        if (node !== null && nodes.size < MAX_MACHINES) nodes.set(node.id, node);
      }
    } catch (thrown) {
      run.signal.throwIfAborted();
      const asked = `Machines of pool ${pool.name} in ${cluster.name} cannot be listed`;
      problems.push(azureProblem(thrown, pool.id, asked));
    }
  }
  return { nodes: [...nodes.values()], problems };
}

function machineNode(machine: unknown, pool: NodePool): Node | null {
  const fields = fieldsOf(machine);
  const id = nameAt(objectAt(fields, 'properties'), 'resourceId')?.toLowerCase() ?? null;
  const name = nameAt(fields, 'name');
  if (id === null || name === null || machinePlace(id) === null) return null;
  return {
    id,
    cluster: pool.cluster,
    pool: pool.id,
    name,
    uid: null,
    image: null,
    arch: null,
    os: pool.os,
    osImage: null,
    kernel: null,
    kubelet: null,
    containerRuntime: null,
    bootId: null,
    ready: null,
    unschedulable: false,
    created: null,
  };
}
