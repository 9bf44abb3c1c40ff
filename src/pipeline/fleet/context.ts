import type { Progress } from '../../base/log.ts';
import type { Provider, Run } from '../../inventory/index.ts';
import type { Changes, SyncProblem } from '../../model/fleet-report.ts';
import type { Changed, Tally } from '../../storage/index.ts';
import type { ImageEvidenceMaker } from './image-evidence.ts';
import { Problems } from './problems.ts';
import { refreshing } from './refresh.ts';
import type { Fleet } from './types.ts';

/** How a sync is run. */
export interface SyncOptions {
  /** In the order in which they are asked; a cluster that two of them find is the first one's. */
  readonly providers: readonly Provider[];
  /** How many clusters are asked for their nodes at a time. */
  readonly parallel: number;
  /** The module of the thread that reads disks. */
  readonly scanWorker: URL;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** List all nodes, not only what changed since the last sync. */
  readonly full: boolean;
  /** Told the problems of a sync that ends before its report, such as a snapshot that could not be deleted. */
  readonly unfinished: (problems: readonly SyncProblem[]) => void;
}

/** What the steps of one sync share. */
export interface SyncContext {
  readonly fleet: Fleet;
  readonly options: SyncOptions;
  /** What is passed to providers. */
  readonly run: Run;
  readonly problems: Problems;
  readonly totals: Totals;
  readonly images: ImageEvidenceMaker;
  /** Whether no other process, and no other step of this one, is reading disks for this store. */
  readonly idle: boolean;
  /** The current instant, ISO 8601. */
  now(): string;
}

/** What the steps of a sync share. @throws as `Workspace.catalogue` */
export function syncContext(fleet: Fleet, options: SyncOptions, idle: boolean): SyncContext {
  const { progress, signal } = options;
  return {
    ...refreshing(fleet),
    options,
    idle,
    run: { progress, signal },
    problems: new Problems(),
    totals: new Totals(),
    now: () => fleet.clock.now().toISOString(),
  };
}

/** The changes of all transactions of a sync. */
export class Totals {
  readonly clusters = { added: 0, changed: 0, gone: 0 };
  readonly pools = { added: 0, changed: 0, gone: 0 };
  readonly nodes = { added: 0, changed: 0, gone: 0 };

  add(tally: Tally): void {
    for (const what of ['clusters', 'pools', 'nodes'] as const) {
      for (const how of ['added', 'changed', 'gone'] as const) this[what][how] += tally[what][how];
    }
  }
}

/** How many there are, with what came, changed and went. */
export function changesOf(seen: number, { added, changed, gone }: Changed): Changes {
  return { seen, added, changed, gone };
}
