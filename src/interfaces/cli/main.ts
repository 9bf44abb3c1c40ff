import { type Clock, systemClock } from '../../base/clock.ts';
import { asNodewardError, ERRORS, NodewardError } from '../../base/errors.ts';
import { progressTo, silent } from '../../base/log.ts';
import { printable } from '../../base/text.ts';
import { loadConfiguration } from '../../config/index.ts';
import type { Workspace } from '../../pipeline/workspace.ts';
import { sandboxBanner } from '../render/fleet/banner.ts';
import { sandboxHints } from '../render/hints.ts';
import type { Command, RunContext } from './command.ts';
import { COMMANDS } from './commands.ts';
import { type Invocation, parseCommandLine } from './parse.ts';
import { findPlace, needSandbox, type Place, sandboxClock } from './place.ts';

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
  const width = stream.columns ?? Number.POSITIVE_INFINITY;
  stream.write(command === null ? programHelp(group, width) : commandHelp(command, width));
  return asked ? 0 : ERRORS.usage.exit;
}

async function runCommand(program: Program, command: Command, { args }: Invocation): Promise<number> {
  const { stderr, env } = program;
  const progress = args.flag('quiet') ? silent : progressTo(stderr);
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort(new NodewardError('interrupted', 'interrupted'));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  let workspace: Workspace | null = null;
  let sandbox = false;
  try {
    const wanted = args.flag('sandbox') || command.sandbox === true;
    const place = await findPlace({ named: args.text('data-dir'), env, wanted });
    sandbox = place.sandbox !== null;
    if (args.flag('sandbox') && command.sandbox !== true) needSandbox(place);
    const { Workspace } = await import('../../pipeline/workspace.ts');
    workspace = new Workspace({ dataDir: place.dataDir, snapshotDir: program.snapshotDir });
    const { signal } = interruption;
    const context = contextOf(program, { args, place, workspace, progress, signal });
    if (command.announces !== false) announce(program, context);
    return await (await command.load()).run(context);
  } catch (thrown) {
    const reason = interruption.signal.aborted ? interruption.signal.reason : thrown;
    throw sandbox ? hinted(reason) : reason;
  } finally {
    progress.end();
    workspace?.close();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/** An error whose remedy names commands for the sandbox. */
function hinted(thrown: unknown): unknown {
  if (!(thrown instanceof NodewardError)) return thrown;
  const { code, message, place, remedy } = thrown;
  const more = { remedy: sandboxHints(remedy), cause: thrown, ...(place === null ? {} : { place }) };
  return new NodewardError(code, message, more);
}

/** Says that it is a sandbox: where people read it first, and beside what a program reads. */
function announce({ stdout, stderr }: Program, { args, sandbox, clock }: RunContext): void {
  if (sandbox === null) return;
  const forPeople = (args.text('format') ?? 'table') === 'table';
  (forPeople ? stdout : stderr).write(sandboxBanner(clock.now()));
}

interface Run extends Pick<RunContext, 'args' | 'workspace' | 'progress' | 'signal'> {
  readonly place: Place;
}

function contextOf(program: Program, { place, ...run }: Run): RunContext {
  const { stdout, stderr, env, clock = systemClock } = program;
  const { args } = run;
  const { sandbox, dataDir } = place;
  const said = (text: string): string => (sandbox === null ? text : sandboxHints(text));
  return {
    ...run,
    clock: sandbox === null ? clock : sandboxClock(sandbox),
    sandbox,
    configuration: () =>
      loadConfiguration({
        ...{ dataDir, env, file: args.text('config'), fixed: place.fixed },
        flags: (name) => args.text(name),
      }),
    color: stdout.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb',
    version: program.version,
    scanWorker: program.scanWorker,
    commands: COMMANDS,
    async invoke(words) {
      const inner = parseCommandLine(words);
      return inner.command === null ? ERRORS.usage.exit : runCommand(program, inner.command, inner);
    },
    out: (text) => void stdout.write(said(text.endsWith('\n') ? text : `${text}\n`)),
    write: (part) => void stdout.write(part),
    note: (text) => void (args.flag('quiet') || stderr.write(`${said(text)}\n`)),
  };
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
