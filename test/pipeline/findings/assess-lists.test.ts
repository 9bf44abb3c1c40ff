import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { it } from 'node:test';
import { refreshFindings } from '../../../src/pipeline/findings/index.ts';
import { SNAPSHOT } from '../../matching/support.ts';
import { enableAll, ScriptedProvider, scratch, sync, testFleet } from '../fleet/support.ts';
import { quietly } from './support.ts';

const ALL = { offset: 0, limit: 100_000 };

it('advisories without CISA KEV do not take back that something is exploited', {
  timeout: 120_000,
}, async (context) => {
  const folder = scratch();
  const fleet = await testFleet({}, folder);
  context.after(() => fleet.store.close());
  const provider = new ScriptedProvider();
  provider.add('prod', 1);
  await enableAll(fleet);
  await sync(fleet, provider);
  await refreshFindings(fleet, quietly());
  const { findings } = fleet.store;
  const known = await findings.vulnerabilities(null);
  assert.ok([...known.values()].some(({ kev }) => kev !== null));

  const path = join(folder, 'advisories.db');
  copyFileSync(join(SNAPSHOT, 'advisories.db'), path);
  const database = new DatabaseSync(path);
  database.exec(
    `DELETE FROM kev; DELETE FROM feed WHERE status LIKE '%cisa-kev%'; DROP TABLE IF EXISTS revision`,
  );
  database.close();
  fleet.workspace.reopen();
  const { assessed, problems } = await refreshFindings(fleet, quietly());
  assert.ok(assessed > 0);
  assert.deepEqual(problems, []);
  assert.deepEqual(await findings.vulnerabilities(null), known);
});

it('a list that could not be assessed with the loaded advisories is told as not assessed', {
  timeout: 120_000,
}, async (context) => {
  const fleet = await testFleet();
  context.after(() => fleet.store.close());
  const provider = new ScriptedProvider();
  const { np1 } = provider.add('prod', 2);
  await enableAll(fleet);
  await sync(fleet, provider);
  await refreshFindings(fleet, quietly());
  const { findings, inventory } = fleet.store;
  const [list = ''] = (await findings.history([np1.id])).pools.map((each) => each.list);
  const at = fleet.clock.now().toISOString();
  await fleet.store.write((writer) =>
    writer.findings.putAssessment({ list, revision: 'of before', at, findings: [], gaps: [] }),
  );
  // What a program cannot match, it cannot read either.
  const software = inventory.software.bind(inventory);
  context.mock.method(inventory, 'software', async (digest: string) =>
    digest === list ? ({ ...(await software(digest)), packages: null } as never) : software(digest),
  );
  const { problems } = await refreshFindings(fleet, quietly());
  assert.deepEqual(
    problems.map(({ scope }) => scope),
    [list],
  );
  const { items } = await findings.recommendations({ pool: np1.id, kind: 'vulnerabilities' }, ALL);
  assert.equal(items[0]?.state, 'not-assessed');
  assert.ok(
    items[0]?.reasons.some(({ detail }) => /2 nodes was not compared with the advisories/.test(detail)),
  );
});
