import { inParallel } from '../../../base/parallel.ts';
import type { NodePool } from '../../../model/fleet.ts';
import { parseNodeImageName } from '../../../versions/node-image/name.ts';
import { imageName } from '../../kubernetes/node.ts';
import type { FoundCluster, LatestImages, Problem, Run } from '../../types.ts';
import type { Azure } from './azure.ts';
import { type ClusterPlace, clusterPlace } from './ids.ts';
import { azureProblem } from './problems.ts';

const PARALLEL = 8;
/** How many pools of a group are asked before it is given up: one may be in the middle of a change. */
const ATTEMPTS = 2;

interface Asked {
  readonly place: ClusterPlace;
  readonly cluster: string;
  readonly pool: NodePool;
}

/** The newest image that each region offers for each pool. Pools that must get the same answer are asked about once. */
export async function latestImages(
  azure: Azure,
  found: readonly FoundCluster[],
  run: Run,
): Promise<LatestImages> {
  const images = new Map<string, string>();
  const problems: Problem[] = [];
  const groups = groupsOf(found);
  let done = 0;
  await inParallel(groups, { limit: PARALLEL, signal: run.signal }, async (group) => {
    const answer = await askOne(azure, group, run);
    if ('problem' in answer) problems.push(answer.problem);
    else if (answer.image !== null) for (const { pool } of group) images.set(pool.id, answer.image);
    run.progress.step('Images offered', ++done, groups.length);
  });
  return { images, problems };
}

/** Pools by what the answer depends on. */
function groupsOf(found: readonly FoundCluster[]): readonly (readonly Asked[])[] {
  const groups = new Map<string, Asked[]>();
  for (const { cluster, pools } of found) {
    const place = clusterPlace(cluster.id);
    if (place === null || cluster.power === 'stopped') continue;
    for (const pool of pools) {
      const family = familyOf(pool);
      if (family === null) continue;
      const key = [cluster.subscription, cluster.region, family, pool.kubernetesVersion].join('\n');
      const group = groups.get(key) ?? [];
      groups.set(key, group);
      group.push({ place, cluster: cluster.name, pool });
    }
  }
  return [...groups.values()];
}

/** The family of a pool's image; null where the pool has no images to choose from. */
function familyOf({ kind, image }: NodePool): string | null {
  if (kind !== 'scale-set' || image === null) return null;
  return parseNodeImageName(image)?.family ?? null;
}

type Answer = { readonly image: string | null } | { readonly problem: Problem };

async function askOne(azure: Azure, group: readonly Asked[], run: Run): Promise<Answer> {
  let answer: Answer = { image: null };
  for (const { place, cluster, pool } of group.slice(0, ATTEMPTS)) {
    try {
      const client = await azure.containerService(place.subscription, run.signal);
      const profile = await client.agentPools.getUpgradeProfile(place.resourceGroup, place.name, pool.name);
      const latest: unknown = profile.latestNodeImageVersion;
      return {
        image: typeof latest === 'string' && /^[\w.:-]{1,200}$/.test(latest) ? imageName(latest) : null,
      };
    } catch (thrown) {
      run.signal.throwIfAborted();
      const asked = `The image that is offered to pool ${pool.name} in ${cluster} cannot be read`;
      answer = { problem: azureProblem(thrown, pool.id, asked) };
      if (answer.problem.code !== 'failed') break;
    }
  }
  return answer;
}
