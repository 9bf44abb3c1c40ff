/** Advisories that end earlier than those of before are not used: what is known stays known. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { buildAdvisories, buildPastAdvisories } from '../../../src/advisories/index.ts';
import { silent } from '../../../src/base/log.ts';
import { currency, findingList, refreshFindings, staleLists } from '../../../src/pipeline/findings/index.ts';
import { fixture } from '../../advisories/helpers.ts';
import { SNAPSHOT } from '../../matching/support.ts';
import { enableAll, ScriptedProvider, scratch, sync, testFleet } from '../fleet/support.ts';
import { quietly } from './support.ts';

const ALL = { offset: 0, limit: 100_000 };
const FAMILY = 'AKSUbuntu-2204gen2containerd';

/** Ubuntu's advisories as they were on 2024-03-01. */
function ubuntuState(): string {
  const path = join(scratch(), 'ubuntu.db');
  const packed = readFileSync(join(SNAPSHOT, '../sandbox/ubuntu-2024-03-01.db.zst'));
  writeFileSync(path, zstdDecompressSync(packed));
  return path;
}

/** A fleet of one cluster, assessed with the shipped advisories, which end on 2024-08-09 for Ubuntu. */
async function assessedFleet(context: TestContext, at = '2024-08-12T00:00:00.000Z') {
  const folder = scratch();
  const fleet = await testFleet({}, folder);
  context.after(() => fleet.store.close());
  fleet.clock.at = new Date(at);
  const provider = new ScriptedProvider();
  const { np1 } = provider.add('prod', 2);
  await enableAll(fleet);
  await sync(fleet, provider);
  const refresh = () => {
    fleet.workspace.reopen();
    return refreshFindings(fleet, quietly());
  };
  const database = join(folder, 'advisories.db');
  const current = join(SNAPSHOT, 'advisories.db');
  const states = [{ day: '2024-03-01', path: ubuntuState() }];
  const until = (day: string) => buildPastAdvisories({ current, states, day, database });
  return { fleet, provider, np1, database, refresh, until };
}

describe('advisories that go backwards', { timeout: 120_000 }, () => {
  it('change nothing, and say what to do; newer ones are used again', async (context) => {
    const { fleet, provider, np1, database, refresh, until } = await assessedFleet(context);
    assert.deepEqual((await refresh()).problems, []);
    const known = await fleet.store.findings.cves({}, ALL);
    const computed = await fleet.store.findings.computed();
    assert.equal(computed?.asOf['Ubuntu:22.04:LTS'], '2024-08-09');

    await until('2024-08-01');
    provider.latest.set(np1.id, `${FAMILY}-202407.29.0`);
    fleet.clock.addHours(1);
    const { problems, assessed } = await refresh();
    assert.equal(assessed, 0);
    assert.match(
      problems[0]?.detail ?? '',
      /^The advisories for .* end on 2024-08-01; .*stay as they were\.$/,
    );
    assert.match(problems[0]?.remedy ?? '', /nodeward db update/);
    assert.deepEqual(await fleet.store.findings.cves({}, ALL), known);
    assert.deepEqual(await fleet.store.findings.computed(), {
      ...computed,
      at: fleet.clock.now().toISOString(),
    });
    assert.match((await currency(fleet)).behind ?? '', /older than those/);

    rmSync(database);
    assert.deepEqual((await refresh()).problems, []);
    assert.deepEqual(await currency(fleet), { at: fleet.clock.now().toISOString(), behind: null });
  });

  it('are also those without an ecosystem that machines are of, or with a sample of it', async (context) => {
    const { fleet, database, refresh } = await assessedFleet(context);
    await refresh();
    const known = await fleet.store.findings.cves({}, ALL);
    assert.ok(known.total > 500);
    await buildAdvisories({ sources: [fixture('azure-linux')], database, progress: silent });
    assert.match((await refresh()).problems[0]?.detail ?? '', /are not loaded/);
    assert.deepEqual(await fleet.store.findings.cves({}, ALL), known);
    await buildAdvisories({ sources: [fixture('osv'), fixture('azure-linux')], database, progress: silent });
    assert.equal((await refresh()).problems.length, 1);
    assert.deepEqual(await fleet.store.findings.cves({}, ALL), known);
  });

  it('are not found by days that a wrong clock told', async (context) => {
    const { fleet, refresh, until } = await assessedFleet(context, '2024-08-05T00:00:00.000Z');
    await refresh();
    const ahead = await fleet.store.findings.computed();
    assert.equal(ahead?.asOf['Ubuntu:22.04:LTS'], undefined, 'a day that is still to come');
    await until('2024-08-04');
    assert.deepEqual((await refresh()).problems, []);
    assert.equal((await fleet.store.findings.computed())?.asOf['Ubuntu:22.04:LTS'], '2024-08-04');
    // The clock of the last computation may have been the wrong one.
    fleet.clock.at = new Date('2024-08-02T00:00:00.000Z');
    await until('2024-08-01');
    assert.deepEqual((await refresh()).problems, []);
  });

  it('leave open what the software before had, and say that new software was not assessed', async (context) => {
    const { fleet, provider, np1, refresh, until } = await assessedFleet(context);
    await refresh();
    await until('2024-08-01');
    const [prod] = provider.clustersByName.values();
    assert.ok(prod !== undefined);
    prod.nodes = prod.nodes.map((each) => ({ ...each, image: `${FAMILY}-202403.19.0` }));
    await sync(fleet, provider);
    await refresh();
    assert.ok((await staleLists(fleet)).length > 0);
    const { items } = await fleet.store.findings.recommendations(
      { pool: np1.id, kind: 'vulnerabilities' },
      ALL,
    );
    assert.equal(items[0]?.state, 'unhealthy', 'what its nodes had is not known to be gone');
    assert.ok(
      items[0]?.reasons.some(({ detail }) => /2 nodes was not compared with the advisories/.test(detail)),
    );
    const { total } = await findingList(fleet, { scope: np1.id, status: 'fixed' }, ALL);
    assert.equal(total, 0);
  });
});
