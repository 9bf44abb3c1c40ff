/** Tasks in the store: what is due, and what became of each run. Whoever asks for a run sets it due; jobs only ring. */
import { NodewardError, reasonOf } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import type { TaskName, TaskState } from '../../model/governance.ts';
import type { StoreReader } from '../../storage/index.ts';
import type { Fleet } from '../fleet/index.ts';
import { afterRun, asked, begun, fresh, isDue, type Periods } from './due.ts';

/** What running a task needs. */
export interface TaskBook {
  readonly fleet: Fleet;
  readonly periods: Periods;
  /** Spreads periods; from 0 to 1. */
  random(): number;
}

/**
 * Runs a task if it is due, and keeps what became of it: what a run throws is kept too, and the task is tried again sooner.
 * @returns what to tell; null where there is nothing to tell
 * @throws the reason of the signal, and what the store throws: the task is then still due
 */
export async function runTask(
  book: TaskBook,
  task: TaskName,
  { run, signal }: { readonly run: () => Promise<string | null>; readonly signal: AbortSignal },
): Promise<string | null> {
  const since = await begin(book.fleet, task);
  if (since === null) return null;
  let told: string | null;
  let error: string | null = null;
  try {
    told = await run();
  } catch (thrown) {
    signal.throwIfAborted();
    error = printable(reasonOf(thrown));
    told = failure(thrown);
  }
  const { fleet, periods } = book;
  await fleet.store.write(async ({ governance }) => {
    const now = fleet.clock.now();
    const ended = { now, error, period: periods[task], random: book.random(), since };
    await governance.putTask(afterRun(await stateOf(governance, task, now), ended));
  });
  return told;
}

/** What went wrong, and what to do, in one line. */
export function failure(thrown: unknown): string {
  const remedy = thrown instanceof NodewardError ? ` → ${thrown.remedy}` : '';
  return printable(`failed: ${reasonOf(thrown)}${remedy}`);
}

/** Asks for a run of a task as soon as may be; one that is under way does not count. */
export async function ask({ store, clock }: Pick<Fleet, 'store' | 'clock'>, task: TaskName): Promise<void> {
  const now = clock.now();
  const before = (await store.governance.tasks()).find((each) => each.task === task);
  if (before !== undefined && asked(before, now) === before) return;
  await store.write(async ({ governance }) =>
    governance.putTask(asked(await stateOf(governance, task, now), now)),
  );
}

/** @returns the state that the run began with; null where it is not due */
function begin(fleet: Fleet, task: TaskName): Promise<TaskState | null> {
  return fleet.store.write(async ({ governance }) => {
    const now = fleet.clock.now();
    const before = await stateOf(governance, task, now);
    if (!isDue(before, now)) return null;
    const state = begun(before, now);
    await governance.putTask(state);
    return state;
  });
}

async function stateOf(governance: StoreReader['governance'], task: TaskName, now: Date): Promise<TaskState> {
  return (await governance.tasks()).find((each) => each.task === task) ?? fresh(task, now);
}
