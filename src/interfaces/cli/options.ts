import type { Option } from './command.ts';

/** Options every command takes. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  {
    name: 'data-dir',
    value: 'DIR',
    help: "folder of Nodeward's data (default $NODEWARD_DATA_DIR, else the platform's usual place)",
    path: true,
  },
  { name: 'quiet', value: null, help: 'no progress and no notes on standard error' },
  { name: 'help', value: null, help: 'show this help' },
];
