import { problemOf } from '../../outcome.ts';
import { type DatabaseFile, damaged, type HeaderBlob, type HeaderStore, type Report } from '../types.ts';
import { PageFile } from './pages.ts';
import { readRecord } from './record.ts';
import { rowsOf } from './table.ts';

/** The most tables and indexes of an rpm database that are looked at; rpm has some fifty. */
const MAX_SCHEMA = 1000;

/**
 * Opens rpm's SQLite backend. Headers are the rows of the table `Packages (hnum INTEGER PRIMARY KEY, blob)`; the table
 * `Name (key, hnum, idx)` has one row for each of them, so that a header which is lost shows.
 * @throws NodewardError disk-damaged where the file is no database; as inodes do
 */
export async function openSqlite(file: DatabaseFile, report: Report): Promise<HeaderStore> {
  const pages = await PageFile.open(file, report);
  const roots = await rootsOf(pages, report);
  const packages = roots.get('Packages');
  if (packages === undefined) throw damaged(file.path, 'it has no table Packages');
  const seen = new Set<number>();
  return {
    async *blobs(onProblem) {
      for await (const row of rowsOf(pages, { name: 'Packages', root: packages }, onProblem)) {
        seen.add(row.id);
        const place = `${file.path} row ${row.id}`;
        yield { place, read: async () => blobOf(await row.read(), place) } satisfies HeaderBlob;
      }
    },
    check: (onProblem) => checkNames(pages, { root: roots.get('Name'), seen }, onProblem),
  };
}

/** The first pages of all tables, by name. */
async function rootsOf(pages: PageFile, report: Report): Promise<Map<string, number>> {
  const roots = new Map<string, number>();
  let rows = 0;
  for await (const row of rowsOf(pages, { name: 'sqlite_schema', root: 1 }, report)) {
    const place = `${pages.path} row ${row.id} of its schema`;
    if (++rows > MAX_SCHEMA) throw damaged(place, `it has more than ${MAX_SCHEMA} tables and indexes`);
    try {
      const [type, name, , root] = readRecord(await row.read(), (why) => damaged(place, why));
      if (type === 'table' && typeof name === 'string' && typeof root === 'number') roots.set(name, root);
    } catch (thrown) {
      report(problemOf(place, thrown));
    }
  }
  return roots;
}

function blobOf(record: Buffer, place: string): Buffer {
  const [id, blob, ...more] = readRecord(record, (why) => damaged(place, why));
  // The row's own number stands for the first column.
  if (id !== null || !Buffer.isBuffer(blob) || more.length > 0)
    throw damaged(place, 'it is no row of a header');
  return blob;
}

interface Names {
  readonly root: number | undefined;
  readonly seen: ReadonlySet<number>;
}

async function checkNames(pages: PageFile, { root, seen }: Names, report: Report): Promise<void> {
  if (root === undefined) return report({ place: pages.path, why: 'it has no table Name' });
  const named = new Set<number>();
  for await (const row of rowsOf(pages, { name: 'Name', root }, report)) {
    const place = `${pages.path} row ${row.id} of Name`;
    try {
      const [name, id] = readRecord(await row.read(), (why) => damaged(place, why));
      if (typeof id !== 'number') throw damaged(place, 'it names no header');
      named.add(id);
      if (!seen.has(id)) report({ place, why: `the header of ${name} (row ${id}) is missing` });
    } catch (thrown) {
      report(problemOf(place, thrown));
    }
  }
  const unnamed = [...seen].filter((id) => !named.has(id)).length;
  if (unnamed > 0) report({ place: pages.path, why: `${unnamed} headers are missing in the table Name` });
}
