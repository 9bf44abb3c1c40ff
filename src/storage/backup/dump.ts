import { createHash } from 'node:crypto';
import { createWriteStream, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import { type Kysely, sql } from 'kysely';
import { NodewardError } from '../../base/errors.ts';
import { refuseToReplace, replaceFile } from '../../base/files.ts';
import type { Session } from '../database/types.ts';
import { MIGRATIONS } from '../migrations/index.ts';
import { connect } from '../open.ts';
import type { StorePlace } from '../types.ts';
import { FORMAT, type Header, MAX_LINE_BYTES } from './format.ts';
import { columnsOf, KEPT, type Kept, type KeptTable } from './tables.ts';

/** Rows that are read at a time, and of rows with bytes, which are large. */
const PAGE = 1000;
const PAGE_OF_BYTES = 20;

/** What a backup is made with. */
export interface DumpOptions {
  readonly sandbox: boolean;
  /** Version of Nodeward. */
  readonly version: string;
  /** ISO 8601 instant. */
  readonly at: string;
  readonly signal: AbortSignal;
  /** Told how many rows were written so far. */
  readonly progress?: (rows: number) => void;
}

/**
 * Writes everything a store holds at one instant into a file, which is there whole or as it was before. Others may use
 * the store meanwhile.
 * @returns how many rows
 * @throws NodewardError as `openStore`, file-unwritable, input-too-large, usage where the file is the store itself or
 *   another database, or the reason of the signal
 */
export async function dumpStore(place: StorePlace, path: string, options: DumpOptions): Promise<number> {
  const { database, installation } = await connect(place, { create: false, sandbox: options.sandbox });
  const { version, at, sandbox } = options;
  const layout = MIGRATIONS.length;
  const header: Header = { backup: 'nodeward', format: FORMAT, layout, version, at, installation, sandbox };
  try {
    if ('path' in place) refuseItself(place.path, path);
    refuseToReplace(path);
    return await database.reading
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute((db) =>
        replaceFile(path, async (aside) => {
          const dump = new Dump({ dialect: database.dialect, db }, options);
          const file = createWriteStream(aside, { flags: 'wx', mode: 0o600 });
          await pipeline(Readable.from(dump.lines(header)), createZstdCompress(), file);
          return dump.rows;
        }),
      );
  } catch (thrown) {
    throw database.failure(thrown);
  } finally {
    await database.close();
  }
}

/** A backup in place of the store would be the end of both. SQLite keeps a part of the store in files beside it. */
function refuseItself(store: string, path: string): void {
  const own = realpathSync(store);
  if (![own, `${own}-wal`, `${own}-shm`].includes(realPath(path))) return;
  throw new NodewardError('usage', `${path} is the store itself`, {
    place: path,
    remedy: 'Name another file for the backup.',
  });
}

/** Where a file is or would be, without links. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Where its folder is not there either, it is no file of a store that is.
    const folder = dirname(path);
    return folder === path ? path : join(realPath(folder), basename(path));
  }
}

class Dump {
  rows = 0;
  readonly #session: Session;
  readonly #options: DumpOptions;

  constructor(session: Session, options: DumpOptions) {
    this.#session = session;
    this.#options = options;
  }

  async *lines(header: Header): AsyncGenerator<string> {
    const hash = createHash('sha256');
    const rows: Record<string, number> = {};
    const known = await columnsOf(this.#session);
    const first = lineOf(header);
    hash.update(first);
    yield first;
    for (const [name, kept] of Object.entries(KEPT)) {
      const columns = known.get(name) ?? [];
      const before = this.rows;
      const table = lineOf({ table: name, columns });
      hash.update(table);
      yield table;
      for await (const page of this.#pages(name as KeptTable, kept)) {
        const text = page.map((row) => lineOf(columns.map((column) => storedValue(row[column])))).join('');
        hash.update(text);
        this.rows += page.length;
        this.#options.progress?.(this.rows);
        yield text;
      }
      rows[name] = this.rows - before;
    }
    yield lineOf({ rows, sha256: hash.digest('hex') });
  }

  /** The rows of a table in the order of its key, a page at a time: a whole table has no room in memory. */
  async *#pages(name: KeptTable, { key, bytes }: Kept): AsyncGenerator<readonly Row[]> {
    const tables = this.#session.db as unknown as Kysely<Record<string, Row>>;
    const limit = bytes.length > 0 ? PAGE_OF_BYTES : PAGE;
    let last: Row | undefined;
    for (;;) {
      this.#options.signal.throwIfAborted();
      let query = tables.selectFrom(name).selectAll().limit(limit);
      for (const column of key) query = query.orderBy(column);
      if (last !== undefined) {
        const values = key.map((column) => sql`${last?.[column]}`);
        const columns = key.map((column) => sql.ref(column));
        query = query.where(sql<boolean>`(${sql.join(columns)}) > (${sql.join(values)})`);
      }
      const page = await query.execute();
      if (page.length > 0) yield page;
      last = page.at(-1);
      if (page.length < limit) return;
    }
  }
}

type Row = Readonly<Record<string, string | number | null | Uint8Array>>;

function storedValue(value: Row[string] | undefined): string | number | null {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : (value ?? null);
}

function lineOf(value: unknown): string {
  const line = `${JSON.stringify(value)}\n`;
  if (line.length <= MAX_LINE_BYTES / 3 || Buffer.byteLength(line) <= MAX_LINE_BYTES) return line;
  throw new NodewardError('input-too-large', 'A row of the store is larger than a backup takes');
}
