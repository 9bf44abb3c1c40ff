import type { RunContext } from '../command.ts';
import { scanAndShow } from '../scan.ts';

/** `nodeward scan rootfs`. */
export async function run(context: RunContext): Promise<number> {
  const [path = ''] = context.args.positionals;
  return scanAndShow({ kind: 'rootfs', path }, context);
}
