import type { TaskName } from '../../model/governance.ts';
import type { Job, Lead } from '../../queue/index.ts';
import { currency } from '../findings/index.ts';
import { planTasks } from './due.ts';
import { jobOf, taskJob } from './kinds.ts';
import { ask } from './tasks.ts';
import type { Worker } from './worker.ts';

/** What deciding needs. */
type Decider = Pick<Worker, 'fleet' | 'files' | 'periods' | 'channels' | 'send'>;

/** How often it is asked whether decisions, or what others did, made the findings outdated. Milliseconds. */
const CURRENCY_MS = 15_000;

/** What deciding came to. */
export type Decided = 'followed' | 'sent' | 'quiet';

/** Decides what has to be done now, by the store and by the files of the data folder, and sends the jobs. */
export class Scheduler {
  readonly #worker: Decider;
  readonly #lead: Lead;
  #led = false;
  /** What the findings were behind of when it was last asked, and when that was by the machine's clock. */
  #behind = { told: '', at: Number.NEGATIVE_INFINITY };

  constructor(worker: Decider, lead: Lead) {
    this.#worker = worker;
    this.#lead = lead;
  }

  /**
   * @param but tasks that are left out also where they are due
   * @returns `followed` where another process decides; `quiet` where there was nothing to do
   * @throws NodewardError of the store, of the lead and of opening the databases
   */
  async decide(but: ReadonlySet<TaskName> = new Set()): Promise<Decided> {
    const led = this.#led;
    // Until everything is sent: what is noticed is noticed once, and where it cannot be sent, the next round catches up.
    this.#led = false;
    if (!(await this.#lead.take())) return 'followed';
    let placed = false;
    let sent = false;
    try {
      placed = await this.#noticeFiles(led);
      await this.#noticeChanges();
    } finally {
      // Also where databases cannot be used: the tasks that are due may fetch others, and the fleet goes on.
      sent = await this.#sendDue(but);
    }
    return placed || sent ? 'sent' : 'quiet';
  }

  async #sendDue(but: ReadonlySet<TaskName>): Promise<boolean> {
    const due = await this.due(but);
    await this.#worker.send(due.map(taskJob));
    const digests = await this.#dueDigests();
    if (digests) await this.#worker.send([jobOf('deliver', '')]);
    return digests || due.length > 0;
  }

  async #noticeFiles(led: boolean): Promise<boolean> {
    const { fleet, files } = this.#worker;
    const { advisories, catalogue } = files.take();
    const jobs = led ? (catalogue ? await this.#toPlace() : []) : await this.#toCatchUp();
    await this.#worker.send(jobs);
    if (!led || advisories || catalogue) await ask(fleet, 'assess');
    this.#led = true;
    return jobs.length > 0;
  }

  async #toPlace(): Promise<readonly Job[]> {
    const clusters = await this.#worker.fleet.store.inventory.clusters({ gone: true });
    return clusters.map(({ id }) => jobOf('place', id));
  }

  /**
   * What whoever takes the lead does once: the one before may have been killed with jobs that are nowhere else, and a
   * catalogue may have been replaced while nobody looked.
   */
  async #toCatchUp(): Promise<readonly Job[]> {
    const { inventory } = this.#worker.fleet.store;
    const since = (await inventory.lastSync())?.startedAt ?? null;
    // Discovery reads all clusters: those that are left over from before need no turn of their own.
    const discovers = (await this.due(new Set())).includes('discover');
    return (await inventory.clusters({ gone: true })).map(({ id, gone, syncedAt }) => {
      const unread = !discovers && gone === null && since !== null && (syncedAt ?? '') < since;
      return unread ? jobOf('discover-cluster', id) : jobOf('place', id, { disks: 'too' });
    });
  }

  async #noticeChanges(): Promise<void> {
    const { fleet } = this.#worker;
    const now = performance.now();
    if (now - this.#behind.at < CURRENCY_MS) return;
    const { at, behind } = await currency(fleet);
    const told = behind === null ? '' : `${at} ${behind}`;
    // Once for each reason and computation: where it cannot be computed now, asking more often is of no use.
    if (told !== '' && told !== this.#behind.told) await ask(fleet, 'assess');
    this.#behind = { told, at: now };
  }

  /** The tasks that are due, but for some. States that are not as they should be are corrected. */
  async due(but: ReadonlySet<TaskName>): Promise<readonly TaskName[]> {
    const { fleet, periods } = this.#worker;
    const { store, clock } = fleet;
    const now = clock.now();
    const plan = planTasks(await store.governance.tasks(), now, periods);
    if (plan.corrected.length > 0)
      await store.write(async ({ governance }) => {
        const { corrected } = planTasks(await governance.tasks(), now, periods);
        for (const state of corrected) await governance.putTask(state);
      });
    return plan.due.filter((task) => !but.has(task));
  }

  /** Receivers are real ones, also a sandbox's: their pauses are by the machine's clock. */
  async #dueDigests(): Promise<boolean> {
    const { fleet, channels } = this.#worker;
    if (channels.length === 0) return false;
    const now = new Date().toISOString();
    const kinds = new Set(channels.map(({ kind }) => kind));
    const waiting = await fleet.store.governance.deliveries();
    return waiting.some(({ channel, nextAt }) => kinds.has(channel) && nextAt <= now);
  }
}
