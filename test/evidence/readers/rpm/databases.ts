import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { adler32 } from '../../../../src/evidence/readers/rpm/ndb/adler32.ts';
import { run } from '../../../support/tools.ts';

/** A header and the name of its package. */
export interface Entry {
  readonly name: string;
  readonly blob: Uint8Array;
}

/** Opens a database with the tables of rpm's SQLite backend that matter here. */
export function createSqlite(path: string, pageSize = 4096): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA page_size = ${pageSize}; PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS 'Name' (key 'TEXT' NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS Name_key_idx ON 'Name'(key ASC);`);
  return database;
}

/** Adds headers as rpm does. */
export function insert(database: DatabaseSync, entries: readonly Entry[]): void {
  const addHeader = database.prepare('INSERT INTO Packages (blob) VALUES (?)');
  const addName = database.prepare("INSERT INTO 'Name' VALUES (?, ?, 0)");
  for (const { name, blob } of entries) addName.run(name, addHeader.run(blob).lastInsertRowid);
}

/** A whole SQLite database, with nothing left in its log. */
export function writeSqlite(path: string, entries: readonly Entry[], pageSize = 4096): void {
  const database = createSqlite(path, pageSize);
  insert(database, entries);
  database.close();
}

/** An ndb database, as rpmpkg.c lays it out. `gap` leaves room as a removed package does. */
export function makeNdb(entries: readonly Entry[], gap = 0): Buffer {
  const pages = Math.ceil((entries.length + 2) / 256);
  const slots = Buffer.alloc(pages * 4096);
  for (let at = 0; at < slots.length; at += 16) slots.write('Slot', at, 'latin1');
  slots.fill(0, 0, 32);
  slots.write('RpmP', 0, 'latin1');
  slots.writeUInt32LE(entries.length, 8);
  slots.writeUInt32LE(pages, 12);
  slots.writeUInt32LE(entries.length + 1, 16);
  const parts = [slots];
  let block = slots.length / 16;
  for (const [i, { blob }] of entries.entries()) {
    const count = Math.ceil((16 + blob.length + 12) / 16);
    const bytes = Buffer.alloc(count * 16);
    bytes.write('BlbS', 0, 'latin1');
    bytes.writeUInt32LE(i + 1, 4);
    bytes.writeUInt32LE(i + 1, 8);
    bytes.writeUInt32LE(blob.length, 12);
    bytes.set(blob, 16);
    const tail = bytes.length - 12;
    bytes.writeUInt32LE(adler32(bytes.subarray(0, tail)), tail);
    bytes.writeUInt32LE(blob.length, tail + 4);
    bytes.write('BlbE', tail + 8, 'latin1');
    parts.push(bytes, Buffer.alloc(gap * 16));
    const slot = 32 + i * 16;
    slots.writeUInt32LE(i + 1, slot + 4);
    slots.writeUInt32LE(block, slot + 8);
    slots.writeUInt32LE(count, slot + 12);
    block += count + gap;
  }
  return Buffer.concat(parts);
}

/** A Berkeley DB hash database, made by the library's own loader. `order`: 1234 for little-endian, 4321 for big. */
export function writeBdb(folder: string, entries: readonly Entry[], order: 1234 | 4321 = 1234): void {
  const key = (number: number): string => {
    const bytes = Buffer.alloc(4);
    if (order === 1234) bytes.writeUInt32LE(number);
    else bytes.writeUInt32BE(number);
    return ` ${bytes.toString('hex')}`;
  };
  const dump = [
    'VERSION=3',
    'format=bytevalue',
    'type=hash',
    `db_lorder=${order}`,
    'db_pagesize=4096',
    'HEADER=END',
    key(0),
    key(entries.length),
    ...entries.flatMap(({ blob }, i) => [key(i + 1), ` ${Buffer.from(blob).toString('hex')}`]),
    'DATA=END',
    '',
  ];
  run('db5.3_load', [join(folder, 'Packages')], dump.join('\n'));
}
