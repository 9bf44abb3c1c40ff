import type { Command, Option } from './command.ts';
import { COMMANDS } from './commands.ts';
import { GLOBAL_OPTIONS } from './options.ts';

/** The help of one command. */
export function commandHelp(command: Command): string {
  const inner = COMMANDS.filter(({ name }) => name.startsWith(`${command.name} `));
  return [
    `${command.summary[0]?.toUpperCase()}${command.summary.slice(1)}.`,
    '',
    `Usage: nodeward ${usageOf(command)} [OPTIONS]`,
    '',
    ...(inner.length === 0 ? [] : ['Commands:', ...commandLines(inner), '']),
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
  return [
    'Nodeward finds the known vulnerabilities on Kubernetes nodes and their images, and says which image fixes each one.',
    '',
    `Usage: nodeward ${group ?? 'COMMAND'}${group === null ? '' : ' COMMAND'} [OPTIONS]`,
    '',
    'Commands:',
    ...commandLines(commands),
    '',
    'Options of every command:',
    ...optionLines(GLOBAL_OPTIONS),
    '',
    'Exit status: 0 the command worked, whatever it found; 2 wrong usage; 3 bad input; 4 no usable database;',
    '5 unknown image, family or scope; 6 a feed, fetch or cloud failed; 10 --fail-on was reached; 70 a defect; 130 interrupted.',
    '',
  ].join('\n');
}

/** A command with what it takes: `nodes [NODE]`. */
export function usageOf({ name, positionals, optional = 0 }: Command): string {
  const needed = positionals.length - optional;
  return [name, ...positionals.map((each, i) => (i < needed ? each : `[${each}]`))].join(' ');
}

function commandLines(commands: readonly Command[]): readonly string[] {
  const width = Math.max(...commands.map((command) => usageOf(command).length));
  return commands.map((command) => `  ${usageOf(command).padEnd(width)}  ${command.summary}`);
}

function optionLines(options: readonly Option[]): readonly string[] {
  const spelled = options.map(({ name, value }) => `--${name}${value === null ? '' : ` ${value}`}`);
  const width = Math.max(...spelled.map((text) => text.length));
  return options.map(({ help }, i) => `  ${(spelled[i] ?? '').padEnd(width)}  ${help}`);
}
