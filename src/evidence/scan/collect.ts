import { type ErrorCode, NodewardError } from '../../base/errors.ts';
import type { FileTree } from '../filesystem/tree.ts';
import { READERS } from '../readers/registry.ts';
import type { InstalledPackages, Outcome, Problem, Reader, ReaderContext } from '../readers/types.ts';
import type { PlainOutcome, ScanMessage } from './types.ts';

/** What collecting runs with. */
export interface Collection {
  readonly tree: FileTree;
  readonly allFiles: boolean;
  readonly signal: AbortSignal;
  tell(message: ScanMessage): void;
}

/**
 * Runs every reader on a root and tells what each found as soon as it is known, so that nothing already found is lost
 * when the scan is ended from outside. Readers run side by side: on a remote disk they wait for different blocks.
 */
export async function collect(collection: Collection): Promise<void> {
  const context: ReaderContext = {
    tree: collection.tree,
    allFiles: collection.allFiles,
    signal: collection.signal,
    progress: (label, done, total) => collection.tell({ kind: 'progress', label, done, total }),
  };
  const outcomes = await Promise.all(
    READERS.map(async (reader) => {
      const outcome = await readAll(reader, context);
      collection.tell({
        kind: 'outcome',
        reader: reader.id,
        result: { outcome: plain(outcome), looked: reader.needs },
      });
      return outcome;
    }),
  );
  await findOwners(outcomes, collection);
}

/** What ends a reader, but not the scan: what the others found still counts. */
const ENDED = new Set<ErrorCode>(['limit-reached', 'interrupted']);

async function readAll(reader: Reader, context: ReaderContext): Promise<Outcome> {
  try {
    return await reader.read(context);
  } catch (thrown) {
    if (!(thrown instanceof NodewardError) || !ENDED.has(thrown.code)) throw thrown;
    return { status: 'failed', problems: [{ place: thrown.place ?? reader.id, why: thrown.message }] };
  }
}

function plain(outcome: Outcome): PlainOutcome {
  if (!('found' in outcome) || outcome.found.packages === undefined) return outcome as PlainOutcome;
  const { ownersOf: _, ...packages } = outcome.found.packages;
  return { ...outcome, found: { ...outcome.found, packages } };
}

/** Which package each Go program belongs to: only known when both sides are. */
async function findOwners(outcomes: readonly Outcome[], { tell }: Collection): Promise<void> {
  const found = outcomes.flatMap((outcome) => ('found' in outcome ? [outcome.found] : []));
  const paths = found.flatMap(({ binaries = [] }) => binaries.map(({ path }) => path));
  const databases: InstalledPackages[] = found.flatMap(({ packages }) => packages ?? []);
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  for (const database of paths.length === 0 ? [] : databases) {
    try {
      for (const [path, owner] of await database.ownersOf(paths)) owners.set(path, owner);
    } catch (thrown) {
      if (!(thrown instanceof NodewardError)) throw thrown;
      problems.push({
        place: thrown.place ?? `the file lists of ${database.format} packages`,
        why: thrown.message,
      });
    }
  }
  tell({ kind: 'owners', owners, problems });
}
