import { updateFeeds } from '../../../pipeline/update.ts';
import type { RunContext } from '../command.ts';
import { refuseInSandbox } from '../place.ts';
import { report } from './db-build.ts';

/** `nodeward db update`. */
export async function run(context: RunContext): Promise<number> {
  refuseInSandbox(context.sandbox, 'db update');
  const { progress, signal, workspace } = context;
  const { changed, feeds } = await updateFeeds(workspace, { progress, signal });
  if (!changed) context.out('No feed has changed; the database stays as it is.');
  return report(context, feeds);
}
