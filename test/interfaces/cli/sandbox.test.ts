import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { scratch } from '../../advisories/helpers.ts';
import { type Ran, run as runIn } from './support.ts';

const BIN = fileURLToPath(new URL('../../../bin/nodeward', import.meta.url));

/** Starts `nodeward sandbox` as its users do, and waits until it says that it answers. */
async function start(dir: string): Promise<{ readonly process: ChildProcess; readonly said: () => string }> {
  const child = spawn(BIN, ['sandbox', '--rate', '0', '--data-dir', dir], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(said)));
    child.stderr.on('data', (chunk) => {
      said += String(chunk);
    });
    child.stdout.on('data', (chunk) => {
      said += String(chunk);
      if (said.includes('until Ctrl-C')) resolve();
    });
  });
  return { process: child, said: () => said };
}

/** Interrupts it. @returns its exit status */
async function stop(child: ChildProcess): Promise<number> {
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  const [status] = (await ended) as [number];
  return status;
}

describe('a sandbox that runs', { timeout: 240_000 }, () => {
  const dir = scratch();
  let sandbox: Awaited<ReturnType<typeof start>>;
  before(async () => {
    sandbox = await start(dir);
  });
  after(() => void sandbox.process.kill('SIGKILL'));

  const run = (...words: readonly string[]): Promise<Ran> =>
    runIn([...words, '--data-dir', dir, '--sandbox']);
  async function json(...words: readonly string[]): Promise<Record<string, unknown>> {
    const { status, stdout, stderr } = await run(...words, '--format', 'json');
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  it('says where it is and what to do next', () => {
    const said = sandbox.said();
    assert.match(said, /^SANDBOX 2024-03-01 09:00 UTC · simulated Azure, nothing here is real$/m);
    assert.match(said, /^Azure and its clusters answer at https:\/\/127\.0\.0\.1:\d+$/m);
    assert.match(said, /nodeward sync --sandbox/);
    assert.ok(said.includes(join(dir, 'sandbox')));
  });

  it('is one for each folder', async () => {
    const second = await runIn(['sandbox', '--seed', '3', '--data-dir', dir]);
    assert.equal(second.status, 4);
    assert.match(second.stderr, /goes on as it is: --seed only counts for a new one/);
    assert.match(second.stderr, /Another sandbox runs in/);
  });

  it('keeps the advisories and images of its day', async () => {
    for (const words of [
      ['db', 'update'],
      ['db', 'build', '--source', 'osv=x.zip'],
      ['images', 'update'],
    ]) {
      const { status, stderr } = await run(...words);
      assert.equal(status, 2, words.join(' '));
      assert.match(stderr, /does not work on a sandbox: its advisories and images are those of its day/);
    }
  });

  it('passes every check', async () => {
    const { status, stdout } = await run('config', 'check');
    assert.equal(status, 0, stdout);
    assert.match(stdout, /, none failed\.$/m);
    const { checks } = (await json('config', 'check')) as { checks: { state: string }[] };
    assert.ok(checks.length > 3);
  });

  it('is discovered: first by name, and as soon as it is enabled by its software', async () => {
    const first = await run('sync');
    assert.equal(first.status, 0, first.stderr);
    assert.match(first.stdout, /^clusters +9 +9 +0 +0$/m);
    assert.match(first.stdout, /^ {2}private-sdc: /m, 'the private cluster is a problem of its own');
    assert.match(first.stdout, /Nothing is assessed until it is enabled/);
    assert.equal((await run('enable', 'all')).status, 0);
    const second = await run('sync', '--disks', 'sample');
    assert.match(second.stdout, /^Evidence +of \d+ nodes: /m);
    assert.doesNotMatch(second.stdout, /Nothing is assessed/);
    const { clusters } = (await json('clusters')) as {
      clusters: { cluster: { name: string }; nodes: number }[];
    };
    assert.equal(clusters.length, 9);
    assert.ok(clusters.some(({ cluster, nodes }) => cluster.name === 'shop-weu' && nodes === 16));
  });

  it('has real CVEs, of its day', async () => {
    const { findings } = (await json('pools', 'shop-weu/system')) as {
      findings: { worst: { cve: string }[] };
    };
    const cves = findings.worst.map(({ cve }) => cve);
    assert.ok(cves.includes('CVE-2023-51781'));
    assert.ok(
      !cves.some((cve) => cve.startsWith('CVE-') && cve > 'CVE-2024-3'),
      'nobody knew of these on 2024-03-01',
    );
  });

  it('is never wholly green', async () => {
    const { coverage } = (await json('coverage')) as {
      coverage: { level: string; name: string; state: string; reasons: unknown[] }[];
    };
    for (const { level, name, state, reasons } of coverage) {
      if (state !== 'assessed') assert.ok(reasons.length > 0, name);
      if (level === 'subscription') assert.notEqual(state, 'assessed', name);
    }
    // Its API cannot be reached; of its machines, the disks can be read.
    assert.equal(coverage.find(({ name }) => name === 'private-sdc')?.state, 'partly');
  });

  it('is not looked for behind a proxy', async () => {
    const proxy = 'http://127.0.0.1:9';
    const env = { ...process.env, HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: 'example.org' };
    for (const words of [
      ['sync', '--sandbox'],
      ['sandbox', 'status'],
    ]) {
      const child = spawn(BIN, [...words, '--data-dir', dir], { env, stdio: ['ignore', 'ignore', 'pipe'] });
      let said = '';
      child.stderr.on('data', (chunk) => {
        said += String(chunk);
      });
      assert.deepEqual(await once(child, 'exit'), [0, null], said);
    }
  });

  it('shows one node with its software and where that is known from', async () => {
    const { nodes } = (await json('nodes', '--pool', 'shop-weu/web')) as {
      nodes: { node: { name: string } }[];
    };
    const { stdout } = await run('nodes', nodes[0]?.node.name ?? '');
    assert.match(stdout, /^Evidence +/m);
    assert.match(stdout, /^ {2}openssl +3\.0\.2-0ubuntu1\.\d+ /m);
  });

  it('moves on, and a sync shows what changed', async () => {
    const moved = await run('sandbox', 'advance', '7d');
    assert.equal(moved.status, 0, moved.stderr);
    assert.match(moved.stdout, /^It is now 2024-03-08 09:00 UTC\./m);
    const synced = await run('sync');
    assert.match(synced.stdout, /^SANDBOX 2024-03-08 09:00 UTC/);
    assert.match(synced.stdout, /^nodes +\d+ +[1-9]\d* +[1-9]\d* +[1-9]\d*$/m, 'some came, changed and went');
    const back = await run('sandbox', 'advance', '2024-03-02');
    assert.equal(back.status, 2);
    assert.match(back.stderr, /never goes back/);
  });

  it('lets things go wrong', async () => {
    assert.equal((await run('sandbox', 'fault', 'unreachable', 'shop-eus')).status, 0);
    const { faults } = (await json('sandbox', 'fault')) as {
      faults: { id: string; kind: string; target: string }[];
    };
    assert.deepEqual(
      faults.map(({ kind, target }) => [kind, target]),
      [['unreachable', 'shop-eus']],
    );
    const synced = await run('sync', '--full');
    assert.equal(synced.status, 0, 'the rest goes on');
    assert.match(synced.stdout, /^ {2}shop-eus: /m);
    const cleared = await run('sandbox', 'fault', '--clear', faults[0]?.id ?? '');
    assert.equal(cleared.status, 0);
    assert.doesNotMatch((await run('sync')).stdout, /^ {2}shop-eus: /m);
    const unknown = await run('sandbox', 'fault', 'nonsense', '*');
    assert.equal(unknown.status, 2);
    assert.match(unknown.stderr, /there is no fault "nonsense"/);
  });

  it('ends with 6 where nothing at all can be read', async () => {
    await run('sandbox', 'fault', 'forbidden', '*');
    const { status, stdout, stderr } = await run('sync');
    assert.equal(status, 6, stdout + stderr);
    assert.equal(stderr.split('access is not granted').length, 2, 'it is said once');
    assert.match(stderr, /\nAssign the role of deploy\/azure\/nodeward-reader\.json/);
    assert.equal((await run('config', 'check')).status, 6);
    const { faults } = (await json('sandbox', 'fault')) as { faults: { id: string }[] };
    for (const { id } of faults) await run('sandbox', 'fault', '--clear', id);
    assert.match((await run('clusters')).stdout, /9 clusters/, 'what was known stays known');
  });

  it('says what is in it', async () => {
    const { stdout } = await run('sandbox', 'status');
    assert.match(stdout, /^Now +2024-03-08 09:00 UTC, standing$/m);
    assert.match(stdout, /^Holds +3 subscriptions, 9 clusters, /m);
  });

  it('stops at Ctrl-C, keeps its date, and goes on from there', async () => {
    assert.equal(await stop(sandbox.process), 0);
    assert.match(sandbox.said(), /The sandbox has stopped\. Its state is kept/);
    assert.match((await run('clusters')).stdout, /^SANDBOX 2024-03-08 09:00 UTC/);
    assert.equal((await run('sync')).status, 6);
    sandbox = await start(dir);
    assert.match(sandbox.said(), /^SANDBOX 2024-03-08 09:00 UTC/m);
    assert.equal((await run('sync')).status, 0);
    assert.equal(await stop(sandbox.process), 0);
  });
});

describe('tour', { timeout: 120_000 }, () => {
  it('shows the main job on a fleet of its own, and leaves nothing behind', async () => {
    const dir = join(scratch(), 'never-made');
    const temporary = scratch();
    const { TMPDIR } = process.env;
    process.env.TMPDIR = temporary;
    const { status, stdout, stderr } = await runIn(['tour', '--data-dir', dir]).finally(() => {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    });
    assert.equal(status, 0, stderr);
    const told: readonly (readonly [string, string])[] = [
      ['sync --disks sample', '2024-03-01'],
      ['clusters', '2024-03-01'],
      ['recommendations --limit 10', '2024-03-01'],
      ['recommendations shop-eus/web', '2024-03-01'],
      ['exempt add', '2024-03-01'],
      ['run --once', '2024-05-01'],
      ['cve CVE-2024-6387', '2024-07-05'],
      ['findings shop-eus/web', '2024-08-09'],
      ['audit verify', '2024-08-09'],
    ];
    for (const [words, day] of told) {
      const at = stdout.indexOf(`$ nodeward ${words}`);
      assert.ok(at > 0, words);
      assert.match(stdout.slice(at), new RegExp(`^\\$ .*\\nSANDBOX ${day} `), words);
    }
    const after = (words: string): string => stdout.slice(stdout.indexOf(`$ nodeward ${words}`));
    assert.match(after('recommendations --limit 10'), /^r-[0-9a-f]{8} +\d+ +unhealthy +CVEs +\S+\/\S+ /m);
    assert.match(after('cve CVE-2024-6387'), /^ {2}shop-eus\/web +open +\d+ +6 +not in region/m);
    assert.match(after('cve CVE-2024-6387'), /fixed in +AKSUbuntu-2204gen2containerd-202407\.03\.0/);
    assert.match(after('findings shop-eus/web'), /CVE-2024-6387 +open +available +2024-\d\d-\d\d/);
    assert.match(after('findings shop-weu/web'), /^ +\d+ +high +CVE-/m, 'an upgrade has fixed something');
    assert.match(after('audit verify'), /^Audit log +as it was written/m);
    assert.match(stdout, /^Disks +[1-9]\d* read/m);
    assert.equal(existsSync(dir), false);
    assert.deepEqual(readdirSync(temporary), []);
  });
});
