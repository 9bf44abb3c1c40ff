import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SETTINGS, variableOf } from '../../src/config/index.ts';
import { COMMANDS } from '../../src/interfaces/cli/commands.ts';
import { tableOf } from './pages.ts';

it('docs/configuration.md lists every setting as the table has it, and no other', () => {
  const rows = tableOf('docs/configuration.md', 'setting');
  const known = SETTINGS.map(({ key, flag, default: value, help }) => [
    key,
    variableOf(key),
    flag === null ? '' : `--${flag}`,
    value === null || (Array.isArray(value) && value.length === 0) ? 'none' : String(value),
    help,
  ]);
  assert.deepEqual(rows, known);
});

it('every option of the table is an option of a command', () => {
  const options = COMMANDS.flatMap((command) => command.options.map(({ name }) => name));
  for (const { flag } of SETTINGS) if (flag !== null) assert.ok(options.includes(flag), flag);
});
