import type { TaskName } from '../../model/governance.ts';
import type { Job, JobKind } from '../../queue/index.ts';

const MINUTE = 60;

/** What has to be quiet before it is decided what is to be assessed: else lists are that nobody has any more. */
export const BEFORE_ASSESS = ['discover', 'discover-cluster', 'place'] as const;

/** What has to be quiet before it is decided what is new: else a part is told now, and the rest much later. */
export const BEFORE_NEWS = [...BEFORE_ASSESS, 'assess', 'assess-list', 'summarise'] as const;

/**
 * All kinds of jobs, those first that others build upon: what is placed is assessed, what is assessed is summed up, what
 * is summed up is told. Each is right at any time; the order only saves work.
 */
export const KINDS = [
  /** Which clusters and pools there are. */
  { name: 'discover', after: [], parallel: 1, seconds: 60 * MINUTE },
  /** Fetches advisories. */
  { name: 'advisories', after: [], parallel: 1, seconds: 60 * MINUTE },
  /** Fetches the catalogue of node images. */
  { name: 'images', after: [], parallel: 1, seconds: 60 * MINUTE },
  /** The nodes of one cluster. Key: its id. */
  { name: 'discover-cluster', after: [], parallel: 4, seconds: 30 * MINUTE },
  /** Which software the pools of one cluster have, and could have, as the catalogue is now. Key: its id. */
  { name: 'place', after: [], parallel: 1, seconds: 30 * MINUTE },
  /** Finds the software lists that have to be assessed. */
  { name: 'assess', after: BEFORE_ASSESS, parallel: 1, seconds: 30 * MINUTE },
  /** Assesses one software list. Key: its digest. */
  { name: 'assess-list', after: [], parallel: 1, seconds: 15 * MINUTE },
  /** The recommendations, from everything that is known. */
  {
    name: 'summarise',
    after: [...BEFORE_ASSESS, 'assess', 'assess-list'],
    parallel: 1,
    seconds: 30 * MINUTE,
  },
  /** Which news have to be told. */
  { name: 'notify', after: BEFORE_NEWS, parallel: 1, seconds: 15 * MINUTE },
  /** Sends digests. */
  { name: 'deliver', after: [], parallel: 1, seconds: 15 * MINUTE },
  /** Forgets what is older than it is kept. */
  { name: 'forget', after: [], parallel: 1, seconds: 30 * MINUTE },
  /** Reads the disk of one node. Key: its id. */
  { name: 'scan-disk', after: ['discover'], parallel: 3, seconds: 70 * MINUTE },
] as const satisfies readonly JobKind[];

/** The name of a kind of jobs. */
export type WorkKind = (typeof KINDS)[number]['name'];

/**
 * Kinds that the process with the lead does itself: they are about the files of its own folder, and what other processes
 * then do follows from them.
 */
export const OWN_KINDS: ReadonlySet<string> = new Set<WorkKind>(['advisories', 'images', 'assess']);

/** The job of a task. */
export function taskJob(task: TaskName): Job {
  return { kind: task satisfies WorkKind, key: '', data: {} };
}

/** A job about one thing. */
export function jobOf(kind: WorkKind, key: string, data: Job['data'] = {}): Job {
  return { kind, key, data };
}
