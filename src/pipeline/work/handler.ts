import { NodewardError } from '../../base/errors.ts';
import { TASK_NAMES, type TaskName } from '../../model/governance.ts';
import type { Job, JobHandler } from '../../queue/index.ts';
import { assess, ListAssessor, summarise } from './findings-jobs.ts';
import { HeldBack } from './held-back.ts';
import { fetchAdvisories, fetchImages, forget } from './keep-jobs.ts';
import type { WorkKind } from './kinds.ts';
import { discover, discoverCluster, placeCluster, scanDisk } from './look-jobs.ts';
import { deliverDigests, notify } from './notify-jobs.ts';
import { failure, runTask } from './tasks.ts';
import type { Worker } from './worker.ts';

/** Does a job. @returns what to tell; null where there is nothing to tell */
type Doing = (worker: Worker, job: Job, signal: AbortSignal) => Promise<string | null>;

/** Does jobs of all kinds, and says what came of each. */
export function handlerOf(worker: Worker): JobHandler {
  const lists = new ListAssessor();
  const held = new HeldBack(worker);
  const doings: Readonly<Record<WorkKind, Doing>> = {
    discover: (_, __, signal) => discover(worker, signal),
    advisories: (_, __, signal) => fetchAdvisories(worker, signal),
    images: (_, __, signal) => fetchImages(worker, signal),
    'discover-cluster': discoverCluster,
    place: placeCluster,
    assess,
    'assess-list': (_, job) => lists.assess(worker, job),
    summarise,
    notify,
    deliver: (_, __, signal) => deliverDigests(worker, signal),
    forget,
    'scan-disk': scanDisk,
  };
  return async (job, signal) => {
    try {
      const doing = doings[job.kind as WorkKind] as Doing | undefined;
      if (doing === undefined)
        throw new NodewardError('internal', `There is no job ${JSON.stringify(job.kind)} in this version`);
      // It stays due, and is sent again.
      if (await held.back(job.kind)) return;
      const run = (): Promise<string | null> => doing(worker, job, signal);
      const text = isTask(job.kind) ? await runTask(worker, job.kind, { run, signal }) : await run();
      const assessed = lists.tell(text !== null);
      if (assessed !== null) worker.tell('assess-list', assessed);
      if (text !== null) worker.tell(job.kind, text);
    } catch (thrown) {
      // Who is interrupted gives the job back, and has nothing to tell.
      if (!signal.aborted) worker.tell(job.kind, failure(thrown));
      throw thrown;
    }
  };
}

function isTask(kind: string): kind is TaskName {
  return TASK_NAMES.some((task) => task === kind);
}
