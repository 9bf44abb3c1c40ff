/** The queue's public entry. */
export { alone, type Lead, SharedLead } from './lead.ts';
export { LocalQueue } from './local.ts';
export { type QueueTiming, SharedQueue } from './postgres.ts';
export type { Job, JobHandler, JobKind, JobQueue } from './types.ts';
