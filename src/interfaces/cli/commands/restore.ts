import { printable } from '../../../base/text.ts';
import { restoreBackup } from '../../../pipeline/backup.ts';
import { instantWords } from '../../render/fleet/words.ts';
import { counted } from '../../render/table/text.ts';
import type { RunContext } from '../command.ts';
import { taskOf } from './backup.ts';

/** `nodeward restore`. */
export async function run(context: RunContext): Promise<number> {
  const [path = ''] = context.args.positionals;
  const { signal, progress } = context;
  const { rows, at, version } = await restoreBackup(await taskOf(context), path, {
    signal,
    progress: (done) => progress.step('Restoring (rows)', done, null),
  });
  progress.end();
  context.out(
    printable(
      `${counted(rows, 'row')} restored from the backup of ${instantWords(at)}, written by Nodeward ${version}.`,
    ),
  );
  context.note('`nodeward sync` brings it up to date.');
  return 0;
}
