/** `nodeward run` and `nodeward worker`, as their users start them. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { scratch } from '../../advisories/helpers.ts';
import { run as runIn } from './support.ts';

const BIN = fileURLToPath(new URL('../../../bin/nodeward', import.meta.url));

interface Started {
  readonly child: ChildProcess;
  readonly said: () => string;
  says(text: string): Promise<void>;
}

/** Killed with the test file, whatever becomes of it. */
const started = new Set<ChildProcess>();

function nodeward(...words: readonly string[]): Started {
  const child = spawn(BIN, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  started.add(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += String(chunk);
    });
  return {
    child,
    said: () => said,
    async says(text) {
      while (!said.includes(text)) {
        if (child.exitCode !== null) throw new Error(said);
        await pause(10);
      }
    },
  };
}

async function interrupted({ child }: Started): Promise<number> {
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  return ((await ended) as [number])[0];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

describe('a process that works by itself', { timeout: 240_000 }, () => {
  const dir = scratch();
  let sandbox: Started;
  before(async () => {
    sandbox = nodeward('sandbox', '--rate', '0', '--data-dir', dir);
    await sandbox.says('until Ctrl-C');
  });
  after(() => {
    for (const child of started) child.kill('SIGKILL');
  });
  const run = (...words: readonly string[]) => runIn([...words, '--data-dir', dir, '--sandbox']);

  it('does what is due, tells it line by line, and does nothing twice', async () => {
    assert.equal((await run('enable', 'all')).status, 0);
    const first = await run('run', '--once');
    assert.equal(first.status, 0, first.stderr);
    assert.match(first.stderr, /^2024-03-01T09:00:00Z discover: 9 clusters in 3 subscriptions$/m);
    assert.match(
      first.stderr,
      /^2024-03-01T09:00:00Z assess-list: \d+ software lists: \d+ CVEs appeared, 0 went$/m,
    );
    assert.match(
      first.stderr,
      /^2024-03-01T09:00:00Z summarise: \d+ unhealthy, \d+ not assessed, \d+ healthy$/m,
    );
    const second = await run('run', '--once');
    assert.equal(second.status, 0, second.stderr);
    assert.doesNotMatch(second.stderr, /discover:|assess-list:/);
  });

  it('is alone on a SQLite file, shows its metrics, lets other commands work, and ends with Ctrl-C', async () => {
    const port = await freePort();
    const listen = `127.0.0.1:${port}`;
    const running = nodeward('run', '--sandbox', '--data-dir', dir, '--listen', listen);
    await running.says(`metrics and health at http://${listen}`);
    const other = await run('run', '--listen', 'none');
    assert.equal(other.status, 4);
    assert.match(other.stderr, /Another `nodeward run` keeps this store current .*\nStop that one first/);
    assert.equal((await run('clusters')).status, 0);
    // They take turns with it: one of both at a time looks at the fleet.
    for (;;) {
      const { status, stderr } = await run('sync');
      if (status === 0) break;
      assert.match(stderr, /Another sync of this inventory is running/);
    }
    const taken = await runIn(['run', '--data-dir', scratch(), '--listen', listen]);
    assert.equal(taken.status, 2);
    assert.match(taken.stderr, /another program listens there/);
    assert.equal((await fetch(`http://${listen}/healthz`)).status, 200);
    const metrics = await (await fetch(`http://${listen}/metrics`)).text();
    assert.match(metrics, /^nodeward_task_runs_total\{task="discover"\} [1-9]/m);
    assert.equal(await interrupted(running), 0, running.said());
  });

  it('follows the sandbox through time: what a day brings is assessed without being asked for', async () => {
    const running = nodeward('run', '--sandbox', '--data-dir', dir, '--listen', 'none');
    await running.says('run: keeping');
    assert.equal((await run('sandbox', 'advance', '1d')).status, 0);
    await running.says('2024-03-02T09:00:00Z discover: ');
    await running.says('2024-03-02T09:00:00Z assess-list: ');
    await running.says('2024-03-02T09:00:00Z summarise: ');
    assert.equal(await interrupted(running), 0, running.said());
  });

  it('says that a sandbox has stopped, and goes on when it runs again', async () => {
    const folder = scratch();
    mkdirSync(folder, { recursive: true });
    const info = {
      ...{ sandbox: true, now: '2024-03-01T09:00:00.000Z', realAt: new Date().toISOString(), rate: 0 },
      ...{
        url: 'https://127.0.0.1:1',
        caFile: join(folder, 'ca.pem'),
        token: 'none',
        pid: 1,
        running: false,
      },
    };
    writeFileSync(join(folder, 'sandbox.json'), JSON.stringify(info));
    const { status, stderr } = await runIn(['run', '--once', '--data-dir', folder]);
    assert.equal(status, 6);
    assert.match(stderr, /discover: failed: the sandbox in .* does not run; its clock stands → Start it/);
    assert.match(stderr, /^Failed: discover\./m);
  });

  it('does not share a SQLite file, and says what to set', async () => {
    const { status, stderr } = await runIn(['worker', '--data-dir', scratch()]);
    assert.equal(status, 2);
    assert.match(
      stderr,
      /kept current by one process: `nodeward run`\nSet storage\.url to a PostgreSQL database/,
    );
  });
});
