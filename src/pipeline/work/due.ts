/** When tasks are due. Pure: instants of the fleet's clock in, states out. */
import { TASK_NAMES, type TaskName, type TaskState } from '../../model/governance.ts';

const MINUTE = 60_000;

/** How often a task runs, in milliseconds. */
export type Periods = Readonly<Record<TaskName, number>>;

/** Whoever is started at the same time as others spreads out, by up to so much of a period to either side. */
const JITTER = 0.1;

/** How long a task that failed waits, the first time; then twice as long each time, up to its period. */
const FIRST_RETRY_MS = MINUTE;

/** A task that nobody has run yet: it is due. */
export function fresh(task: TaskName, now: Date): TaskState {
  return {
    task,
    dueAt: now.toISOString(),
    startedAt: null,
    endedAt: null,
    result: null,
    error: null,
    failingSince: null,
    runs: 0,
    failures: 0,
  };
}

/** What has to be done now. */
export interface DuePlan {
  readonly due: readonly TaskName[];
  /** States that are not as they should be: new ones, and those that a clock which was wrong put too far into the future. */
  readonly corrected: readonly TaskState[];
}

/** Which tasks are due. However long nobody looked, each is due once. */
export function planTasks(states: readonly TaskState[], now: Date, periods: Periods): DuePlan {
  const known = new Map(states.map((state) => [state.task, state]));
  const due: TaskName[] = [];
  const corrected: TaskState[] = [];
  for (const task of TASK_NAMES) {
    const before = known.get(task);
    const state = before === undefined ? fresh(task, now) : pulledBack(before, now, periods[task]);
    if (state !== before) corrected.push(state);
    if (isDue(state, now)) due.push(task);
  }
  return { due, corrected };
}

/** Whether a task has to be run. */
export function isDue({ dueAt }: TaskState, now: Date): boolean {
  return !(Date.parse(dueAt) > now.getTime());
}

function pulledBack(state: TaskState, now: Date, period: number): TaskState {
  const latest = now.getTime() + period * (1 + JITTER);
  return Date.parse(state.dueAt) > latest ? { ...state, dueAt: iso(now.getTime() + period) } : state;
}

/** What a run came to. */
export interface Ended {
  readonly now: Date;
  /** Null where it went well. */
  readonly error: string | null;
  readonly period: number;
  /** From 0 to 1. */
  readonly random: number;
  /** The state that the run began with. */
  readonly since: TaskState;
}

/**
 * The state of a task after a run. One that was asked for while it ran is still due: what it was asked for may have come
 * too late for that run.
 */
export function afterRun(state: TaskState, { now, error, period, random, since }: Ended): TaskState {
  const askedFor = state.dueAt !== since.dueAt;
  const next = error === null ? period * (1 + JITTER * (2 * random - 1)) : retryPause(since, period);
  return {
    ...state,
    dueAt: askedFor ? state.dueAt : iso(now.getTime() + next),
    endedAt: iso(Math.max(now.getTime(), Date.parse(since.startedAt ?? since.dueAt))),
    result: error === null ? 'ok' : 'failed',
    error,
    failingSince: error === null ? null : (state.failingSince ?? now.toISOString()),
    runs: state.runs + 1,
    failures: state.failures + (error === null ? 0 : 1),
  };
}

/** Twice as long as it waited before this run, where that was after a failure. */
function retryPause({ result, endedAt, dueAt }: TaskState, period: number): number {
  const before = result === 'failed' && endedAt !== null ? Date.parse(dueAt) - Date.parse(endedAt) : 0;
  return Math.min(period, Math.max(FIRST_RETRY_MS, before * 2));
}

/**
 * The state of a task whose run begins. It stays due until the run has ended, and is told from one that is asked for in
 * between also where the clock stands.
 */
export function begun(state: TaskState, now: Date): TaskState {
  const afterLast = state.endedAt === null ? now.getTime() : Date.parse(state.endedAt) + 1;
  return {
    ...state,
    dueAt: iso(Math.min(Date.parse(state.dueAt), now.getTime() - 1)),
    startedAt: iso(Math.max(now.getTime(), afterLast)),
  };
}

/** Whether a run was begun that has not ended, as far as the state tells: its process may have been killed. */
function isRunning({ startedAt, endedAt }: TaskState): boolean {
  return startedAt !== null && (endedAt === null || startedAt > endedAt);
}

/** The state of a task that is to run as soon as may be: one that is under way may have begun too early. */
export function asked(state: TaskState, now: Date): TaskState {
  return isDue(state, now) && !isRunning(state) ? state : { ...state, dueAt: now.toISOString() };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
