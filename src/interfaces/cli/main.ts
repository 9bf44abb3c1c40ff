import { type Clock, systemClock } from '../../base/clock.ts';
import { asNodewardError, ERRORS, NodewardError } from '../../base/errors.ts';
import { progressTo, silent } from '../../base/log.ts';
import { printable } from '../../base/text.ts';
import type { Command, RunContext } from './command.ts';
import { COMMANDS } from './commands.ts';
import { type Invocation, parseCommandLine } from './parse.ts';

/** What the program is run with: everything of the outside world the command line needs. */
export interface Program {
  readonly words: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly snapshotDir: string;
  readonly version: string;
  /** The module of the thread that scans: a file of its own, also in a bundle. */
  readonly scanWorker: URL;
  readonly clock?: Clock;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** Runs a command line. Never throws: every failure ends in a message and a status. */
export async function runProgram(program: Program): Promise<number> {
  try {
    const invocation = parseCommandLine(program.words);
    if (invocation.command === null || invocation.args.flag('help'))
      return await showHelp(program, invocation);
    return await runCommand(program, invocation.command, invocation);
  } catch (thrown) {
    if (isClosedPipe(thrown)) return 0;
    return fail(program, thrown);
  }
}

async function showHelp(program: Program, { command, group, args }: Invocation): Promise<number> {
  const { commandHelp, programHelp } = await import('./help.ts');
  const asked = args.flag('help') || args.positionals[0] === 'help' || program.words.length === 0;
  const stream = asked ? program.stdout : program.stderr;
  stream.write(command === null ? programHelp(group) : commandHelp(command));
  return asked ? 0 : ERRORS.usage.exit;
}

async function runCommand(program: Program, command: Command, { args }: Invocation): Promise<number> {
  const { stdout, stderr, env, clock = systemClock } = program;
  const quiet = args.flag('quiet');
  const progress = quiet ? silent : progressTo(stderr);
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort(new NodewardError('interrupted', 'interrupted'));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const { dataDirectory, Workspace } = await import('../../pipeline/workspace.ts');
  const workspace = new Workspace({
    dataDir: dataDirectory(args.text('data-dir'), env),
    snapshotDir: program.snapshotDir,
  });
  const context: RunContext = {
    args,
    workspace,
    clock,
    progress,
    signal: interruption.signal,
    color: stdout.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb',
    version: program.version,
    scanWorker: program.scanWorker,
    commands: COMMANDS,
    async invoke(words) {
      const inner = parseCommandLine(words);
      const module = await inner.command?.load();
      return (await module?.run({ ...context, args: inner.args })) ?? ERRORS.usage.exit;
    },
    out: (text) => void stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    write: (part) => void stdout.write(part),
    note: (text) => void (quiet || stderr.write(`${text}\n`)),
  };
  try {
    return await (await command.load()).run(context);
  } catch (thrown) {
    throw interruption.signal.aborted ? interruption.signal.reason : thrown;
  } finally {
    progress.end();
    workspace.close();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/** The reader of our output went away (`| head`): that is its right. */
function isClosedPipe(thrown: unknown): boolean {
  return (thrown as { code?: string } | null)?.code === 'EPIPE';
}

function fail(program: Program, thrown: unknown): number {
  const error = asNodewardError(thrown, 'internal');
  const place = error.place === null || error.message.includes(error.place) ? '' : ` (${error.place})`;
  // Names of files and records come from outside: they must not steer the terminal.
  program.stderr.write(`nodeward: ${printable(`${error.message}${place}`)}\n${error.remedy}\n`);
  if (error.code === 'internal' && (program.env.NODEWARD_DEBUG ?? '') !== '' && thrown instanceof Error) {
    program.stderr.write(`${thrown.stack}\n`);
  }
  return error.exitCode;
}
