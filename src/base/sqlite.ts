import { DatabaseSync } from 'node:sqlite';
import { type ErrorCode, NodewardError, reasonOf } from './errors.ts';
import { replaceFile } from './files.ts';

/** What kind of database a file must hold: `application_id` and `user_version` in its header. */
export interface DatabaseKind {
  /** Four bytes that say whose file it is, as SQLite's `application_id`. */
  readonly applicationId: number;
  /** Layout version; a file of another one is refused. */
  readonly version: number;
  readonly missing: ErrorCode;
  readonly unusable: ErrorCode;
}

/**
 * Opens a read-only database of the given kind. It is memory-mapped, so processes share its pages.
 * @throws NodewardError `kind.missing` where there is no such file, `kind.unusable` where it is not one
 */
export function openDatabase(path: string, kind: DatabaseKind): DatabaseSync {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(path, { readOnly: true });
  } catch (thrown) {
    throw new NodewardError(kind.missing, `${path} cannot be opened`, { cause: thrown });
  }
  try {
    const id = database.prepare('PRAGMA application_id').get()?.application_id;
    const version = database.prepare('PRAGMA user_version').get()?.user_version;
    if (id !== kind.applicationId)
      throw new NodewardError(kind.unusable, `${path} is not a database of this kind`);
    if (version !== kind.version) {
      const detail = `${path} has layout ${version}, this program reads layout ${kind.version}`;
      throw new NodewardError(kind.unusable, detail);
    }
    database.exec('PRAGMA mmap_size = 1073741824; PRAGMA cache_size = -512; PRAGMA query_only = on');
    return database;
  } catch (thrown) {
    database.close();
    if (thrown instanceof NodewardError) throw thrown;
    throw new NodewardError(kind.unusable, `${path} is damaged: ${reasonOf(thrown)}`, { cause: thrown });
  }
}

/**
 * Builds a database aside and puts it in place when `fill` has succeeded: the old file stays until then.
 * @throws NodewardError file-unwritable, or what `fill` throws
 */
export async function buildDatabase<T>(
  path: string,
  kind: DatabaseKind,
  fill: (database: DatabaseSync) => Promise<T>,
): Promise<T> {
  return replaceFile(path, async (aside) => {
    const database = new DatabaseSync(aside);
    try {
      // The file is thrown away when anything fails, so a journal on disk and syncs would only cost time.
      database.exec('PRAGMA page_size = 4096; PRAGMA journal_mode = memory; PRAGMA synchronous = off');
      database.exec(`PRAGMA application_id = ${kind.applicationId}; PRAGMA user_version = ${kind.version}`);
      database.exec('BEGIN');
      const result = await fill(database);
      database.exec('COMMIT');
      database.exec('VACUUM');
      return result;
    } finally {
      database.close();
    }
  });
}
