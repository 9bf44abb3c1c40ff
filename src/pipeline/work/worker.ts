import { printable } from '../../base/text.ts';
import type { SyncProblem } from '../../model/fleet-report.ts';
import type { Job } from '../../queue/index.ts';
import type { Channel } from '../notify/index.ts';
import type { Files } from './files.ts';
import type { WorkKind } from './kinds.ts';
import type { ProviderHolder } from './providers.ts';
import type { SyncTurn } from './sync-turn.ts';
import type { TaskBook } from './tasks.ts';

/** What jobs are done with. */
export interface Worker extends TaskBook {
  readonly providers: ProviderHolder;
  readonly channels: readonly Channel[];
  /** The module of the thread that reads disks. */
  readonly scanWorker: URL;
  /** How many subscriptions are asked for their clusters at a time. */
  readonly parallel: number;
  /** Whether it works on a sandbox, which has the advisories and images of its day by itself. */
  readonly sandbox: boolean;
  readonly turn: SyncTurn;
  readonly files: Files;
  /** Adds jobs, each where jobs of its kind are done. */
  send(jobs: readonly Job[]): Promise<void>;
  /** Whether a job of a kind waits that nobody has begun yet. */
  waits(kind: WorkKind): Promise<boolean>;
  /** Whether a job of one of these kinds waits or runs. */
  busy(kinds: readonly string[]): Promise<boolean>;
  /** Says what was done, in one line. */
  tell(what: string, text: string): void;
}

/** Problems that a line has room for. */
const MAX_TOLD = 3;

/** Problems in one line; empty where there is none. */
export function problemsText(problems: readonly SyncProblem[]): string {
  if (problems.length === 0) return '';
  const told = problems.slice(0, MAX_TOLD).map(({ scope, detail }) => `${scope}: ${detail}`);
  const more = problems.length > MAX_TOLD ? ` And ${problems.length - MAX_TOLD} more.` : '';
  return printable(`${counted(problems.length, 'problem')}: ${told.join(' ')}${more}`);
}

/** `1 cluster`, `2 clusters`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
