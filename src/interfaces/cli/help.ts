import { wrap } from '../render/table/text.ts';
import type { Command, Option } from './command.ts';
import { COMMANDS } from './commands.ts';
import { GLOBAL_OPTIONS } from './options.ts';

/** What is said in whole sentences is wrapped also where there is no terminal. */
const SENTENCES = 120;

const EXIT_STATUS =
  'Exit status: 0 the command worked, whatever it found; 2 wrong usage; 3 bad input; 4 no usable database; 5 unknown image, family, scope or id; 6 a feed, fetch, cloud or database server failed; 10 --fail-on was reached; 11 the audit log was changed; 70 a defect; 130 interrupted.';

/** The help of one command, in lines of at most `width` characters where words allow it. */
export function commandHelp(command: Command, width: number): string {
  const inner = COMMANDS.filter(({ name }) => name.startsWith(`${command.name} `));
  return [
    ...wrap(`${command.summary[0]?.toUpperCase()}${command.summary.slice(1)}.`, width),
    '',
    `Usage: nodeward ${usageOf(command)} [OPTIONS]`,
    '',
    ...(inner.length === 0 ? [] : ['Commands:', ...commandLines(inner, width), '']),
    'Options:',
    ...optionLines([...command.options, ...GLOBAL_OPTIONS], width),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
    '',
  ].join('\n');
}

/** The help of the program, or of the commands of one group (`db`), in lines of at most `width` characters. */
export function programHelp(group: string | null, width: number): string {
  const commands = COMMANDS.filter(({ name }) => group === null || name.startsWith(`${group} `));
  return [
    ...wrap(
      'Nodeward finds the known vulnerabilities on Kubernetes nodes and their images, and says which image fixes each one.',
      Math.min(width, SENTENCES),
    ),
    '',
    `Usage: nodeward ${group ?? 'COMMAND'}${group === null ? '' : ' COMMAND'} [OPTIONS]`,
    '',
    'Commands:',
    ...commandLines(commands, width),
    '',
    'Options of every command:',
    ...optionLines(GLOBAL_OPTIONS, width),
    '',
    ...wrap(EXIT_STATUS, Math.min(width, SENTENCES)),
    '',
  ].join('\n');
}

/** A command with what it takes: `nodes [NODE]`. */
export function usageOf({ name, positionals, optional = 0 }: Command): string {
  const needed = positionals.length - optional;
  return [name, ...positionals.map((each, i) => (i < needed ? each : `[${each}]`))].join(' ');
}

function commandLines(commands: readonly Command[], width: number): readonly string[] {
  return described(
    commands.map((command) => [usageOf(command), command.summary]),
    width,
  );
}

function optionLines(options: readonly Option[], width: number): readonly string[] {
  return described(
    options.map(({ name, value, help }) => [`--${name}${value === null ? '' : ` ${value}`}`, help]),
    width,
  );
}

/** Names with what they are beside them. */
function described(rows: readonly (readonly [string, string])[], width: number): readonly string[] {
  const names = Math.max(...rows.map(([name]) => name.length));
  return rows.flatMap(([name, text]) =>
    wrap(text, width - names - 4).map((line, i) => `  ${(i === 0 ? name : '').padEnd(names)}  ${line}`),
  );
}
