import { type DumpOptions, dumpStore, openStore, restoreStore } from '../storage/index.ts';
import { type OpenOptions, storePlace } from './fleet/index.ts';
import type { Fleet } from './fleet/types.ts';
import { type Deed, oneLine, recorded } from './governance/record.ts';
import type { Workspace } from './workspace.ts';

/** Which store is meant, and who asks. */
export interface StoreTask extends Omit<OpenOptions, 'create'> {
  readonly workspace: Workspace;
  readonly clock: Fleet['clock'];
  /** The user of the operating system. */
  readonly by: string;
}

/**
 * Writes everything of a store into a file, and records that.
 * @returns how many rows
 * @throws NodewardError as `dumpStore`
 */
export async function backupStore(
  task: StoreTask,
  path: string,
  options: Pick<DumpOptions, 'version' | 'signal' | 'progress'>,
): Promise<number> {
  const { workspace, clock, sandbox } = task;
  const actor = oneLine(task.by, 'The author', 256);
  const place = storePlace(workspace, task.url);
  const rows = await dumpStore(place, path, { ...options, sandbox, at: clock.now().toISOString() });
  await record(task, { actor, action: 'store.backup', subject: path, detail: { rows } });
  return rows;
}

/**
 * Puts a backup into a store that is empty or not there yet, and records that behind what the backup recorded.
 * @throws NodewardError as `restoreStore`
 */
export async function restoreBackup(
  task: StoreTask,
  path: string,
  options: Pick<Parameters<typeof restoreStore>[2], 'signal' | 'progress'>,
): ReturnType<typeof restoreStore> {
  const actor = oneLine(task.by, 'The author', 256);
  const place = storePlace(task.workspace, task.url);
  const restored = await restoreStore(place, path, { ...options, sandbox: task.sandbox });
  const { rows, at, version } = restored;
  await record(task, { actor, action: 'store.restore', subject: path, detail: { rows, of: at, version } });
  return restored;
}

async function record({ workspace, clock, url, sandbox }: StoreTask, deed: Deed): Promise<void> {
  const store = await openStore(storePlace(workspace, url), { create: false, sandbox });
  try {
    await recorded({ store, clock }, async () => ({ result: null, deed }));
  } finally {
    await store.close();
  }
}
