import { NodewardError } from '../../../base/errors.ts';
import type { RunContext } from '../command.ts';
import { scanAndShow } from '../scan.ts';

/** `nodeward scan rootfs`. */
export async function run(context: RunContext): Promise<number> {
  const [path = ''] = context.args.positionals;
  // The system takes no name for the current folder; a variable that was not set must not be scanned as that.
  if (path === '') throw new NodewardError('usage', 'DIR is empty');
  return scanAndShow({ kind: 'rootfs', path }, context);
}
