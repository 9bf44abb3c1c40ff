import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { HeldBack } from '../../../src/pipeline/work/held-back.ts';
import { runTask } from '../../../src/pipeline/work/tasks.ts';
import { testFleet } from '../fleet/support.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const PERIODS = { discover: HOUR, advisories: HOUR, images: HOUR, assess: HOUR, notify: HOUR, forget: HOUR };

/** Holds back while `others` are busy, by a clock of its own. */
async function holding(context: TestContext) {
  const fleet = await testFleet();
  context.after(() => fleet.store.close());
  const others = { busy: true };
  const clock = { ms: 0 };
  const held = new HeldBack({ fleet, busy: async () => others.busy }, () => clock.ms);
  /** Another process runs it. */
  const runElsewhere = (): Promise<unknown> => {
    const book = { fleet, periods: PERIODS, random: () => 0.5 };
    return runTask(book, 'notify', { run: async () => null, signal: new AbortController().signal });
  };
  return { held, others, clock, runElsewhere };
}

describe('what waits for others', { timeout: 60_000 }, () => {
  it('waits until they are quiet, and for ten minutes at most', async (context) => {
    const { held, others, clock } = await holding(context);
    assert.deepEqual([await held.back('assess'), await held.back('notify')], [true, true]);
    assert.equal(await held.back('discover'), false);
    clock.ms += 10 * MINUTE - 1;
    assert.equal(await held.back('assess'), true);
    clock.ms += 1;
    assert.equal(await held.back('assess'), false);
    assert.equal(await held.back('assess'), true, 'the next run waits anew');
    others.busy = false;
    assert.equal(await held.back('assess'), false);
  });

  it('waits as long for the next run where another process did this one', async (context) => {
    const { held, clock, runElsewhere } = await holding(context);
    assert.equal(await held.back('notify'), true);
    await runElsewhere();
    clock.ms += HOUR;
    assert.equal(await held.back('notify'), true);
  });
});
