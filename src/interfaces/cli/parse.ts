import { NodewardError } from '../../base/errors.ts';
import type { Arguments, Command, Option } from './command.ts';
import { COMMANDS } from './commands.ts';
import { GLOBAL_OPTIONS } from './options.ts';

/** A command line taken apart. `command` is null when none was named: the help is wanted. */
export interface Invocation {
  readonly command: Command | null;
  readonly args: Arguments;
  /** The first words, where they name a group of commands (`db`) and no command. */
  readonly group: string | null;
}

/** Reads a command line. @throws NodewardError usage */
export function parseCommandLine(words: readonly string[]): Invocation {
  if (words[0] === '--version') return parseCommandLine(['version', ...words.slice(1)]);
  const before = optionsBefore(words);
  const { command, used } = findCommand(words.slice(before));
  const options = [...(command?.options ?? []), ...GLOBAL_OPTIONS];
  const args = parseWords([...words.slice(0, before), ...words.slice(before + used)], options, command);
  if (command === null) {
    const [first] = args.positionals;
    const isGroup = first !== undefined && COMMANDS.some(({ name }) => name.startsWith(`${first} `));
    if (first !== undefined && first !== 'help' && !isGroup) throw unknownCommand(args.positionals.join(' '));
    if (isGroup && args.positionals.length > 1) throw unknownCommand(args.positionals.join(' '));
    return { command, args, group: isGroup ? first : null };
  }
  if (!args.flag('help')) checkPositionals(command, args);
  return { command, args, group: null };
}

/** How many words stand before the command: options of every command may. */
function optionsBefore(words: readonly string[]): number {
  let count = 0;
  for (let word = words[0]; word?.startsWith('-'); word = words[count]) {
    const option = optionOf(word, GLOBAL_OPTIONS);
    if (option === undefined) break;
    count += option.value === null || word.includes('=') ? 1 : 2;
  }
  return count;
}

/** The option that a word names: `--format`, `--format=csv`, `-h`. */
function optionOf(word: string, options: readonly Option[]): Option | undefined {
  const name = word.replace(/=.*/s, '').replace(/^--?/, '');
  return options.find((each) => each.name === (name === 'h' ? 'help' : name));
}

function unknownCommand(words: string): NodewardError {
  return new NodewardError('usage', `there is no command ${JSON.stringify(words)}`, {
    remedy: 'Run `nodeward --help` for the list of commands.',
  });
}

function findCommand(words: readonly string[]): { command: Command | null; used: number } {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ');
    const command = COMMANDS.find((each) => each.name === name && words.length >= length);
    if (command !== undefined) return { command, used: length };
  }
  return { command: null, used: 0 };
}

function parseWords(
  words: readonly string[],
  options: readonly Option[],
  command: Command | null,
): Arguments {
  const positionals: string[] = [];
  const values = new Map<string, string[]>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '--') {
      positionals.push(...words.slice(i + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      positionals.push(word);
      continue;
    }
    const option = optionOf(word, options);
    if (option === undefined)
      throw new NodewardError('usage', `${command?.name ?? 'nodeward'} has no option ${word}`);
    const equals = word.indexOf('=');
    let value = equals < 0 ? null : word.slice(equals + 1);
    // `--cluster --sandbox` forgot the cluster; it must not end up on the real data folder.
    if (option.value !== null && value === null && words[i + 1]?.startsWith('--') !== true)
      value = words[++i] ?? null;
    store(values, option, value);
  }
  return {
    positionals,
    text: (name) => values.get(name)?.[0] ?? null,
    texts: (name) => values.get(name) ?? [],
    flag: (name) => values.has(name),
  };
}

function store(values: Map<string, string[]>, option: Option, value: string | null): void {
  const known = values.get(option.name);
  if (option.value === null) {
    if (value !== null) throw new NodewardError('usage', `--${option.name} takes no value`);
    values.set(option.name, []);
    return;
  }
  if (value === null || value === '')
    throw new NodewardError('usage', `--${option.name} needs a value (${option.value})`);
  if (option.choices !== undefined && !option.choices.includes(value)) {
    throw new NodewardError(
      'usage',
      `--${option.name} is one of ${option.choices.join(', ')}, not ${JSON.stringify(value)}`,
    );
  }
  if (known !== undefined && option.repeatable !== true) {
    throw new NodewardError('usage', `--${option.name} is given twice`);
  }
  values.set(option.name, [...(known ?? []), value]);
}

function checkPositionals(command: Command, args: Arguments): void {
  const given = args.positionals.length;
  const most = command.positionals.length;
  const least = most - (command.optional ?? 0);
  // A variable that was not set: the system would take no name for the current folder, for one.
  const empty = command.positionals.find((_, i) => args.positionals[i] === '');
  if (empty !== undefined)
    throw new NodewardError('usage', `${command.name} needs ${empty}, not an empty word`);
  if (given >= least && given <= most) return;
  if (given > most)
    throw new NodewardError(
      'usage',
      `${command.name} does not take ${JSON.stringify(args.positionals[most])}`,
    );
  throw new NodewardError(
    'usage',
    `${command.name} needs ${command.positionals.slice(given, least).join(' and ')}`,
  );
}
