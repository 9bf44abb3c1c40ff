/** One step of the benchmark of findings, as a process of its own: `step.ts STEP DATA_DIR CLUSTERS POOLS NODES [POSTGRES_URL]`. */
import { join } from 'node:path';
import { silent } from '../../src/base/log.ts';
import type { Severity } from '../../src/model/advisory.ts';
import {
  findingList,
  recommendationList,
  refreshFindings,
  rollups,
} from '../../src/pipeline/findings/index.ts';
import { type Fleet, openFleet, setEnabled } from '../../src/pipeline/fleet/index.ts';
import { Workspace } from '../../src/pipeline/workspace.ts';
import { root } from '../process.ts';
import { chooseImages, clusterAt, type FleetSize, subscriptions } from './fleet.ts';

const [step = '', dataDir = '', clusters, poolsPerCluster, nodesPerPool, url] = process.argv.slice(2);
const size: FleetSize = {
  clusters: Number(clusters),
  poolsPerCluster: Number(poolsPerCluster),
  nodesPerPool: Number(nodesPerPool),
};
/** The instant of a step: the advisories of that day are then loaded. */
const NOW: Readonly<Record<string, string>> = {
  fill: '2024-03-01T09:00:00.000Z',
  first: '2024-03-01T10:00:00.000Z',
  update: '2024-08-09T10:00:00.000Z',
  again: '2024-08-09T11:00:00.000Z',
  queries: '2024-08-09T12:00:00.000Z',
};
const IMAGES = 200;
/** Of each query. */
const RUNS = 100;
const now = NOW[step];
if (now === undefined) throw new Error(`no step ${step}`);

const workspace = new Workspace({ dataDir, snapshotDir: join(root, 'data/snapshot') });
const fleet = await openFleet(
  {
    workspace,
    clock: { now: () => new Date(now) },
    rules: { excludeTags: [], maxAgeHours: 168, disks: 'off', forgetDays: 30 },
  },
  { create: true, url: url ?? null, sandbox: false },
);
try {
  if (step === 'fill') await fill(fleet);
  else if (step === 'queries') await queries(fleet);
  else {
    const report = await refreshFindings(fleet, { progress: silent, signal: new AbortController().signal });
    process.stdout.write(`${JSON.stringify(report)}\n`);
  }
} finally {
  await fleet.store.close();
}

async function fill({ store }: Fleet): Promise<void> {
  const images = chooseImages(workspace.catalogue(), IMAGES, '2024-08-01');
  await store.write(async ({ inventory }) => {
    for (const each of subscriptions()) await inventory.putSubscription(each, now ?? '');
  });
  for (let number = 0; number < size.clusters; number++) {
    const { cluster, pools, nodes } = clusterAt(number, size, images);
    await store.write(async ({ inventory }) => {
      await inventory.putCluster(cluster, now ?? '');
      await inventory.putPools(cluster.id, pools, now ?? '');
      await inventory.putNodes(nodes, now ?? '');
      await inventory.markSynced(cluster.id, { at: now ?? '', cursor: null, problems: [] });
    });
  }
  await setEnabled(fleet, { scope: 'all', enabled: true, by: 'bench' });
  process.stdout.write(`${JSON.stringify(await store.inventory.counts())}\n`);
}

/** What commands and a portal ask for, in turns, so that no query is measured alone on a warm cache. */
async function queries(fleet: Fleet): Promise<void> {
  const page = (offset: number) => ({ offset, limit: 100 });
  const severities: readonly Severity[] = ['critical', 'high', 'medium'];
  const asked: Readonly<Record<string, (run: number) => Promise<unknown>>> = {
    'recommendations, a page': (run) => recommendationList(fleet, { scope: null }, page((run % 20) * 100)),
    'recommendations, unhealthy of an owner': (run) =>
      recommendationList(fleet, { scope: null, state: 'unhealthy', owner: `team-${run % 40}` }, page(0)),
    'recommendations, overdue, by severity': (run) =>
      recommendationList(
        fleet,
        { scope: null, overdue: true, severity: severities[run % 3] ?? 'high' },
        page(0),
      ),
    'recommendations, search': (run) =>
      recommendationList(fleet, { scope: null, search: `aks-0${run % 100}` }, page(0)),
    'findings of the fleet, a page': (run) => findingList(fleet, { scope: null }, page((run % 20) * 100)),
    'findings of the fleet, KEV': () => findingList(fleet, { scope: null, kev: true }, page(0)),
    'findings of the fleet, available, high': () =>
      findingList(fleet, { scope: null, fix: 'available', severity: 'high' }, page(0)),
    'findings of the fleet, search': (run) =>
      findingList(fleet, { scope: null, search: `cve-2024-${run % 90}` }, page(0)),
    'findings of a subscription': (run) =>
      findingList(fleet, { scope: `Contoso ${run % 10}`, severity: 'high' }, page(0)),
    'findings of a cluster': (run) =>
      findingList(fleet, { scope: `aks-${String(run % size.clusters).padStart(4, '0')}` }, page(0)),
    'findings of a pool': (run) =>
      findingList(fleet, { scope: `aks-${String(run % size.clusters).padStart(4, '0')}/np1` }, page(0)),
    'roll-up of a subscription': (run) => rollups(fleet, `Contoso ${run % 10}`),
  };
  const times = new Map(Object.keys(asked).map((name) => [name, [] as number[]]));
  for (let run = 0; run < RUNS; run++)
    for (const [name, ask] of Object.entries(asked)) {
      const begin = performance.now();
      await ask(run);
      times.get(name)?.push(performance.now() - begin);
    }
  for (const [name, taken] of times) {
    const sorted = taken.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
    process.stdout.write(`${JSON.stringify({ name, p50: at(0.5), p99: at(0.99) })}\n`);
  }
}
