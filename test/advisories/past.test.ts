import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { type Advisories, buildPastAdvisories, openAdvisories } from '../../src/advisories/index.ts';
import { SNAPSHOT } from '../matching/support.ts';
import { workFolder } from '../support/tools.ts';

const folder = workFolder();
const state = join(folder, 'state.db');
const UBUNTU = 'Ubuntu:22.04:LTS';

async function on(day: string): Promise<Advisories> {
  const database = join(folder, `${day}.db`);
  await buildPastAdvisories({
    current: join(SNAPSHOT, 'advisories.db'),
    states: [{ day: '2024-03-01', path: state }],
    day,
    database,
  });
  return openAdvisories(database);
}

/** Everything said of a package, in an order of its own. */
function said(source: Advisories, ecosystem: string, name: string): string[] {
  return source
    .affected(ecosystem, name)
    .flatMap(({ advisories, ...body }) =>
      advisories.map((key) => `${source.advisory(key).cve} ${JSON.stringify({ ...body, advisories: null })}`),
    )
    .sort();
}

function cves(source: Advisories, ecosystem: string, name: string): Set<string> {
  const found = source.affected(ecosystem, name);
  return new Set(found.flatMap(({ advisories }) => advisories.map((key) => source.advisory(key).cve)));
}

describe('advisories of an earlier day', () => {
  before(() => {
    const packed = fileURLToPath(new URL('../../data/sandbox/ubuntu-2024-03-01.db.zst', import.meta.url));
    writeFileSync(state, zstdDecompressSync(readFileSync(packed)));
  });

  it('are those of the state on its own day', async () => {
    const past = await on('2024-03-01');
    const real = openAdvisories(state);
    for (const name of ['openssh', 'linux-azure', 'openssl', 'curl', 'systemd'])
      assert.deepEqual(said(past, UBUNTU, name), said(real, UBUNTU, name), name);
    assert.ok(cves(past, UBUNTU, 'openssh').size > 5);
    past.close();
    real.close();
  });

  it('are those of the current database from its own day on', async () => {
    const past = await on('2024-08-09');
    const current = openAdvisories(join(SNAPSHOT, 'advisories.db'));
    for (const name of ['openssh', 'linux-azure', 'openssl', 'curl'])
      assert.deepEqual(said(past, UBUNTU, name), said(current, UBUNTU, name), name);
    past.close();
    current.close();
  });

  it('gain a vulnerability on the day it was published', async () => {
    const eve = await on('2024-06-30');
    const day = await on('2024-07-01');
    assert.equal(cves(eve, UBUNTU, 'openssh').has('CVE-2024-6387'), false);
    assert.equal(cves(day, UBUNTU, 'openssh').has('CVE-2024-6387'), true);
    eve.close();
    day.close();
  });

  it('hold nothing that was published later, and no feed that begins later', async () => {
    const past = await on('2024-05-01');
    const go = [...cves(past, 'Go', 'k8s.io/kubernetes')];
    assert.ok(go.length > 10);
    assert.deepEqual(
      go.filter((cve) => /^CVE-202[5-9]/.test(cve)),
      [],
    );
    const covered = past.coverage.map(({ ecosystem }) => ecosystem);
    assert.ok(covered.includes(UBUNTU) && covered.includes('CBL-Mariner:2.0'));
    assert.ok(!covered.includes('Azure Linux:3.0') && !covered.includes('Ubuntu:24.04:LTS'));
    assert.ok(past.coverage.every(({ asOf }) => asOf <= '2024-05-01'));
    past.close();
  });

  it('do not say that a vulnerability is exploited before it was', async () => {
    const current = openAdvisories(join(SNAPSHOT, 'advisories.db'));
    assert.equal(current.exploitation('CVE-2024-1086').kev, '2024-05-30');
    current.close();
    const eve = await on('2024-05-29');
    const day = await on('2024-05-30');
    assert.deepEqual(
      [eve.exploitation('CVE-2024-1086').kev, day.exploitation('CVE-2024-1086').kev],
      [null, '2024-05-30'],
    );
    eve.close();
    day.close();
  });
});
