import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TASK_NAMES, type TaskState } from '../../../src/model/governance.ts';
import {
  afterRun,
  asked,
  begun,
  fresh,
  isDue,
  type Periods,
  planTasks,
} from '../../../src/pipeline/work/due.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const PERIODS: Periods = {
  discover: HOUR,
  advisories: 6 * HOUR,
  images: 12 * HOUR,
  assess: HOUR,
  notify: 15 * MINUTE,
  forget: 24 * HOUR,
};
const NOW = new Date('2024-03-01T00:00:00.000Z');
const at = (ms: number): Date => new Date(NOW.getTime() + ms);

/** Runs what is due of a task, as a process would. */
function run(
  state: TaskState,
  now: Date,
  { error = null, random = 0.5 }: { readonly error?: string | null; readonly random?: number } = {},
): TaskState {
  const since = begun(state, now);
  return afterRun(since, { now, error, period: PERIODS[state.task], random, since });
}

describe('tasks', () => {
  it('are all due when nobody has run them yet', () => {
    const { due, corrected } = planTasks([], NOW, PERIODS);
    assert.deepEqual([due, corrected.map(({ task }) => task)], [TASK_NAMES, TASK_NAMES]);
  });

  it('are due again after their period, spread by a tenth to either side', () => {
    const early = run(fresh('discover', NOW), NOW, { random: 0 });
    const late = run(fresh('discover', NOW), NOW, { random: 1 });
    assert.equal(Date.parse(early.dueAt) - NOW.getTime(), 54 * MINUTE);
    assert.equal(Date.parse(late.dueAt) - NOW.getTime(), 66 * MINUTE);
    assert.deepEqual([early.result, early.runs, early.failures], ['ok', 1, 0]);
  });

  it('are due once, however long the clock jumped', () => {
    const state = run(fresh('discover', NOW), NOW);
    const months = at(160 * 24 * HOUR);
    assert.deepEqual(
      planTasks([state], months, PERIODS).due.filter((task) => task === 'discover'),
      ['discover'],
    );
    assert.equal(isDue(run(state, months), months), false);
  });

  it('that a clock which was wrong put far into the future are pulled back', () => {
    const state = run(fresh('discover', NOW), at(365 * 24 * HOUR));
    const { due, corrected } = planTasks([state], NOW, PERIODS);
    assert.ok(!due.includes('discover'));
    const pulled = corrected.find(({ task }) => task === 'discover');
    assert.equal(pulled?.dueAt, at(HOUR).toISOString());
    assert.deepEqual(
      planTasks([pulled ?? state], NOW, PERIODS).corrected.map(({ task }) => task),
      TASK_NAMES.slice(1),
    );
  });

  it('that fail are tried again sooner, and later each time, up to their period', () => {
    const pauses: number[] = [];
    let state = fresh('discover', NOW);
    let now = NOW;
    for (let tries = 0; tries < 9; tries++) {
      state = run(state, now, { error: 'no' });
      pauses.push(Math.round((Date.parse(state.dueAt) - now.getTime()) / MINUTE));
      now = new Date(state.dueAt);
    }
    assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert.deepEqual([state.failures, state.failingSince], [9, NOW.toISOString()]);
    const well = run(state, now);
    assert.deepEqual(
      [well.failingSince, well.error, Date.parse(well.dueAt) - now.getTime()],
      [null, null, HOUR],
    );
    assert.equal(Date.parse(run(well, now, { error: 'again' }).dueAt) - now.getTime(), MINUTE);
  });

  it('that are asked for while they run are run once more, also where the clock stands', () => {
    const since = begun(fresh('assess', NOW), NOW);
    const wanted = asked(since, NOW);
    assert.notDeepEqual(wanted, since);
    const ended = afterRun(wanted, { now: NOW, error: null, period: HOUR, random: 0.5, since });
    assert.equal(isDue(ended, NOW), true);
    assert.equal(isDue(run(ended, NOW), NOW), false);
    // A second run at the same instant is told from the first.
    const again = begun(ended, NOW);
    assert.notEqual(asked(again, NOW), again);
  });

  it('that wait to be run are not written anew when they are asked for', () => {
    const state = fresh('assess', NOW);
    assert.equal(asked(state, at(MINUTE)), state);
  });

  it('of a process that was killed in the middle are still due', () => {
    assert.equal(isDue(begun(fresh('assess', NOW), NOW), NOW), true);
  });

  it('whatever the clock does, none is lost and none runs twice at an instant', () => {
    const steps = fc.array(
      fc.record({
        jump: fc.integer({ min: -400 * 24 * HOUR, max: 400 * 24 * HOUR }),
        fails: fc.boolean(),
        random: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(steps, (list) => {
        let states: readonly TaskState[] = [];
        let now = NOW.getTime();
        for (const { jump, fails, random } of list) {
          now = Math.max(0, now + jump);
          const clock = new Date(now);
          const { due, corrected } = planTasks(states, clock, PERIODS);
          const byTask = new Map([...states, ...corrected].map((state) => [state.task, state]));
          for (const task of due) {
            const state = byTask.get(task);
            assert.ok(state !== undefined);
            byTask.set(task, run(state, clock, { error: fails ? 'no' : null, random }));
          }
          states = [...byTask.values()];
          assert.deepEqual(planTasks(states, clock, PERIODS).due, [], 'nothing is due twice at an instant');
          for (const { task, dueAt } of states)
            assert.ok(
              Date.parse(dueAt) <= now + PERIODS[task] * 1.1,
              'nothing is due later than a period from now',
            );
        }
      }),
    );
  });
});
