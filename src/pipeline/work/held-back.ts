import type { Fleet } from '../fleet/index.ts';
import { isDue } from './due.ts';
import { BEFORE_ASSESS, BEFORE_NEWS } from './kinds.ts';
import type { Worker } from './worker.ts';

/** However long others take, a task is not held back for longer. */
const MAX_HELD_MS = 600_000;

/** Tasks that wait until what they build upon is quiet, in whichever process that is done. */
export class HeldBack {
  readonly #worker: Pick<Worker, 'fleet' | 'busy'>;
  readonly #now: () => number;
  /** Since when each is held back, and after how many runs of it: another process may do the one that is due. */
  readonly #held = new Map<string, { readonly since: number; readonly runs: number }>();

  /** @param now milliseconds that only grow */
  constructor(worker: Pick<Worker, 'fleet' | 'busy'>, now: () => number = () => performance.now()) {
    this.#worker = worker;
    this.#now = now;
  }

  /** Whether a job is not to be done yet. */
  async back(kind: string): Promise<boolean> {
    if (await this.#mustWait(kind)) {
      const runs = await runsOf(this.#worker.fleet, kind);
      const before = this.#held.get(kind);
      const since = before?.runs === runs ? before.since : this.#now();
      this.#held.set(kind, { since, runs });
      if (this.#now() - since < MAX_HELD_MS) return true;
    }
    this.#held.delete(kind);
    return false;
  }

  async #mustWait(kind: string): Promise<boolean> {
    const worker = this.#worker;
    if (kind === 'assess') return worker.busy(BEFORE_ASSESS);
    if (kind !== 'notify') return false;
    return (await worker.busy(BEFORE_NEWS)) || (await isAssessingDue(worker.fleet));
  }
}

async function isAssessingDue({ store, clock }: Fleet): Promise<boolean> {
  return (await store.governance.tasks()).some((each) => each.task === 'assess' && isDue(each, clock.now()));
}

async function runsOf({ store }: Fleet, kind: string): Promise<number> {
  return (await store.governance.tasks()).find(({ task }) => task === kind)?.runs ?? 0;
}
