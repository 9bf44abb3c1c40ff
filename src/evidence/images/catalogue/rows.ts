import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import * as v from 'valibot';
import { NodewardError, reasonOf } from '../../../base/errors.ts';
import type { Gap } from '../../../model/gap.ts';
import type { NodeImage } from '../../../model/image.ts';
import type { Component, OsPackage } from '../../../model/software.ts';
import type { ListHead } from './collection.ts';
import type { CatalogueInfo } from './types.ts';

/** A row of the catalogue by column. */
export type Row = Record<string, SQLOutputValue>;

/** The error for a catalogue whose content is not what `writeCatalogue` wrote. */
export function damaged(thrown: unknown, path: string): NodewardError {
  if (thrown instanceof NodewardError) return thrown;
  return new NodewardError('catalogue-unusable', `${path} is damaged: ${reasonOf(thrown)}`, {
    cause: thrown,
  });
}

/** A table of things with ids from 0 on. Reads the rows that are asked for, once. */
export class Table<T> {
  readonly size: number;
  readonly #items: T[] = [];
  readonly #some: StatementSync;
  readonly #all: StatementSync;
  readonly #make: (row: Row) => T;

  constructor(database: DatabaseSync, table: 'package' | 'component', make: (row: Row) => T) {
    this.#some = database.prepare(`SELECT * FROM ${table} WHERE id IN (SELECT value FROM json_each(?))`);
    this.#all = database.prepare(`SELECT * FROM ${table} ORDER BY id`);
    this.#make = make;
    this.size = integer(database.prepare(`SELECT count(*) AS size FROM ${table}`).get() ?? {}, 'size');
  }

  /** @throws RangeError for an id that is not in the table */
  at(id: number): T {
    if (this.#items[id] === undefined) this.#keep(this.#some.all(JSON.stringify([id])));
    const item = this.#items[id];
    if (item === undefined) throw new RangeError(`no row ${id}`);
    return item;
  }

  /** The items with these ids: one query, where one for each would take most of the time of finding an image. */
  atEach(ids: Uint32Array): readonly T[] {
    const unread = Array.from(ids).filter((id) => this.#items[id] === undefined);
    if (unread.length > 0) this.#keep(this.#some.all(JSON.stringify(unread)));
    return Array.from(ids, (id) => this.at(id));
  }

  readAll(): void {
    this.#keep(this.#all.all());
  }

  #keep(rows: readonly Row[]): void {
    for (const row of rows) this.#items[integer(row, 'id')] ??= this.#make(row);
  }
}

/** A column that must be text. @throws TypeError */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`column ${column} is no text`);
  return value;
}

/** A column that must be a whole number. @throws TypeError */
export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new TypeError(`column ${column} is no number`);
  return value;
}

/** A column that must be bytes. @throws TypeError */
export function blob(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw new TypeError(`column ${column} is no blob`);
  return value;
}

function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

/** A row of `package`. */
export function packageOf(row: Row): OsPackage {
  const source = textOrNull(row, 'source');
  return {
    name: text(row, 'name'),
    version: text(row, 'version'),
    arch: text(row, 'arch'),
    source: source === null ? null : { name: source, version: textOrNull(row, 'source_version') },
  };
}

/** A row of `component`. */
export function componentOf(row: Row): Component {
  const role = text(row, 'role');
  if (role !== 'installed' && role !== 'cached') throw new TypeError(`no role ${role}`);
  return { name: text(row, 'name'), version: text(row, 'version'), role };
}

/** A row of `image`. */
export function imageOf(row: Row): NodeImage {
  const channel = text(row, 'channel');
  if (channel !== 'NodeImage' && channel !== 'SecurityPatch') throw new TypeError(`no channel ${channel}`);
  return {
    name: text(row, 'name'),
    family: text(row, 'family'),
    version: text(row, 'version'),
    channel,
    buildDate: textOrNull(row, 'build_date'),
  };
}

const LIST_HEAD = v.object({
  os: v.nullable(
    v.object({
      id: v.string(),
      versionId: v.string(),
      prettyName: v.string(),
      variantId: v.nullable(v.string()),
    }),
  ),
  format: v.picklist(['deb', 'rpm', 'none']),
  runningKernel: v.nullable(v.string()),
  fips: v.nullable(v.boolean()),
  updates: v.array(v.string()),
});

/** The head of a row of `list`. */
export function headOf(row: Row): ListHead {
  return v.parse(LIST_HEAD, JSON.parse(text(row, 'head')));
}

const GAP_CODES = [
  'no-package-list',
  'unknown-os',
  'unknown-component',
  'derived-evidence',
  'unparsable-version',
  'bad-evidence',
] as const satisfies readonly Gap['code'][];

const GAPS = v.array(
  v.object({ code: v.picklist(GAP_CODES), detail: v.string(), subjects: v.array(v.string()) }),
);

/** A row of `gaps`. Only the gaps that an import can find are possible. */
export function gapsOf(row: Row): readonly Gap[] {
  return v.parse(GAPS, JSON.parse(text(row, 'json')));
}

/** What the catalogue says about itself. */
export function readInfo(database: DatabaseSync): CatalogueInfo {
  const meta = new Map(
    database
      .prepare('SELECT key, value FROM meta')
      .all()
      .map((row) => [text(row, 'key'), text(row, 'value')]),
  );
  const counts = database
    .prepare(
      `SELECT (SELECT count(*) FROM image) AS images, (SELECT count(*) FROM list) AS lists,
        (SELECT count(DISTINCT family) FROM image) AS families`,
    )
    .get();
  const said = (key: string): string => {
    const value = meta.get(key);
    if (value === undefined) throw new TypeError(`nothing is said about ${key}`);
    return value;
  };
  return {
    images: integer(counts ?? {}, 'images'),
    lists: integer(counts ?? {}, 'lists'),
    families: integer(counts ?? {}, 'families'),
    newest: said('newest'),
    importedAt: said('importedAt'),
    source: said('source'),
  };
}
