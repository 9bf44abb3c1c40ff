import type { RunContext } from '../command.ts';

/** `nodeward version`. */
export async function run(context: RunContext): Promise<number> {
  context.out(`nodeward ${context.version}`);
  return 0;
}
