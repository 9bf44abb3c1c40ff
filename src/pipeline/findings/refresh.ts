import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { NodewardError } from '../../base/errors.ts';
import { lockFolder } from '../../base/lock.ts';
import type { RefreshReport } from '../../model/findings-report.ts';
import type { Fleet } from '../fleet/types.ts';
import type { LongStep } from '../update.ts';
import { type AssessmentReport, assessStale } from './assess-lists.ts';
import { goneBackwards, known } from './high-water.ts';
import { placeLists } from './place.ts';
import { summariseFindings } from './summarise.ts';

/** How long another refresh is waited for, and how often it is looked at. */
const PATIENCE_MS = 300_000;
const LOOK_MS = 200;

/**
 * Brings findings and recommendations up to date with the inventory, the advisories, the catalogue and what was decided.
 * Interrupted at any moment it has done a part, and the next one does the rest.
 * @throws NodewardError store-busy where another refresh takes minutes; those of opening the databases and of the store;
 *   and the reason of the signal
 */
export async function refreshFindings(fleet: Fleet, step: LongStep): Promise<RefreshReport> {
  const unlock = fleet.store.database === 'sqlite' ? await lock(fleet, step.signal) : () => {};
  try {
    await placeLists(fleet, await fleet.store.inventory.clusters({ gone: true }), step);
    const assessment = await assess(fleet, step);
    step.signal.throwIfAborted();
    step.progress.step('Computing recommendations', 0, 1);
    const recommendations = await summariseFindings(fleet);
    const lists = (await fleet.store.findings.listsInUse()).size;
    return { lists, ...assessment, recommendations };
  } finally {
    step.progress.end();
    unlock();
  }
}

async function assess(fleet: Fleet, step: LongStep): Promise<AssessmentReport> {
  const backwards = goneBackwards(fleet, await fleet.store.read(known));
  if (backwards !== null) return { assessed: 0, appeared: 0, gone: 0, problems: [backwards] };
  return assessStale(fleet, step);
}

/** One refresh of a file at a time: two would only do the same work twice, so the second waits for the first. */
async function lock({ workspace }: Fleet, signal: AbortSignal): Promise<() => void> {
  const folder = join(workspace.paths.dataDir, 'refresh');
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return lockFolder(folder);
    } catch (thrown) {
      if (!(thrown instanceof NodewardError) || thrown.code !== 'database-busy') throw thrown;
      if (Date.now() >= until)
        throw new NodewardError('store-busy', 'Another process has been computing the findings for minutes', {
          place: folder,
        });
    }
    await pause(LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
