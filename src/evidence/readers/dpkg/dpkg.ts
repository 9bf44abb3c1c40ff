import type { FileTree } from '../../filesystem/tree.ts';
import { outcomeOf, ProblemList, problemOf } from '../outcome.ts';
import { MAX_PACKAGES, sortedPackages } from '../packages.ts';
import type { Outcome, Reader, ReaderContext } from '../types.ts';
import { INFO, ownersIn } from './owners.ts';
import { readStatus, type Status, type StatusKind } from './status.ts';

const STATUS = 'var/lib/dpkg/status';
const UPDATES = 'var/lib/dpkg/updates';
const FRAGMENTS = 'var/lib/dpkg/status.d';

/** Genuine status files have up to 5 MB, files of one package some KB. */
const MAX_STATUS_BYTES = 64 << 20;
const MAX_FRAGMENT_BYTES = 1 << 20;
const MAX_FRAGMENTS = 20_000;

/**
 * Reads the packages of dpkg: its status file, the changes that an interrupted run has left beside it (`updates`), and
 * the files of images that are built without dpkg (`status.d`). The lists of files beside them must all be of packages
 * that the status file mentions; where they are not, it is older or shorter than it should be.
 */
export const dpkgReader: Reader = { id: 'dpkg', needs: [STATUS, UPDATES, FRAGMENTS, INFO], read };

async function read({ tree }: ReaderContext): Promise<Outcome> {
  const problems = new ProblemList();
  const status: Status = { present: new Map(), names: new Set() };
  const whole = await readFile({ tree, status, problems }, STATUS, 'status');
  const updates = whole ? await readFolder({ tree, status, problems }, UPDATES, 'update') : false;
  const fragments = await readFolder({ tree, status, problems }, FRAGMENTS, 'fragment');
  const lists = await listFiles(tree, problems);
  if (whole) checkLists(lists, status, problems);
  else if (lists.size > 0 && !updates) problems.add({ place: STATUS, why: 'it is missing' });

  const list = sortedPackages([...status.present.values()]);
  if (list.length > MAX_PACKAGES)
    problems.add({ place: STATUS, why: `it lists more than ${MAX_PACKAGES} packages` });
  if (list.length === 0 && (whole || fragments) && problems.all().length === 0)
    problems.add({ place: STATUS, why: 'it lists no installed package' });
  if (list.length === 0) return outcomeOf(null, problems.all());
  const ownersOf = (paths: readonly string[]) => ownersIn({ tree, packages: list, lists }, paths);
  return outcomeOf({ packages: { format: 'deb', list, ownersOf } }, problems.all());
}

interface Target {
  readonly tree: FileTree;
  readonly status: Status;
  readonly problems: ProblemList;
}

/** Whether there is such a file, readable or not. */
async function readFile(
  { tree, status, problems }: Target,
  path: string,
  kind: StatusKind,
): Promise<boolean> {
  try {
    const bytes = await tree.read(path, kind === 'status' ? MAX_STATUS_BYTES : MAX_FRAGMENT_BYTES);
    if (bytes === null) return false;
    readStatus(bytes, status, { path, kind, problems });
  } catch (thrown) {
    problems.add(problemOf(path, thrown));
  }
  return true;
}

/** Reads the files of a folder in the order of their names; whether there were any. */
async function readFolder(target: Target, path: string, kind: 'update' | 'fragment'): Promise<boolean> {
  const names = await namesIn(target, path, kind);
  for (const name of names.sort()) await readFile(target, `${path}/${name}`, kind);
  return names.length > 0;
}

async function namesIn(
  { tree, problems }: Target,
  path: string,
  kind: 'update' | 'fragment',
): Promise<string[]> {
  try {
    const entries = (await tree.list(path)) ?? [];
    // dpkg numbers its updates; a file that it has not finished has another name.
    const names = entries
      .map(({ name }) => name)
      .filter((name) => (kind === 'update' ? /^\d+$/.test(name) : !name.endsWith('.md5sums')));
    if (names.length <= MAX_FRAGMENTS) return names;
    problems.add({ place: path, why: `it has more than ${MAX_FRAGMENTS} files` });
  } catch (thrown) {
    problems.add(problemOf(path, thrown));
  }
  return [];
}

/** The names of the lists of files in `info`, without `.list`: `bash`, or `libc6:amd64`. */
async function listFiles(tree: FileTree, problems: ProblemList): Promise<ReadonlySet<string>> {
  try {
    const entries = (await tree.list(INFO)) ?? [];
    const lists = entries.map(({ name }) => name).filter((name) => name.endsWith('.list'));
    return new Set(lists.map((name) => name.slice(0, -'.list'.length)));
  } catch (thrown) {
    problems.add(problemOf(INFO, thrown));
    return new Set();
  }
}

function checkLists(lists: ReadonlySet<string>, { names }: Status, problems: ProblemList): void {
  for (const list of lists) {
    const name = list.replace(/:.*$/, '');
    if (!names.has(name))
      problems.add({ place: `${INFO}/${list}.list`, why: `${STATUS} does not mention this package` });
  }
}
