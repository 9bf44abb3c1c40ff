import type { RunContext } from '../command.ts';

/** `nodeward report`. */
export async function run(_: RunContext): Promise<number> {
  return 0;
}
