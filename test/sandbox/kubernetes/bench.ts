import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Core } from '../../../src/sandbox/core.ts';
import { buildFleet } from '../../../src/sandbox/fleet/build.ts';
import { DEFAULT_FLEET } from '../../../src/sandbox/fleet/default.ts';
import { createKubernetes } from '../../../src/sandbox/kubernetes/index.ts';
import type { Pod } from '../../../src/sandbox/kubernetes/objects.ts';
import type { ClusterApi } from '../../../src/sandbox/ports.ts';
import type { SimCluster, SimNode } from '../../../src/sandbox/types.ts';
import { testImages } from '../support.ts';

/** The core of a sandbox with the default fleet, its clock standing, and the Kubernetes part of it. */
export interface Bench {
  readonly core: Core;
  readonly api: ClusterApi;
  cluster(name: string): SimCluster;
  /** The nodes of a pool. */
  nodes(cluster: SimCluster, pool: string): readonly SimNode[];
  /** The stored pods of a cluster: all but daemon pods. */
  pods(cluster: SimCluster): readonly Pod[];
  /** Lets everything happen that is due in so many milliseconds. */
  pass(ms: number): void;
}

/** A bench for one test. */
export function startBench(context: TestContext, seed = 1): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-kube-'));
  const start = Date.parse('2024-03-01T09:00:00Z');
  const core = new Core({
    ...{ folder, images: testImages(), start, seed, rate: 0, limits: false },
    ticks: () => 0,
  });
  context.after(() => {
    core.state.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const { api } = createKubernetes(core);
  buildFleet(core, DEFAULT_FLEET);
  return {
    core,
    api,
    cluster(name) {
      for (const cluster of core.state.clusters.values()) if (cluster.name === name) return cluster;
      throw new Error(`there is no cluster ${name}`);
    },
    nodes: (cluster, pool) =>
      core.state.nodesOfCluster(cluster.id).filter((node) => node.pool?.endsWith(`/${pool}`)),
    pods: (cluster) => core.state.kubeOf(cluster.id, 'pods').map(({ body }) => body as unknown as Pod),
    pass(ms) {
      const until = core.now() + ms;
      core.runDue(until);
      core.clock.moveTo(until);
    },
  };
}
