/** Findings on a database that processes share. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { currency, refreshFindings } from '../../../src/pipeline/findings/index.ts';
import { type Fleet, openFleet } from '../../../src/pipeline/fleet/index.ts';
import { Workspace } from '../../../src/pipeline/workspace.ts';
import { SNAPSHOT } from '../../matching/support.ts';
import { noPostgres, type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { enableAll, RULES, ScriptedProvider, scratch, sync, TestClock, testFleet } from '../fleet/support.ts';
import { quietly } from './support.ts';

const ALL = { offset: 0, limit: 100_000 };
const FAMILY = 'AKSUbuntu-2204gen2containerd';

/** Two clusters of other images each time, with what their region offers. */
function someClusters(): ScriptedProvider {
  const provider = new ScriptedProvider();
  for (const [name, version] of [
    ['prod', '202403.19.0'],
    ['test', '202405.03.0'],
  ] as const) {
    const cluster = provider.add(name, 2);
    cluster.nodes = cluster.nodes.map((each) => ({ ...each, image: `${FAMILY}-${version}` }));
    provider.latest.set(cluster.np1.id, `${FAMILY}-202407.08.0`);
  }
  return provider;
}

/** What lists show, and what it follows from. */
async function contentOf({ store }: Fleet) {
  return store.read(async ({ findings }) => ({
    recommendations: (await findings.recommendations({}, ALL)).items,
    cves: (await findings.cves({}, ALL)).items,
    history: await findings.history(null),
    vulnerabilities: await findings.vulnerabilities(null),
    scores: (await findings.scores(null, '')).toSorted((a, b) => (a.scope < b.scope ? -1 : 1)),
    computed: await findings.computed(),
  }));
}

describe('findings on PostgreSQL', { skip: noPostgres(), timeout: 300_000 }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());

  async function openAt(url: string): Promise<Fleet & { readonly clock: TestClock }> {
    const clock = new TestClock();
    const workspace = new Workspace({ dataDir: scratch(), snapshotDir: SNAPSHOT });
    const fleet = await openFleet({ workspace, clock, rules: RULES }, { create: true, url, sandbox: false });
    return { ...fleet, clock };
  }

  it('are those on SQLite', async (context) => {
    const fleets = [await testFleet(), await openAt(await server.database('same'))];
    const contents: Awaited<ReturnType<typeof contentOf>>[] = [];
    for (const fleet of fleets) {
      context.after(() => fleet.store.close());
      const provider = someClusters();
      await enableAll(fleet);
      await sync(fleet, provider);
      const report = await refreshFindings(fleet, quietly());
      assert.ok(report.assessed >= 4 && report.appeared > 1000);
      contents.push(await contentOf(fleet));
    }
    const [sqlite, postgres] = contents;
    for (const part of [
      'recommendations',
      'scores',
      'computed',
      'cves',
      'vulnerabilities',
      'history',
    ] as const)
      assert.deepEqual(postgres?.[part], sqlite?.[part], part);
  });

  it('are the same where several processes refresh them at once', async (context) => {
    const url = await server.database('shared');
    const fleets = await Promise.all([openAt(url), openAt(url), openAt(url)]);
    for (const { store } of fleets) context.after(() => store.close());
    const [one, ...others] = fleets;
    assert.ok(one !== undefined);
    await enableAll(one);
    await sync(one, someClusters());
    await Promise.all([one, ...others].map((fleet) => refreshFindings(fleet, quietly())));
    const together = await contentOf(one);
    assert.equal((await currency(one)).behind, null);
    const quiet = await refreshFindings(one, quietly());
    assert.deepEqual([quiet.assessed, quiet.problems], [0, []]);
    assert.deepEqual(await contentOf(one), together);
    const { pools, findings } = together.history;
    assert.equal(pools.length, 2);
    for (const own of findings.values())
      assert.equal(new Set(own.map(({ cve }) => cve)).size, own.length, 'nothing is there twice');
  });
});
