import type { Clock } from '../../base/clock.ts';
import type { Progress } from '../../base/log.ts';
import type { Configuration } from '../../config/index.ts';
import type { SandboxInfo } from '../../pipeline/sandbox-info.ts';
import type { Workspace } from '../../pipeline/workspace.ts';

/** One option of a command. The same table makes the parser, the help, the completion and the documentation. */
export interface Option {
  /** Without the dashes. */
  readonly name: string;
  /** What stands for the value in the help; null for a switch. */
  readonly value: string | null;
  readonly help: string;
  /** The allowed values, where they are a closed list. */
  readonly choices?: readonly string[];
  readonly repeatable?: boolean;
  /** Whether the value is a path, for completion. */
  readonly path?: boolean;
}

/** What a command line came to. */
export interface Arguments {
  readonly positionals: readonly string[];
  /** The value of an option, null where it was not given. */
  text(name: string): string | null;
  /** All values of a repeatable option. */
  texts(name: string): readonly string[];
  flag(name: string): boolean;
}

/** What a command runs with. */
export interface RunContext {
  readonly args: Arguments;
  readonly workspace: Workspace;
  /** The sandbox's in a sandbox, the machine's elsewhere. */
  readonly clock: Clock;
  /** The sandbox that the data folder belongs to; null where it is a real one. */
  readonly sandbox: SandboxInfo | null;
  /** The settings, with where each comes from. @throws NodewardError config-invalid, and of reading the file */
  configuration(): Promise<Configuration>;
  readonly progress: Progress;
  /** Aborted on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Whether the output goes to a terminal that wants colour. */
  readonly color: boolean;
  readonly version: string;
  /** The module of the thread that scans. */
  readonly scanWorker: URL;
  /** Every command, for those that are about commands. */
  readonly commands: readonly Command[];
  /** Runs another command line with the same output. @returns its exit status */
  invoke(words: readonly string[]): Promise<number>;
  /** A text of its own, with a line break behind it if it has none. */
  out(text: string): void;
  /** A part of a longer text, as it is. */
  write(part: string): void;
  /** A line for people beside the output: a warning or what was done. */
  note(text: string): void;
}

/** One command; its code is loaded when it is run, so that each starts as fast as it can. */
export interface Command {
  /** `assess`, `db build`. */
  readonly name: string;
  readonly summary: string;
  /** The positional arguments in the help: `IMAGE_A IMAGE_B`. */
  readonly positionals: readonly string[];
  /** Positionals that may be left out, from the end. */
  readonly optional?: number;
  readonly options: readonly Option[];
  readonly examples: readonly string[];
  /** It is about the sandbox itself, so its data folder is the sandbox's also without `--sandbox`. */
  readonly sandbox?: true;
  /** False where a sandbox is not to be announced: the command does it itself, or prints a script. */
  readonly announces?: false;
  /** @returns the exit status */
  load(): Promise<{ run(context: RunContext): Promise<number> }>;
}
