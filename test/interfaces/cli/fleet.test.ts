import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { systemClock } from '../../../src/base/clock.ts';
import { sandboxHints } from '../../../src/interfaces/render/hints.ts';
import { openFleet, setEnabled } from '../../../src/pipeline/fleet/index.ts';
import { Workspace } from '../../../src/pipeline/workspace.ts';
import { FIXTURES, scratch } from '../../advisories/helpers.ts';
import { SNAPSHOT } from '../../matching/support.ts';
import { cluster, node, pool } from '../render/fleet-samples.ts';
import { type Ran, run } from './support.ts';

const AT = '2026-08-31T21:00:00.000Z';
const BANNER = 'SANDBOX 2024-03-01 09:00 UTC · simulated Azure, nothing here is real\n';

/** A data folder in which two clusters are known, as a sync leaves it. */
async function dataDir({
  enabled,
  sandbox = false,
}: {
  readonly enabled: boolean;
  readonly sandbox?: boolean;
}): Promise<string> {
  const dir = scratch();
  const workspace = new Workspace({ dataDir: dir, snapshotDir: SNAPSHOT });
  const rules = { excludeTags: [], maxAgeHours: 168, disks: 'off', forgetDays: 30 } as const;
  const fleet = await openFleet(
    { workspace, clock: systemClock, rules },
    { create: true, url: null, sandbox },
  );
  const [first, second] = [cluster('shop-weu'), cluster('archive', { power: 'stopped' })];
  await fleet.store.write(async ({ inventory }) => {
    const id = await inventory.beginSync(AT);
    await inventory.putSubscription(
      { id: first.subscription, provider: 'aks', name: 'Contoso Production' },
      AT,
    );
    await inventory.putCluster(first, AT);
    await inventory.putPools(first.id, [pool('web'), pool('empty', { count: 0 })], AT);
    await inventory.putCluster(second, AT);
    await inventory.putNodes([node('aks-web-1'), node('aks-web-2', { image: null, ready: false })], AT);
    await inventory.markSynced(first.id, { at: AT, cursor: null, problems: [] });
    await inventory.endSync(id, { endedAt: AT, requests: 3, problems: 0 });
  });
  if (enabled) await setEnabled(fleet, { scope: 'all', enabled: true, by: 'test' });
  await fleet.store.close();
  return dir;
}

/** Makes a data folder that of a sandbox that has stopped. */
function asSandbox(dir: string): string {
  const said = {
    ...{ sandbox: true, now: '2024-03-01T09:00:00.000Z', realAt: AT, rate: 1, url: 'https://127.0.0.1:9' },
    ...{ caFile: join(dir, 'ca.pem'), token: 'sandbox', pid: process.pid, running: false },
  };
  writeFileSync(join(dir, 'sandbox.json'), JSON.stringify(said));
  return dir;
}

describe('what is known of the fleet', () => {
  let dir = '';
  before(async () => {
    dir = await dataDir({ enabled: true });
  });
  const at = (...words: readonly string[]): Promise<Ran> => run([...words, '--data-dir', dir]);

  it('is listed by cluster, pool and node', async () => {
    const clusters = await at('clusters');
    assert.deepEqual([clusters.status, clusters.stderr], [0, '']);
    assert.match(clusters.stdout, /^Contoso Production\n {2}archive .*not assessed/m);
    assert.match(clusters.stdout, /^ {2}shop-weu +westeurope +1\.28\.5 /m);
    assert.match(clusters.stdout, /\nAs of 2026-08-31 21:00 UTC, 3 h ago\.\n$/);
    const pools = await at('pools');
    assert.match(pools.stdout, /^shop-weu {2}Contoso Production\n {2}empty .*\n {2}web /m);
    const nodes = await at('nodes');
    assert.match(
      nodes.stdout,
      /^shop-weu\/web {2}Contoso Production\n {2}aks-web-1 [\s\S]*\n {2}aks-web-2 +not ready +none named/m,
    );
    assert.match(nodes.stdout, /^2 nodes\.$/m);
  });

  it('is listed as CSV and JSON', async () => {
    for (const [words, count] of [
      ['clusters', 2],
      ['pools', 2],
      ['nodes', 2],
      ['coverage', 5],
    ] as const) {
      const csv = await at(words, '--format', 'csv');
      assert.equal(csv.stdout.trimEnd().split('\r\n').length, count + 1, words);
      const json = JSON.parse((await at(words, '--format', 'json')).stdout) as Record<string, unknown>;
      assert.equal((json[words] as unknown[]).length, count, words);
      assert.equal(json.sandbox, null);
    }
  });

  it('is narrowed to a cluster or pool', async () => {
    assert.match((await at('nodes', '--cluster', 'archive')).stdout, /^No nodes were found\.\n/);
    assert.match((await at('nodes', '--pool', 'shop-weu/web')).stdout, /2 nodes\./);
    assert.match((await at('pools', '--cluster', 'shop-weu')).stdout, /2 pools, 2 nodes\./);
  });

  it('of one pool and one node has everything', async () => {
    const one = await at('pools', 'shop-weu/web');
    assert.equal(one.status, 0, one.stderr);
    assert.match(one.stdout, /^shop-weu\/web {2}\(node pool in Contoso Production\)$/m);
    assert.match(one.stdout, /^Nodes \(2\)$/m);
    const shown = await at('nodes', 'AKS-WEB-1');
    assert.match(shown.stdout, /^aks-web-1 {2}\(node of shop-weu\/web\)$/m);
  });

  it('is told in full as coverage, with remedies', async () => {
    const { stdout } = await at('coverage');
    assert.match(stdout, /^2 nodes: 0 assessed, /);
    assert.match(stdout, /^Why not more$/m);
    assert.match(stdout, /^ {4}→ /m);
    assert.match((await at('coverage', 'shop-weu')).stdout, /^ +aks-web-2 /m);
  });

  it('names of nothing end with 5', async () => {
    for (const words of [
      ['pools', 'no/such'],
      ['pools', 'shop-weu'],
      ['nodes', 'none'],
      ['nodes', '--cluster', 'none'],
      ['coverage', 'none'],
      ['enable', 'none'],
      ['pools', '--cluster', 'none'],
    ]) {
      const { status, stdout, stderr } = await at(...words);
      assert.deepEqual([status, stdout], [5, ''], words.join(' '));
      assert.match(stderr, /^nodeward: .*\n.+\n$/);
    }
    assert.match((await at('enable', 'web')).stderr, /is called web; pools are named CLUSTER\/POOL\n/);
  });
});

describe('enabling', () => {
  it('is asked for where nothing is enabled', async () => {
    const dir = await dataDir({ enabled: false });
    for (const words of ['clusters', 'pools', 'nodes', 'coverage']) {
      const { stdout } = await run([words, '--data-dir', dir]);
      assert.match(stdout, /Nothing is assessed until it is enabled: `nodeward enable all`/, words);
    }
    assert.match((await run(['pools', '--worst', '--data-dir', dir])).stdout, /^No node pool is enabled\.\n/);
  });

  it('and disabling say what they did', async () => {
    const dir = await dataDir({ enabled: false });
    const enabled = await run(['enable', 'contoso production', '--data-dir', dir]);
    assert.equal(enabled.status, 0);
    assert.match(
      enabled.stdout,
      /^Assessment of Contoso Production is enabled\.\nFindings {5}of 3 software lists \(3 assessed now: [\d,]+ CVEs appeared, 0 went\);\srecommendations: 2 unhealthy/,
    );
    assert.match(enabled.stderr, /`nodeward sync` gathers the evidence/);
    assert.doesNotMatch((await run(['clusters', '--data-dir', dir])).stdout, /Nothing is assessed until/);
    const disabled = await run(['disable', 'shop-weu/web', '--quiet', '--data-dir', dir]);
    assert.deepEqual(disabled, {
      status: 0,
      stdout: 'Assessment of shop-weu/web is disabled.\n',
      stderr: '',
    });
    assert.match((await run(['nodes', '--data-dir', dir])).stdout, /aks-web-1 .*not-enabled/);
  });

  it('everything may come before the first sync', async () => {
    const dir = scratch();
    assert.equal((await run(['enable', 'all', '--data-dir', dir])).status, 0);
    assert.match(
      (await run(['clusters', '--data-dir', dir])).stdout,
      /^No clusters were found\.\nThere was no sync yet: run `nodeward sync`\.\n$/,
    );
  });
});

it('an SBOM becomes evidence of a node', async () => {
  const dir = await dataDir({ enabled: true });
  const sbom = join(FIXTURES, '../sbom/trivy-ubuntu-22.04.cdx.json');
  const taken = await run(['nodes', 'aks-web-2', '--sbom', sbom, '--data-dir', dir]);
  assert.equal(taken.status, 0, taken.stderr);
  assert.match(taken.stdout, /^aks-web-2 has .* as evidence of /);
  const { stdout } = await run(['nodes', 'aks-web-2', '--data-dir', dir]);
  assert.match(stdout, /^Evidence {5}sbom, .*: in use$/m);
  assert.match(stdout, /^Software \(\d+\)$/m);
  const missing = await run(['nodes', 'aks-web-2', '--sbom', '/no/such', '--data-dir', dir]);
  assert.deepEqual([missing.status, missing.stdout], [3, '']);
});

it('without an inventory, commands say how to get one', async () => {
  for (const words of ['clusters', 'pools', 'nodes', 'coverage']) {
    const { status, stdout, stderr } = await run([words, '--data-dir', scratch()]);
    assert.deepEqual([status, stdout], [4, '']);
    assert.match(stderr, /Run `nodeward sync` first/);
  }
});

describe('a data folder of a sandbox', () => {
  it('is announced before text for people, and beside what programs read', async () => {
    const dir = asSandbox(await dataDir({ enabled: true, sandbox: true }));
    for (const words of [
      'clusters',
      'pools',
      'nodes',
      'nodes aks-web-1',
      'coverage',
      'config',
      'db status',
      'images list --families',
      'enable all',
      'version',
    ]) {
      const { stdout } = await run([...words.split(' '), '--quiet', '--data-dir', dir]);
      assert.ok(stdout.startsWith(BANNER), words);
      assert.equal(stdout.split('SANDBOX').length, 2, words);
    }
    for (const words of [
      'clusters --format csv',
      'nodes --format json',
      'config --format json',
      'db status --format json',
      'images list --format csv',
    ]) {
      const { stdout, stderr } = await run([...words.split(' '), '--quiet', '--data-dir', dir]);
      assert.equal(stderr, BANNER, words);
      assert.doesNotMatch(stdout, /SANDBOX/);
      if (words.endsWith('json')) assert.doesNotThrow(() => JSON.parse(stdout), words);
    }
    const { stdout } = await run(['clusters', '--format', 'json', '--data-dir', dir]);
    assert.deepEqual((JSON.parse(stdout) as { sandbox: unknown }).sandbox, {
      date: '2024-03-01T09:00:00.000Z',
    });
  });

  it('is not announced in a script', async () => {
    const { stdout, stderr } = await run(['completion', 'bash', '--data-dir', asSandbox(scratch())]);
    assert.match(stdout, /^# Bash completion/);
    assert.equal(stderr, '');
  });

  it('is chosen by --sandbox, and is another one than the real', async () => {
    const dir = await dataDir({ enabled: true });
    const none = await run(['clusters', '--sandbox', '--data-dir', dir]);
    assert.deepEqual([none.status, none.stdout], [6, '']);
    assert.match(none.stderr, /there is no sandbox in .*\nStart it with `nodeward sandbox`/);
    assert.ok(!(await run(['clusters', '--data-dir', dir])).stdout.includes('SANDBOX'));
  });

  it('decides what it is reached by', async () => {
    const dir = asSandbox(scratch());
    writeFileSync(join(dir, 'config.yaml'), 'providers: [kubernetes]\nsync: { parallel: 3 }\n');
    const env = { NODEWARD_DATA_DIR: dir, NODEWARD_AZURE_ENDPOINT: 'https://management.azure.com' };
    const { stdout } = await run(['config', '--format', 'json'], { env });
    const { settings } = JSON.parse(stdout) as {
      settings: { key: string; value: unknown; origin: { kind: string } }[];
    };
    const of = (key: string) => {
      const found = settings.find((each) => each.key === key);
      return [found?.value, found?.origin.kind];
    };
    assert.deepEqual(of('providers'), [['aks'], 'sandbox']);
    assert.deepEqual(of('azure.endpoint'), ['https://127.0.0.1:9', 'sandbox']);
    assert.deepEqual(of('azure.ca-file'), [join(dir, 'ca.pem'), 'sandbox']);
    assert.deepEqual(of('sync.parallel'), [3, 'file']);
  });

  it('names commands that stay in it', async () => {
    const dir = asSandbox(await dataDir({ enabled: false, sandbox: true }));
    for (const words of [
      'clusters',
      'coverage',
      'enable all',
      'pools none',
      'nodes none',
      'clusters --config /no/such',
    ]) {
      const { stdout, stderr } = await run([...words.split(' '), '--data-dir', dir]);
      const named = [...`${stdout}${stderr}`.matchAll(/`(nodeward [^`]*)`/g)].map((match) => match[1] ?? '');
      for (const command of named) assert.match(command, /--sandbox|^nodeward sandbox/, words);
      if (words !== 'clusters --config /no/such') assert.ok(named.length > 0, words);
    }
    assert.equal(
      sandboxHints('Load it with `nodeward db update`.'),
      'Load it with `nodeward db update` (not in a sandbox).',
    );
    const real = await run(['clusters', '--data-dir', await dataDir({ enabled: false })]);
    assert.match(real.stdout, /`nodeward enable all`/);
  });

  it('has the date of the sandbox as its clock', async () => {
    const { stdout } = await run(['db', 'status', '--data-dir', asSandbox(scratch())]);
    assert.match(stdout, /-\d+ days/, 'advisories of 2026 are in the future there');
  });

  it('needs it to run for what it answers', async () => {
    const dir = asSandbox(scratch());
    for (const words of ['sync', 'config check', 'sandbox status', 'sandbox advance 1d', 'sandbox fault']) {
      const { status, stderr } = await run([...words.split(' '), '--data-dir', dir]);
      assert.equal(status, 6, words);
      assert.match(
        stderr,
        /^nodeward: the sandbox in \S+ does not run; its clock stands\nStart it with `nodeward sandbox` and leave it running\.\n$/,
      );
    }
  });

  it('is never taken for a real one where its description is damaged', async () => {
    const dir = await dataDir({ enabled: true });
    writeFileSync(join(dir, 'sandbox.json'), '{"sandbox": tr');
    for (const words of ['clusters', 'sync', 'sandbox']) {
      const { status, stdout, stderr } = await run([words, '--data-dir', dir]);
      assert.deepEqual([status, stdout], [6, ''], words);
      assert.match(stderr, /sandbox\.json is damaged\nDelete that file/);
    }
  });
});

it('settings that are wrong end every command that uses them, before anything is done', async () => {
  const dir = await dataDir({ enabled: true });
  writeFileSync(join(dir, 'config.yaml'), 'sync:\n  paralel: 3\n');
  for (const words of ['clusters', 'sync', 'config', 'config check', 'enable all']) {
    const { status, stdout, stderr } = await run([...words.split(' '), '--data-dir', dir]);
    assert.deepEqual([status, stdout], [2, ''], words);
    assert.match(
      stderr,
      /config\.yaml:2:3: there is no setting sync\.paralel; did you mean sync\.parallel\?\n/,
    );
  }
  const other = join(dir, 'other.yaml');
  writeFileSync(other, 'sync: { parallel: 3 }\n');
  const { stdout } = await run(['config', '--config', other, '--data-dir', dir]);
  assert.match(stdout, /^sync\.parallel +3 +file, line 1$/m);
});
