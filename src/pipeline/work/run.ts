import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { NodewardError } from '../../base/errors.ts';
import { lockFolder } from '../../base/lock.ts';
import {
  alone,
  type Job,
  type JobHandler,
  type JobQueue,
  type Lead,
  LocalQueue,
  type QueueTiming,
  SharedLead,
  SharedQueue,
} from '../../queue/index.ts';
import type { Fleet } from '../fleet/index.ts';
import { reviveRefused } from '../notify/index.ts';
import { Files } from './files.ts';
import { handlerOf } from './handler.ts';
import { KINDS, OWN_KINDS } from './kinds.ts';
import { ProviderHolder, type ProviderSource } from './providers.ts';
import { type Decided, Scheduler } from './scheduler.ts';
import { SyncTurn } from './sync-turn.ts';
import { failure } from './tasks.ts';
import type { Worker } from './worker.ts';

/** How often it is looked whether anything is due. Milliseconds. */
const LOOK_MS = 2_000;
/** The same trouble is told again after so long. Milliseconds. */
const TROUBLE_MS = 300_000;
/** How long a job that failed waits, the first time, with `--once`. Milliseconds. */
const ONCE_RETRY_MS = 500;
/** Jobs of all kinds that a process does at a time. */
const PARALLEL = 8;
/** `--once` ends after so many rounds also where each of them left something to do. */
const MAX_ROUNDS = 20;

/** What a process that works for long is given. */
export interface WorkSetup
  extends Pick<Worker, 'fleet' | 'periods' | 'channels' | 'scanWorker' | 'parallel' | 'sandbox' | 'tell'> {
  /** The setting storage.url; null on SQLite. */
  readonly url: string | null;
  readonly providers: ProviderSource;
  /** For tests: how soon jobs of a process that died are done by others. */
  readonly timing?: QueueTiming;
}

/**
 * Keeps everything current until the signal: decides what is due, and does it. With PostgreSQL other processes share the
 * jobs, and one of those that run decides.
 * @param options.once does what is due or changed, once, and returns
 * @returns with `once`, the tasks and kinds of jobs that failed
 * @throws NodewardError store-busy where another process keeps a SQLite store current; store-failed; with `once` also
 *   what keeps it from deciding
 */
export async function runContinuously(
  setup: WorkSetup,
  { once, signal }: { readonly once: boolean; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const unlock = setup.url === null ? lockRun(setup.fleet) : () => {};
  const running = await start(setup, once ? 'once' : 'run').catch((thrown: unknown) => {
    unlock();
    throw thrown;
  });
  try {
    await reviveRefused(setup.fleet, setup.channels);
    if (once) return await runOnce(running, signal);
    await decideUntil(running, signal);
    return [];
  } finally {
    await running.stop();
    unlock();
  }
}

/**
 * Does jobs that others decide upon, until the signal.
 * @throws NodewardError usage where the store is not shared; store-failed
 */
export async function workUntil(setup: WorkSetup, signal: AbortSignal): Promise<void> {
  const running = await start(setup, 'worker');
  try {
    await ended(signal);
  } finally {
    await running.stop();
  }
}

/** A process that does jobs. */
interface Running {
  readonly worker: Worker;
  readonly scheduler: Scheduler;
  /** Kinds of jobs that failed the last time they were tried. */
  failing(): readonly string[];
  trouble(thrown: unknown): void;
  idle(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

type Role = 'run' | 'once' | 'worker';

async function start(setup: WorkSetup, as: Role): Promise<Running> {
  const { fleet, tell, url } = setup;
  const trouble = quieted((text) => tell('jobs', text));
  const queues = await openQueues(setup, { as, trouble });
  const lead: Lead = url === null ? alone : new SharedLead(url);
  const providers = new ProviderHolder(setup.providers);
  const worker: Worker = {
    ...setup,
    ...{ providers, turn: new SyncTurn(fleet), files: new Files(fleet.workspace), random: Math.random },
    send: (jobs) => queues.send(jobs),
    waits: (kind) => queues.waits(kind),
    busy: (kinds) => queues.busy(kinds),
    tell: (what, text) => tell(what, text),
  };
  const failing = new Map<string, string>();
  await queues.work(noting(handlerOf(worker), failing));
  return {
    worker,
    failing: () => [...new Set(failing.values())],
    scheduler: new Scheduler(worker, lead),
    trouble: (thrown) => trouble(failure(thrown)),
    idle: (signal) => queues.idle(signal),
    async stop() {
      await queues.stop();
      await lead.release();
      await providers.close();
    },
  };
}

/** Keeps which jobs failed and were not done since. */
function noting(handler: JobHandler, failing: Map<string, string>): JobHandler {
  return async (job, signal) => {
    const id = `${job.kind} ${job.key}`;
    try {
      await handler(job, signal);
      failing.delete(id);
    } catch (thrown) {
      failing.set(id, job.kind);
      throw thrown;
    }
  };
}

/** The queue of a process: on SQLite its own; with PostgreSQL the shared one, beside one of its own for what only it can do. */
async function openQueues(
  { url, timing }: WorkSetup,
  { as, trouble }: { readonly as: Role; readonly trouble: (text: string) => void },
): Promise<JobQueue> {
  // Who waits for everything to be done does not want to wait for minutes.
  const own = new LocalQueue(KINDS, as === 'once' ? { firstRetryMs: ONCE_RETRY_MS } : {});
  if (url === null) return own;
  const shared = await SharedQueue.open({
    ...{ url, kinds: KINDS, parallel: PARALLEL, trouble },
    ...(timing === undefined ? {} : { timing }),
  });
  return as === 'worker' ? shared : new SplitQueue(shared, own);
}

/** Jobs that others share, and those that only this process does. */
class SplitQueue implements JobQueue {
  readonly #shared: JobQueue;
  readonly #own: JobQueue;

  constructor(shared: JobQueue, own: JobQueue) {
    this.#shared = shared;
    this.#own = own;
  }

  async send(jobs: readonly Job[]): Promise<void> {
    await this.#shared.send(jobs.filter(({ kind }) => !OWN_KINDS.has(kind)));
    await this.#own.send(jobs.filter(({ kind }) => OWN_KINDS.has(kind)));
  }

  async work(handler: JobHandler): Promise<void> {
    await this.#own.work(handler);
    await this.#shared.work(handler);
  }

  waits(kind: string): Promise<boolean> {
    return OWN_KINDS.has(kind) ? this.#own.waits(kind) : this.#shared.waits(kind);
  }

  async busy(kinds: readonly string[]): Promise<boolean> {
    return (await this.#own.busy(kinds)) || (await this.#shared.busy(kinds));
  }

  async idle(signal: AbortSignal): Promise<void> {
    await this.#own.idle(signal);
    await this.#shared.idle(signal);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#own.stop(), this.#shared.stop()]);
  }
}

async function decideUntil({ scheduler, worker, trouble }: Running, signal: AbortSignal): Promise<void> {
  let before: Decided | null = null;
  while (!signal.aborted) {
    try {
      const decided = await scheduler.decide();
      if (decided === 'followed' && before !== 'followed')
        worker.tell('run', 'another process decides what is due; this one shares the work');
      before = decided;
    } catch (thrown) {
      trouble(thrown);
    }
    await pause(LOOK_MS, undefined, { signal }).catch(() => {});
  }
}

/** Each task once at the most, but for assessing, which others ask for. */
async function runOnce(
  { scheduler, worker, idle, failing }: Running,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const began = new Map((await worker.fleet.store.governance.tasks()).map((each) => [each.task, each.runs]));
  for (let round = 0; round < MAX_ROUNDS; ) {
    const states = await worker.fleet.store.governance.tasks();
    const ran = states.filter(({ task, runs }) => task !== 'assess' && runs > (began.get(task) ?? 0));
    const but = new Set(ran.map(({ task }) => task));
    const decided = await scheduler.decide(but);
    await idle(signal);
    if (decided === 'sent') round++;
    // What is due is sent by whoever decides; if that one goes away, this one does.
    else if (decided === 'followed' && (await scheduler.due(but)).length > 0)
      await pause(LOOK_MS, undefined, { signal });
    else break;
  }
  const states = await worker.fleet.store.governance.tasks();
  const failed = states.filter(
    ({ task, runs, result }) => result === 'failed' && runs > (began.get(task) ?? 0),
  );
  return [...failed.map(({ task }) => task), ...failing()];
}

/** One process keeps a SQLite store current: two would do everything twice. */
function lockRun({ workspace }: Fleet): () => void {
  const folder = join(workspace.paths.dataDir, 'run');
  try {
    return lockFolder(folder);
  } catch (thrown) {
    if (!(thrown instanceof NodewardError) || thrown.code !== 'database-busy') throw thrown;
    throw new NodewardError('store-busy', 'Another `nodeward run` keeps this store current', {
      place: folder,
      remedy:
        'Stop that one first. Several processes can share the work where storage.url names a PostgreSQL database.',
    });
  }
}

/** The same text is told once in a while. */
function quieted(tell: (text: string) => void): (text: string) => void {
  const told = new Map<string, number>();
  return (text) => {
    const now = performance.now();
    if (now - (told.get(text) ?? Number.NEGATIVE_INFINITY) < TROUBLE_MS) return;
    if (told.size > 100) told.clear();
    told.set(text, now);
    tell(text);
  };
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
