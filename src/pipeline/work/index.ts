/** Keeping everything current by itself: what is due, the jobs that come of it, and the processes that share them. */
export { liveSandboxClock } from './clock.ts';
export { periodsOf } from './periods.ts';
export { runContinuously, type WorkSetup, workUntil } from './run.ts';
