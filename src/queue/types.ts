/** Jobs: pieces of work that several processes may share. What a job does is in the store, so doing one twice does no harm. */

/** What a worker has to know beside the store: ids and names, nothing secret. */
export type JobData = Readonly<Record<string, string>>;

/** One piece of work. */
export interface Job {
  /** Name of its kind. */
  readonly kind: string;
  /** What it is about. Of one kind and key, one job waits at most, and one runs at most. */
  readonly key: string;
  readonly data: JobData;
}

/** How jobs of one kind are run. Of two kinds, jobs of the one that is listed first are taken first, as long as a process may do more of them. */
export interface JobKind {
  readonly name: string;
  /** Kinds whose jobs are done first, where they are done in the same process and do not take too long. */
  readonly after: readonly string[];
  /** How many a process runs at a time. */
  readonly parallel: number;
  /** After how long one counts as lost. */
  readonly seconds: number;
}

/**
 * Does a job.
 * @param signal aborted when the process stops, or when the job was given to another process
 * @throws what keeps it from being done: it is tried again some times, later each time
 */
export type JobHandler = (job: Job, signal: AbortSignal) => Promise<void>;

/** Jobs that wait, and those that run. */
export interface JobQueue {
  /** Adds jobs. One that waits already under the same key gets the data of the new one. */
  send(jobs: readonly Job[]): Promise<void>;
  /** Begins to do jobs. */
  work(handler: JobHandler): Promise<void>;
  /** Whether a job of a kind waits that nobody has begun yet. */
  waits(kind: string): Promise<boolean>;
  /** Whether a job of one of these kinds waits, runs or is tried again later. */
  busy(kinds: readonly string[]): Promise<boolean>;
  /** Waits until nothing waits or runs, in any process. @throws the reason of the signal */
  idle(signal: AbortSignal): Promise<void>;
  /** Ends: what runs is interrupted and waited for; what is not done is given back. */
  stop(): Promise<void>;
}

/** How often a job that failed is tried again, and after how long: twice as long each time. */
export const RETRIES = { limit: 6, firstSeconds: 5, maxSeconds: 60 } as const;
