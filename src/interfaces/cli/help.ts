import type { Command, Option } from './command.ts';
import { COMMANDS } from './commands.ts';
import { GLOBAL_OPTIONS } from './options.ts';

/** The help of one command. */
export function commandHelp(command: Command): string {
  const words = ['nodeward', command.name, ...command.positionals, '[OPTIONS]'];
  return [
    `${command.summary[0]?.toUpperCase()}${command.summary.slice(1)}.`,
    '',
    `Usage: ${words.join(' ')}`,
    '',
    'Options:',
    ...optionLines([...command.options, ...GLOBAL_OPTIONS]),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
    '',
  ].join('\n');
}

/** The help of the program, or of the commands of one group (`db`). */
export function programHelp(group: string | null): string {
  const commands = COMMANDS.filter(({ name }) => group === null || name.startsWith(`${group} `));
  const usages = commands.map((command) => [command.name, ...command.positionals].join(' '));
  const width = Math.max(...usages.map((usage) => usage.length));
  return [
    'Nodeward finds the known vulnerabilities on Kubernetes node images and says which image fixes each one.',
    '',
    `Usage: nodeward ${group ?? 'COMMAND'}${group === null ? '' : ' COMMAND'} [OPTIONS]`,
    '',
    'Commands:',
    ...commands.map((command, i) => `  ${(usages[i] ?? '').padEnd(width)}  ${command.summary}`),
    '',
    'Options of every command:',
    ...optionLines(GLOBAL_OPTIONS),
    '',
    'Exit status: 0 the command worked, whatever it found; 2 wrong usage; 3 bad input; 4 no usable database;',
    '5 unknown image or family; 6 a feed or fetch failed; 10 --fail-on was reached; 70 a defect; 130 interrupted.',
    '',
  ].join('\n');
}

function optionLines(options: readonly Option[]): readonly string[] {
  const spelled = options.map(({ name, value }) => `--${name}${value === null ? '' : ` ${value}`}`);
  const width = Math.max(...spelled.map((text) => text.length));
  return options.map(({ help }, i) => `  ${(spelled[i] ?? '').padEnd(width)}  ${help}`);
}
