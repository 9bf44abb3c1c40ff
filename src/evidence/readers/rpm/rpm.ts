import type { OsPackage } from '../../../model/software.ts';
import type { FileTree } from '../../filesystem/tree.ts';
import { outcomeOf, ProblemList, problemOf } from '../outcome.ts';
import { MAX_PACKAGES, sortedPackages } from '../packages.ts';
import { readAhead } from '../read-ahead.ts';
import type { Outcome, Reader, ReaderContext } from '../types.ts';
import { openBdb } from './bdb/bdb.ts';
import { RpmHeader } from './header.ts';
import { openNdb } from './ndb/ndb.ts';
import { FileOwners } from './owners.ts';
import { describe } from './packages.ts';
import { openSqlite } from './sqlite/sqlite.ts';
import { type DatabaseFile, damaged, type HeaderBlob, type HeaderStore, type Report } from './types.ts';

type Open = (file: DatabaseFile, report: Report) => Promise<HeaderStore>;

/** rpm's backends, the newest first: a system that has changed its backend may have kept the file of the older one. */
const BACKENDS: readonly (readonly [file: string, open: Open])[] = [
  ['rpmdb.sqlite', openSqlite],
  ['Packages.db', openNdb],
  ['Packages', openBdb],
];
const FOLDERS = ['usr/lib/sysimage/rpm', 'var/lib/rpm'];
const CANDIDATES = FOLDERS.flatMap((folder) =>
  BACKENDS.map(([file, open]) => ({ path: `${folder}/${file}`, open })),
);

const MAX_BYTES = 1 << 30;
/** Headers that are read at the same time. */
const BATCH = 8;

/**
 * Reads the packages of an rpm database: SQLite with its write-ahead log, ndb or Berkeley DB, in the order in which rpm
 * took them up. The first one that holds packages counts; another one beside it must list the same.
 */
export const rpmReader: Reader = { id: 'rpm', needs: CANDIDATES.map(({ path }) => path), read };

async function read(context: ReaderContext): Promise<Outcome> {
  const problems = new ProblemList();
  const seen = new Set<string>();
  let chosen: Listed | null = null;
  for (const { path, open } of CANDIDATES) {
    try {
      const file = await fileAt(context.tree, path, seen);
      if (file === null) continue;
      const listed = await readDatabase(file, open, { context, problems });
      if (chosen === null || chosen.list.length === 0) chosen = listed;
      else if (listed.list.length > 0 && !sameList(chosen.list, listed.list))
        problems.add({
          place: file.path,
          why: 'it is a second database and lists other packages than the first',
        });
    } catch (thrown) {
      problems.add(problemOf(path, thrown));
    }
  }
  if (chosen === null || (chosen.list.length === 0 && problems.all().length > 0))
    return outcomeOf(null, problems.all());
  const { list, owners } = chosen;
  const ownersOf = (paths: readonly string[]) => owners.of(paths);
  return outcomeOf({ packages: { format: 'rpm', list, ownersOf } }, problems.all());
}

/** Null where there is none, or only another name for one that was read already: one folder is often a link. */
async function fileAt(tree: FileTree, path: string, seen: Set<string>): Promise<DatabaseFile | null> {
  const found = await tree.file(path);
  if (found === null || seen.has(found.path)) return null;
  seen.add(found.path);
  if (found.inode.size === 0) throw damaged(found.path, 'it is empty');
  if (found.inode.size > MAX_BYTES) throw damaged(found.path, `it is larger than ${MAX_BYTES >> 20} MiB`);
  return { tree, path: found.path, inode: readAhead(found.inode) };
}

interface Listed {
  readonly list: readonly OsPackage[];
  readonly owners: FileOwners;
}

interface Run {
  readonly context: ReaderContext;
  readonly problems: ProblemList;
}

async function readDatabase(file: DatabaseFile, open: Open, { context, problems }: Run): Promise<Listed> {
  const report: Report = (problem) => problems.add(problem);
  const store = await open(file, report);
  const found: OsPackage[] = [];
  const owners = new FileOwners();
  let batch: HeaderBlob[] = [];
  const flush = async (): Promise<void> => {
    for (const item of await Promise.all(batch.map((blob) => headerOf(blob, report))))
      take(item, { found, owners, report });
    batch = [];
    context.progress('rpm packages', found.length, null);
  };
  for await (const blob of store.blobs(report)) {
    if (context.signal.aborted || found.length >= MAX_PACKAGES) break;
    batch.push(blob);
    if (batch.length === BATCH) await flush();
  }
  await flush();
  if (context.signal.aborted)
    report({ place: file.path, why: 'the time was over before all of it was read' });
  else if (found.length >= MAX_PACKAGES)
    report({ place: file.path, why: `it lists more than ${MAX_PACKAGES} packages` });
  else await store.check(report);
  return { list: sortedPackages(found), owners };
}

interface Read {
  readonly blob: HeaderBlob;
  readonly bytes: Buffer;
}

async function headerOf(blob: HeaderBlob, report: Report): Promise<Read | null> {
  try {
    return { blob, bytes: await blob.read() };
  } catch (thrown) {
    report(problemOf(blob.place, thrown));
    return null;
  }
}

interface Result {
  readonly found: OsPackage[];
  readonly owners: FileOwners;
  readonly report: Report;
}

function take(item: Read | null, { found, owners, report }: Result): void {
  if (item === null) return;
  const { blob, bytes } = item;
  try {
    const header = new RpmHeader(bytes);
    const { package: listed, doubts } = describe(header);
    for (const why of doubts) report({ place: blob.place, why });
    if (listed === null) return;
    found.push(listed);
    owners.add(listed.name, header, blob);
  } catch (thrown) {
    report(problemOf(blob.place, thrown));
  }
}

function sameList(a: readonly OsPackage[], b: readonly OsPackage[]): boolean {
  return a.length === b.length && a.every((item, i) => key(item) === key(b[i]));
}

function key(item: OsPackage | undefined): string {
  return `${item?.name} ${item?.version} ${item?.arch}`;
}
