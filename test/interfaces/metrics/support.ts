import { noCounts } from '../../../src/findings/counts.ts';
import type { Evidence } from '../../../src/model/coverage.ts';
import type { Delivery, TaskState } from '../../../src/model/governance.ts';
import type { Recommendation } from '../../../src/model/recommendation.ts';
import type { Fleet } from '../../../src/pipeline/fleet/index.ts';
import { Workspace } from '../../../src/pipeline/workspace.ts';
import { openStore, type StorePlace } from '../../../src/storage/index.ts';
import { RULES } from '../../pipeline/fleet/support.ts';
import { cluster, list, node, pool, SUBSCRIPTION, scratch } from '../../storage/support.ts';

export const NOW = new Date('2024-08-09T10:00:00.000Z');

/** A fleet with nothing in it, on the advisories and images of a folder. */
export async function emptyFleet(snapshotDir: string, place?: StorePlace): Promise<Fleet> {
  const folder = scratch();
  const file = { path: `${folder}/inventory.db` };
  const store = await openStore(place ?? file, { create: true, sandbox: false });
  const workspace = new Workspace({ dataDir: folder, snapshotDir });
  return { store, workspace, clock: { now: () => NOW }, rules: RULES };
}

/** A recommendation about a pool with three open findings. */
export function recommendation(number: number, more: Partial<Recommendation> = {}): Recommendation {
  return {
    id: `r-${number.toString(16).padStart(8, '0')}`,
    kind: 'vulnerabilities',
    scope: `/pools/${number}`,
    pool: `/pools/${number}`,
    poolName: `np${number}`,
    cluster: '/clusters/1',
    clusterName: 'prod-weu',
    subscription: SUBSCRIPTION.id,
    subscriptionName: SUBSCRIPTION.name,
    state: 'unhealthy',
    risk: { score: 71, factors: [{ name: 'severity', value: 'critical', points: 71 }] },
    owner: null,
    nodes: 3,
    affected: 3,
    counts: {
      ...noCounts(),
      open: 3,
      bySeverity: { ...noCounts().bySeverity, critical: 1, high: 2 },
      byFix: { ...noCounts().byFix, available: 2, 'no-vendor-fix': 1 },
      kev: 1,
      overdue: 2,
      exempted: 4,
    },
    since: '2024-08-01T00:00:00.000Z',
    dueAt: null,
    image: null,
    offered: null,
    reasons: [],
    ...more,
  };
}

/** A recommendation about a pool that nothing is known of. */
export function unassessed(number: number): Recommendation {
  return recommendation(number, {
    state: 'not-assessed',
    risk: { score: 0, factors: [] },
    counts: noCounts(),
  });
}

export function task(more: Partial<TaskState> = {}): TaskState {
  return {
    task: 'discover',
    dueAt: '2024-08-09T11:00:00.000Z',
    startedAt: '2024-08-09T09:55:00.000Z',
    endedAt: '2024-08-09T09:58:00.000Z',
    result: 'ok',
    error: null,
    failingSince: null,
    runs: 12,
    failures: 3,
    ...more,
  };
}

/** Puts a cluster with two nodes and their evidence, the recommendations, tasks, a digest and a score. */
export async function fill(fleet: Fleet, recommendations: readonly Recommendation[]): Promise<void> {
  const prod = cluster('prod-weu');
  const np1 = pool(prod, 'np1');
  const nodes = [node(np1, 1), node(np1, 2)];
  const at = '2024-08-09T09:00:00.000Z';
  const evidence = nodes.map(
    ({ id, uid, image }, n): Evidence => ({
      ...{
        node: id,
        source: n === 0 ? 'disk' : 'image',
        takenAt: `2024-08-0${n + 1}T00:00:00.000Z`,
        uid,
        image,
      },
      ...{ reported: null, software: 'digest-1', confidence: 'high', complete: true, drift: [], gaps: [] },
    }),
  );
  await fleet.store.write(async ({ inventory, findings, governance }) => {
    await inventory.putSubscription(SUBSCRIPTION, at);
    await inventory.putCluster(prod, at);
    await inventory.putPools(prod.id, [np1], at);
    await inventory.putNodes(nodes, at);
    await inventory.putSoftware('digest-1', list('3.0.2'));
    await inventory.putEvidence(evidence);
    const sync = await inventory.beginSync(at);
    await inventory.endSync(sync, { endedAt: '2024-08-09T09:30:00.000Z', requests: 5, problems: 2 });
    await findings.putRecommendations(recommendations);
    const score = {
      day: '2024-08-09',
      healthy: 0,
      unhealthy: 1,
      notAssessed: 0,
      open: 3,
      available: 2,
      overdue: 2,
    };
    await findings.putScores([
      { scope: 'all', score: 62, ...score },
      { scope: SUBSCRIPTION.id, score: 61, ...score },
    ]);
    await findings.putComputed({ at: '2024-08-09T09:31:00.000Z', revision: 'r', asOf: {}, exemptions: {} });
    await governance.putTask(task());
    const delivery: Delivery = {
      id: 'ffffffff-0000-4000-8000-000000000000',
      channel: 'slack',
      createdAt: at,
      notices: [],
      more: 0,
      attempts: 0,
      nextAt: at,
      state: 'waiting',
      error: null,
    };
    await governance.putDelivery(delivery, []);
  });
}
