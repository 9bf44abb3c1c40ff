import { setTimeout as sleep } from 'node:timers/promises';
import { PgBoss } from 'pg-boss';
import { NodewardError, reasonOf } from '../base/errors.ts';
import { type Job, type JobData, type JobHandler, type JobKind, type JobQueue, RETRIES } from './types.ts';

const SCHEMA = 'nodeward_jobs';
const QUEUE = 'work';
const STOP_MS = 30_000;
const IDLE_LOOK_MS = 500;
/** How often a worker that has nothing to do looks for jobs that nobody told it of: those that are tried again. */
const LOOK_SECONDS = 5;
const HOUR = 3_600;
const DAY = 24 * HOUR;

/** How soon what happens in other processes is noticed. */
export interface QueueTiming {
  /** A job whose process says nothing for so long is given to another one. Seconds, at least 10. */
  readonly leaseSeconds: number;
  /** How often such jobs are looked for, in any of the processes. Seconds. */
  readonly superviseSeconds: number;
}

const TIMING: QueueTiming = { leaseSeconds: 60, superviseSeconds: 10 };

/** What a queue on PostgreSQL works with. */
export interface SharedQueueOptions {
  /** The database: its jobs are in a schema of their own. */
  readonly url: string;
  readonly kinds: readonly JobKind[];
  /** How many jobs this process does at a time, of all kinds. */
  readonly parallel: number;
  readonly timing?: QueueTiming;
  /** Told what goes wrong with the queue itself: it goes on by itself as soon as it can. */
  readonly trouble: (text: string) => void;
}

/** What a job is stored as. */
interface Stored {
  readonly kind: string;
  readonly key: string;
  readonly data: JobData;
}

/**
 * Jobs that any number of processes share, through pg-boss: all of them in one queue, in which at most one job of a kind
 * and key waits and one runs, and those of earlier kinds are taken first. A job of a process that died is lost when its
 * lease ends, and is then done by another one.
 */
export class SharedQueue implements JobQueue {
  readonly #options: SharedQueueOptions;
  readonly #timing: QueueTiming;
  readonly #boss: PgBoss;
  readonly #stopping = new AbortController();

  private constructor(options: SharedQueueOptions) {
    this.#options = options;
    this.#timing = options.timing ?? TIMING;
    const { superviseSeconds } = this.#timing;
    this.#boss = new PgBoss({
      ...{ connectionString: options.url, schema: SCHEMA, max: 4, useListenNotify: true },
      ...{ superviseIntervalSeconds: superviseSeconds, monitorIntervalSeconds: superviseSeconds },
      // What is due is kept in the store, by the clock of the fleet.
      ...{ schedule: false, registerInstance: false },
    });
    // Some of what pg-boss tells as errors are none, and only have a message.
    this.#boss.on('error', ({ message }) => options.trouble(failed(message, options.url).message));
    this.#boss.on('warning', ({ message }) => options.trouble(message));
  }

  /** Opens the queue; makes it where there is none. @throws NodewardError store-failed */
  static async open(options: SharedQueueOptions): Promise<SharedQueue> {
    const queue = new SharedQueue(options);
    try {
      await queue.#boss.start();
      await queue.#boss.createQueue(QUEUE, { policy: 'stately', notify: true });
      return queue;
    } catch (thrown) {
      await queue.#boss.stop({ graceful: false }).catch(() => {});
      throw failed(thrown, options.url);
    }
  }

  async send(jobs: readonly Job[]): Promise<void> {
    try {
      for (const { kind, key, data } of jobs) {
        const rank = this.#options.kinds.findIndex(({ name }) => name === kind);
        const stored: Stored = { kind, key, data };
        await this.#boss.upsert(QUEUE, stored, {
          ...{ singletonKey: `${kind} ${key}`, group: { id: kind, tier: kind }, priority: -rank },
          ...{ retryLimit: RETRIES.limit, retryDelay: RETRIES.firstSeconds, retryBackoff: true },
          ...{ retryDelayMax: RETRIES.maxSeconds, heartbeatSeconds: this.#timing.leaseSeconds },
          ...{ expireInSeconds: this.#options.kinds[rank]?.seconds ?? HOUR },
          ...{ retentionSeconds: DAY, deleteAfterSeconds: DAY },
        });
      }
    } catch (thrown) {
      throw failed(thrown, this.#options.url);
    }
  }

  async work(handler: JobHandler): Promise<void> {
    const { kinds, parallel } = this.#options;
    const limits = kinds.map((kind) => [kind.name, Math.min(kind.parallel, parallel)]);
    await this.#boss.work<Stored>(
      QUEUE,
      {
        ...{
          localConcurrency: parallel,
          pollingIntervalSeconds: 2,
          notifyPollingIntervalSeconds: LOOK_SECONDS,
        },
        localGroupConcurrency: { default: 1, tiers: Object.fromEntries(limits) },
      },
      async ([job]) => {
        if (job === undefined) return;
        try {
          const signal = AbortSignal.any([job.signal, this.#stopping.signal]);
          signal.throwIfAborted();
          await handler(job.data, signal);
        } finally {
          // Whoever has done a job looks for the next one at once, not when it is time to look.
          for (const { id } of this.#boss.getWipData()) this.#boss.notifyWorker(id);
        }
      },
    );
  }

  waits(kind: string): Promise<boolean> {
    return this.#exists("state = 'created' and group_id = $2", [kind]);
  }

  busy(kinds: readonly string[]): Promise<boolean> {
    return this.#exists("state < 'completed' and group_id = any($2)", [kinds]);
  }

  async idle(signal: AbortSignal): Promise<void> {
    while (await this.#exists("state < 'completed'", [])) await sleep(IDLE_LOOK_MS, undefined, { signal });
  }

  /** pg-boss counts jobs once a minute; what is asked here must be of now. */
  async #exists(condition: string, values: readonly (string | readonly string[])[]): Promise<boolean> {
    const sql = `select 1 from ${SCHEMA}.job where name = $1 and ${condition} limit 1`;
    try {
      const { rows } = await this.#boss.getDb().executeSql(sql, [QUEUE, ...values]);
      return rows.length > 0;
    } catch (thrown) {
      throw failed(thrown, this.#options.url);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new NodewardError('interrupted', 'interrupted'));
    await this.#boss.stop({ graceful: true, timeout: STOP_MS });
  }
}

/** The server is named, never the user or the password. */
export function failed(thrown: unknown, url: string): NodewardError {
  if (thrown instanceof NodewardError) return thrown;
  const host = URL.parse(url)?.host ?? 'the server';
  return new NodewardError(
    'store-failed',
    `The jobs in PostgreSQL at ${host} cannot be used: ${reasonOf(thrown)}`,
    {
      cause: thrown,
    },
  );
}
