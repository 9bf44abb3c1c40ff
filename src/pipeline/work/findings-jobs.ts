/** Jobs that assess software and sum up what was found. */
import { NodewardError } from '../../base/errors.ts';
import type { Job } from '../../queue/index.ts';
import { type AssessedSoFar, assessOne, nothingAssessed, staleLists } from '../findings/assess-lists.ts';
import { goneBackwards, known } from '../findings/high-water.ts';
import { summariseFindings } from '../findings/summarise.ts';
import { expireExemptions } from '../governance/index.ts';
import { jobOf } from './kinds.ts';
import { counted, type Worker } from './worker.ts';

/**
 * Finds the software lists that were not assessed with the advisories of this process.
 * @throws NodewardError database-unusable where they are older than those of before; what is known is summed up all the same
 */
export async function assess(worker: Worker): Promise<string | null> {
  const { fleet } = worker;
  worker.files.look();
  const { revision } = fleet.workspace.advisories();
  const backwards = goneBackwards(fleet, await fleet.store.read(known));
  const stale = backwards === null ? await staleLists(fleet) : [];
  await worker.send(stale.map((list) => jobOf('assess-list', list, { revision })));
  await worker.send([jobOf('summarise', '', { revision })]);
  if (backwards !== null)
    throw new NodewardError('database-unusable', backwards.detail, { remedy: backwards.remedy });
  return stale.length === 0 ? null : `${counted(stale.length, 'software list')} to assess`;
}

/** How long more lists are waited for before they are told. Milliseconds. */
const TELL_MS = 30_000;
const NOTHING = { lists: 0, appeared: 0, gone: 0 };

/** Assesses lists, with the advisories that each job names. */
export class ListAssessor {
  #soFar: AssessedSoFar | null = null;
  #untold = { ...NOTHING, since: 0 };

  async assess(worker: Worker, { key, data }: Job): Promise<null> {
    const { fleet } = worker;
    needAdvisories(worker, data.revision);
    const now = nothingAssessed(fleet);
    if (this.#soFar?.revision !== now.revision) this.#soFar = now;
    const change = await assessOne(fleet, key, this.#soFar ?? now);
    await worker.send([jobOf('summarise', '', data)]);
    if (change === null) return null;
    const { lists, appeared, gone, since } = this.#untold;
    this.#untold = {
      lists: lists + 1,
      appeared: appeared + change.appeared,
      gone: gone + change.gone,
      since: lists === 0 ? performance.now() : since,
    };
    return null;
  }

  /**
   * What the lists came to that were assessed since this was last told, all in one line; null where none was.
   * @param now whether something else is told: otherwise more of them are waited for
   */
  tell(now: boolean): string | null {
    const { lists, appeared, gone, since } = this.#untold;
    if (lists === 0 || (!now && performance.now() - since < TELL_MS)) return null;
    this.#untold = { ...NOTHING, since: 0 };
    return `${counted(lists, 'software list')}: ${counted(appeared, 'CVE')} appeared, ${gone} went`;
  }
}

/** Computes the recommendations; where lists wait to be assessed, the last of them has it done. */
export async function summarise(worker: Worker, { data }: Job): Promise<string | null> {
  if (await worker.waits('assess-list')) return null;
  needAdvisories(worker, data.revision);
  const expired = await expireExemptions(worker.fleet);
  for (const { id } of expired) worker.tell('summarise', `exemption ${id} has expired`);
  const states = await summariseFindings(worker.fleet);
  return `${states.unhealthy} unhealthy, ${states['not-assessed']} not assessed, ${states.healthy} healthy`;
}

/**
 * Processes that share a store may have advisories of their own: with others than those the job names nothing is written.
 * One process alone always has the ones it is asked to use: those that are there now.
 * @throws NodewardError database-unusable
 */
function needAdvisories({ fleet, files }: Worker, wanted: string | undefined): void {
  const { store, workspace } = fleet;
  files.look();
  const { revision } = workspace.advisories();
  if (revision === wanted || store.database === 'sqlite') return;
  throw new NodewardError(
    'database-unusable',
    `The advisories in ${workspace.paths.dataDir} (revision ${revision.slice(0, 12)}) are not those of the process that decides what is assessed (${wanted?.slice(0, 12)}); the job was given back`,
    {
      remedy:
        'Let all processes use one data folder, or copy advisories.db and images.db of `nodeward run` into this one.',
    },
  );
}
