import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { NodewardError } from '../../../src/base/errors.ts';
import { ask, runTask, type TaskBook } from '../../../src/pipeline/work/tasks.ts';
import { testFleet } from '../fleet/support.ts';

const HOUR = 3_600_000;
const never = new AbortController().signal;
const PERIODS = { discover: HOUR, advisories: HOUR, images: HOUR, assess: HOUR, notify: HOUR, forget: HOUR };

async function bookOf(context: TestContext) {
  const fleet = await testFleet();
  context.after(() => fleet.store.close());
  const book: TaskBook = { fleet, periods: PERIODS, random: () => 0.5 };
  const state = async () => (await fleet.store.governance.tasks()).find(({ task }) => task === 'assess');
  return { fleet, book, state };
}

describe('a task in the store', { timeout: 60_000 }, () => {
  it('runs when it is due, and not before', async (context) => {
    const { fleet, book, state } = await bookOf(context);
    let runs = 0;
    const once = () => runTask(book, 'assess', { run: async () => `run ${++runs}`, signal: never });
    assert.equal(await once(), 'run 1');
    assert.equal(await once(), null);
    fleet.clock.addHours(1);
    assert.equal(await once(), 'run 2');
    assert.deepEqual([(await state())?.runs, (await state())?.result], [2, 'ok']);
  });

  it('keeps why it failed, with what to do, and throws nothing', async (context) => {
    const { book, state } = await bookOf(context);
    const run = async () => {
      throw new NodewardError('cloud-failed', 'nobody\u001b[31m answers', { remedy: 'Look.' });
    };
    const told = await runTask(book, 'assess', { run, signal: never });
    assert.ok(told?.startsWith('failed: nobody') && told.endsWith('→ Look.') && !told.includes('\u001b'));
    const { result, failures, error } = (await state()) ?? {};
    assert.deepEqual([result, failures, error?.includes('\u001b')], ['failed', 1, false]);
  });

  it('that is interrupted is still due', async (context) => {
    const { book, state } = await bookOf(context);
    const stop = new AbortController();
    const run = async () => {
      stop.abort(new Error('stop'));
      throw new Error('torn');
    };
    await assert.rejects(runTask(book, 'assess', { run, signal: stop.signal }), { message: 'stop' });
    assert.equal((await state())?.runs, 0);
    assert.equal(await runTask(book, 'assess', { run: async () => 'done', signal: never }), 'done');
  });

  it('that is asked for while it runs, runs once more; before it runs, once', async (context) => {
    const { fleet, book } = await bookOf(context);
    let runs = 0;
    const run = async () => {
      if (++runs === 1) await ask(fleet, 'assess');
      return null;
    };
    await ask(fleet, 'assess');
    await ask(fleet, 'assess');
    for (let count = 0; count < 4; count++) await runTask(book, 'assess', { run, signal: never });
    assert.equal(runs, 2);
  });
});
