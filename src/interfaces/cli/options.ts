import { NodewardError } from '../../base/errors.ts';
import type { Arguments, Option } from './command.ts';

/** Options every command takes. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  {
    name: 'data-dir',
    value: 'DIR',
    help: "folder of Nodeward's data (default $NODEWARD_DATA_DIR, else the platform's usual place)",
    path: true,
  },
  {
    name: 'config',
    value: 'FILE',
    help: 'file of settings (default $NODEWARD_CONFIG, else config.yaml in the data folder)',
    path: true,
  },
  { name: 'sandbox', value: null, help: 'work with the sandbox of the data folder instead of real clouds' },
  { name: 'quiet', value: null, help: 'no progress and no notes on standard error' },
  { name: 'help', value: null, help: 'show this help' },
];

/** The whole number that an option gives. @throws NodewardError usage */
export function numberOption(
  args: Arguments,
  name: string,
  { least, most, otherwise }: { readonly least: number; readonly most: number; readonly otherwise: number },
): number {
  const text = args.text(name);
  if (text === null) return otherwise;
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new NodewardError(
    'usage',
    `--${name} takes a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`,
  );
}
