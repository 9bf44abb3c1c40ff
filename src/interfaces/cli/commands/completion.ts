import { NodewardError } from '../../../base/errors.ts';
import { REPORT_FORMATS } from '../../render/types.ts';
import type { Command, RunContext } from '../command.ts';
import { GLOBAL_OPTIONS } from '../options.ts';

/** `nodeward completion`: a script made from the same table as the parser and the help. */
export async function run(context: RunContext): Promise<number> {
  const [shell = ''] = context.args.positionals;
  const script = SCRIPTS[shell];
  if (script === undefined) {
    const known = Object.keys(SCRIPTS).join(', ');
    throw new NodewardError('usage', `completion knows ${known}, not ${JSON.stringify(shell)}`);
  }
  context.out(script(context.commands));
  return 0;
}

const USUAL = REPORT_FORMATS.join(' ');

type Commands = readonly Command[];

const SCRIPTS: Readonly<Record<string, (commands: Commands) => string>> = { bash, zsh, fish };

/** The words that may follow the words of a command, as `first word → second words`. */
function words(commands: Commands): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { name } of commands) {
    const [first = '', second] = name.split(' ');
    const known = groups.get(first) ?? [];
    if (second !== undefined) known.push(second);
    groups.set(first, known);
  }
  return groups;
}

function optionsOf(commands: Commands, name: string): readonly string[] {
  const command = commands.find((each) => each.name === name);
  return [...(command?.options ?? []), ...GLOBAL_OPTIONS].map((option) => `--${option.name}`);
}

function bash(commands: Commands): string {
  const choices = new Map<string, string>();
  const paths = new Set<string>();
  for (const { options } of commands) {
    for (const { name, choices: values, path } of [...options, ...GLOBAL_OPTIONS]) {
      if (values !== undefined && name !== 'format') choices.set(`--${name}`, values.join(' '));
      if (path === true) paths.add(`--${name}`);
    }
  }
  const groups = [...words(commands)].map(([first, seconds]) => ({ first, seconds }));
  return `# Bash completion of nodeward.
_nodeward() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}"
  COMPREPLY=()
  case "$previous" in
${[...choices].map(([option, values]) => `    ${option}) COMPREPLY=($(compgen -W "${values}" -- "$current")); return ;;`).join('\n')}
    ${[...paths].join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --format)
      case "$command" in
${formatCases(commands).join('\n')}
        *) COMPREPLY=($(compgen -W "${USUAL}" -- "$current")) ;;
      esac
      return ;;
    --image) COMPREPLY=($(compgen -W "$(nodeward images list --quiet --format csv 2>/dev/null | tail -n +2 | cut -d, -f1)" -- "$current")); return ;;
    --family) COMPREPLY=($(compgen -W "$(nodeward images list --families --quiet --format csv 2>/dev/null | tail -n +2 | cut -d, -f1)" -- "$current")); return ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${groups.map(({ first }) => first).join(' ')}" -- "$current"))
    return
  fi
  case "$command" in
${groups.map(({ first, seconds }) => bashCase(commands, first, seconds)).join('\n')}
  esac
}
complete -F _nodeward nodeward
`;
}

/** What --format takes, of the commands where it takes something else than usual. */
function formatCases(commands: Commands): readonly string[] {
  const special = new Map<string, Set<string>>();
  for (const { name, options } of commands) {
    const formats = options.find((option) => option.name === 'format')?.choices?.join(' ') ?? USUAL;
    const [first = ''] = name.split(' ');
    if (formats !== USUAL) special.set(formats, (special.get(formats) ?? new Set()).add(first));
  }
  return Array.from(
    special,
    ([formats, firsts]) =>
      `        ${[...firsts].join('|')}) COMPREPLY=($(compgen -W "${formats}" -- "$current")) ;;`,
  );
}

function bashCase(commands: Commands, first: string, seconds: readonly string[]): string {
  const reply = (list: readonly string[]): string =>
    `COMPREPLY=($(compgen -W "${list.join(' ')}" -- "$current"))`;
  if (seconds.length === 0) return `    ${first}) ${reply(optionsOf(commands, first))} ;;`;
  const inner = seconds.map(
    (second) => `        ${second}) ${reply(optionsOf(commands, `${first} ${second}`))} ;;`,
  );
  // A command that is also a group, such as `sandbox`, has options of its own.
  const own = commands.some(({ name }) => name === first) ? optionsOf(commands, first) : [];
  const other = own.length === 0 ? [] : [`        *) ${reply(own)} ;;`];
  return `    ${first})
      if [ "$COMP_CWORD" -eq 2 ]; then ${reply([...seconds, ...own])}; return; fi
      case "\${COMP_WORDS[2]}" in
${[...inner, ...other].join('\n')}
      esac ;;`;
}

/** Zsh reads bash completions through its own bridge. */
function zsh(commands: Commands): string {
  return `#compdef nodeward\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
}

function fish(commands: Commands): string {
  const lines = ['# Fish completion of nodeward.', 'complete -c nodeward -f'];
  for (const [first, seconds] of words(commands)) {
    lines.push(`complete -c nodeward -n __fish_use_subcommand -a ${first}`);
    for (const second of seconds) {
      lines.push(`complete -c nodeward -n '__fish_seen_subcommand_from ${first}' -a ${second}`);
    }
  }
  for (const { name, options } of commands) {
    const last = name.split(' ').at(-1) ?? name;
    for (const option of [...options, ...GLOBAL_OPTIONS]) {
      const value = option.value === null ? '' : option.path === true ? ' -r -F' : ' -x';
      const choices = option.choices === undefined ? '' : ` -a '${option.choices.join(' ')}'`;
      lines.push(
        `complete -c nodeward -n '__fish_seen_subcommand_from ${last}' -l ${option.name}${value}${choices} -d ${JSON.stringify(option.help)}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
