import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { OsPackage } from '../../../model/software.ts';
import { rpmHeader } from './rpm-header.ts';
import { rpmSource } from './rpm-sources.ts';

/** Where Azure Linux and CBL-Mariner keep it. */
export const RPM_DATABASE = 'var/lib/rpm/rpmdb.sqlite';

/** The indexes that are filled here: enough for rpm to find packages by name and files by their owner. */
const FILLED = { name: 'Name', provided: 'Providename', file: 'Basenames', folder: 'Dirnames' } as const;

/** Those of rpm's other indexes, which rpm expects to be there. */
const EMPTY = [
  'Group Requirename Conflictname Obsoletename Triggername Installtid Sigmd5 Sha1header Filetriggername',
  'Transfiletriggername Recommendname Suggestname Supplementname Enhancename',
].flatMap((line) => line.split(' '));

/**
 * Writes an rpm database as rpm's SQLite backend lays it out.
 * @param installed when the packages were installed, in seconds since 1970
 */
export function writeRpmDatabase(path: string, packages: readonly OsPackage[], installed: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA journal_mode = off; PRAGMA synchronous = off; BEGIN');
    database.exec('CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)');
    for (const index of [...Object.values(FILLED), ...EMPTY]) {
      database.exec(`CREATE TABLE '${index}' (key TEXT NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL,
        FOREIGN KEY (hnum) REFERENCES Packages(hnum));
        CREATE INDEX '${index}_key_idx' ON '${index}'(key ASC)`);
    }
    fill(database, packages, installed);
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

function fill(database: DatabaseSync, packages: readonly OsPackage[], installed: number): void {
  const versions = new Map(packages.map(({ name, version }) => [name, version]));
  const addHeader = database.prepare('INSERT INTO Packages (blob) VALUES (?)');
  const add = (index: string) => database.prepare(`INSERT INTO '${index}' VALUES (?, ?, 0)`);
  const [name, provided, file, folder] = [FILLED.name, FILLED.provided, FILLED.file, FILLED.folder].map(add);
  for (const pkg of packages) {
    const header = rpmHeader(pkg, { sourceRpm: rpmSource(pkg, versions), installed });
    const { lastInsertRowid } = addHeader.run(header);
    name?.run(pkg.name, lastInsertRowid);
    provided?.run(pkg.name, lastInsertRowid);
    file?.run('COPYING', lastInsertRowid);
    folder?.run(`/usr/share/doc/${pkg.name}/`, lastInsertRowid);
  }
}
