import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SharedLead, SharedQueue } from '../../src/queue/index.ts';
import { noPostgres, type PostgresServer, startPostgres } from '../support/postgres.ts';
import { KINDS, never, part, queueContract, sum } from './contract.ts';

const CHILD = fileURLToPath(new URL('worker.child.ts', import.meta.url));
const TIMING = { leaseSeconds: 10, superviseSeconds: 1 };

describe('a queue on PostgreSQL', { skip: noPostgres(), timeout: 240_000 }, () => {
  let server: PostgresServer;
  let databases = 0;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());

  const fresh = (): Promise<string> => server.database(`queue${++databases}`);
  const options = (url: string, trouble: string[] = []) => ({
    ...{ url, kinds: KINDS, parallel: 4, timing: TIMING },
    trouble: (text: string) => void trouble.push(text),
  });
  const open = async (context: Pick<TestContext, 'after'>, url?: string, trouble?: string[]) => {
    const queue = await SharedQueue.open(options(url ?? (await fresh()), trouble));
    context.after(() => queue.stop());
    return queue;
  };

  queueContract((context) => open(context as TestContext));

  it('shares the jobs of one database among processes: each is done by one of them', async (context) => {
    const url = await fresh();
    const [a, b] = [await open(context, url), await open(context, url)];
    const done: string[] = [];
    const keys = Array.from({ length: 40 }, (_, index) => String(index));
    await a.send(keys.map((key) => part(key)));
    await Promise.all([a, b].map((queue) => queue.work(async ({ key }) => void done.push(key))));
    await a.idle(never);
    assert.deepEqual(done.toSorted(), keys.toSorted());
  });

  it('a job that one process is doing is not done by another one, though it was sent again', async (context) => {
    const url = await fresh();
    const [a, b] = [await open(context, url), await open(context, url)];
    let [running, most, runs] = [0, 0, 0];
    for (const queue of [a, b])
      await queue.work(async () => {
        most = Math.max(most, ++running);
        if (++runs < 4) await queue.send([part('same')]);
        await new Promise((resolve) => setTimeout(resolve, 30));
        running--;
      });
    await b.send([part('same')]);
    await b.idle(never);
    assert.deepEqual([most, runs], [1, 4]);
  });

  it('a job of a process that is killed is done by another one', async (context) => {
    const url = await fresh();
    const victim = child(url);
    const queue = await open(context, url);
    await queue.send([part('a'), sum]);
    await told(victim, 'begun');
    victim.kill('SIGKILL');
    const done: string[] = [];
    await queue.work(async ({ kind }) => void done.push(kind));
    await queue.idle(never);
    assert.deepEqual(done.toSorted(), ['parts', 'sum']);
  });

  it('a process that is interrupted gives its job back at once', async (context) => {
    const url = await fresh();
    const [first, second] = [await SharedQueue.open(options(url)), await open(context, url)];
    const begun = new Promise<void>((resolve) => {
      void first.work(async (_, signal) => {
        resolve();
        await once(signal, 'abort');
        throw signal.reason;
      });
    });
    await first.send([part('a')]);
    await begun;
    await first.stop();
    const done: string[] = [];
    await second.work(async ({ key }) => void done.push(key));
    await second.idle(never);
    assert.deepEqual(done, ['a']);
  });

  it('goes on when the server was away, and says so', async (context) => {
    const trouble: string[] = [];
    const queue = await open(context, undefined, trouble);
    const done: string[] = [];
    const [down, begun] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await queue.work(async ({ key }) => {
      begun.resolve();
      // One ends while nobody can be told.
      if (key === 'during') await down.promise;
      done.push(key);
    });
    await queue.send([part('during')]);
    await begun.promise;
    const crashed = server.crash();
    for (let failures = 0; ; ) {
      try {
        await queue.send([part('after')]);
        if (failures > 0) break;
      } catch (thrown) {
        assert.equal((thrown as { code?: string }).code, 'store-failed');
        failures++;
        down.resolve();
      }
    }
    await crashed;
    await queue.idle(never);
    assert.deepEqual(new Set(done), new Set(['during', 'after']));
    assert.ok(trouble.length > 0);
    assert.ok(!trouble.join(' ').includes('correct'), 'no password');
    assert.ok(!trouble.join(' ').includes('[object'), trouble.join('; '));
  });

  it('a server that cannot be reached is an error that names no password', async () => {
    const url = 'postgres://somebody:hunter2@127.0.0.1:1/nodeward';
    await assert.rejects(SharedQueue.open(options(url)), (thrown: Error & { code?: string }) => {
      assert.equal(thrown.code, 'store-failed');
      assert.ok(thrown.message.includes('127.0.0.1:1') && !thrown.message.includes('hunter2'));
      return true;
    });
    await assert.rejects(new SharedLead(url).take(), { code: 'store-failed' }, 'not that another one leads');
  });

  it('one process leads; when it is killed, or its connection breaks, another one takes over', async (context) => {
    const url = await fresh();
    const lead = (): SharedLead => {
      const made = new SharedLead(url);
      context.after(() => made.release());
      return made;
    };
    const [first, second] = [lead(), lead()];
    assert.deepEqual([await first.take(), await second.take(), await first.take()], [true, false, true]);
    await first.release();
    assert.equal(await second.take(), true);
    await server.run(
      url,
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'nodeward run'",
    );
    while (!(await first.take()));
    // Whoever had it finds out by itself, at the latest when it asks.
    assert.equal(await second.take().catch(() => false), false);
    const killed = child(url, 'lead');
    await first.release();
    await told(killed, 'leading');
    assert.equal(await second.take(), false);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    while (!(await second.take()));
  });
});

function child(url: string, ...words: string[]): ChildProcess {
  return spawn(process.execPath, [CHILD, url, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function told(process: ChildProcess, text: string): Promise<void> {
  let so = '';
  for await (const chunk of process.stdout ?? []) {
    so += String(chunk);
    if (so.includes(text)) return;
  }
  throw new Error(`it ended without telling ${text}`);
}
