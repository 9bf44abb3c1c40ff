import { statSync } from 'node:fs';
import { formatBytes } from '../../../base/files.ts';
import { printable } from '../../../base/text.ts';
import { backupStore, type StoreTask } from '../../../pipeline/backup.ts';
import { counted } from '../../render/table/text.ts';
import type { RunContext } from '../command.ts';
import { user } from '../user.ts';

/** `nodeward backup`. */
export async function run(context: RunContext): Promise<number> {
  const [path = ''] = context.args.positionals;
  const { version, signal, progress } = context;
  const task = await taskOf(context);
  const rows = await backupStore(task, path, {
    ...{ version, signal },
    progress: (done) => progress.step('Writing the backup (rows)', done, null),
  });
  progress.end();
  context.out(printable(`${path} has ${counted(rows, 'row')} in ${formatBytes(statSync(path).size)}.`));
  return 0;
}

/** The store that is meant, and who asks. */
export async function taskOf({ workspace, clock, sandbox, configuration }: RunContext): Promise<StoreTask> {
  const { settings } = await configuration();
  return { ...{ workspace, clock, url: settings['storage.url'] }, sandbox: sandbox !== null, by: user() };
}
