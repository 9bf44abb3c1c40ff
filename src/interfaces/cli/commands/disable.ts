import type { RunContext } from '../command.ts';
import { change } from './enable.ts';

/** `nodeward disable`. */
export function run(context: RunContext): Promise<number> {
  return change(context, false);
}
