import type { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '../../../base/sqlite.ts';
import type { ImageEvidence, NodeImage } from '../../../model/image.ts';
import type { Component, OsPackage, SoftwareList } from '../../../model/software.ts';
import { sortSoftware } from '../../sorting.ts';
import { decodeIds } from './ids.ts';
import { CATALOGUE_KIND } from './layout.ts';
import {
  blob,
  componentOf,
  damaged,
  gapsOf,
  headOf,
  imageOf,
  integer,
  packageOf,
  type Row,
  readInfo,
  Table,
  text,
} from './rows.ts';
import type { Catalogue, CatalogueEntry, CatalogueInfo, CatalogueList, ImportProblem } from './types.ts';

/**
 * Opens a catalogue that `importImages` wrote. Reads only what is asked for: `find` one image, `lists` and `entries`
 * everything, once.
 * @throws NodewardError catalogue-missing, catalogue-unusable
 */
export function openCatalogue(path: string): Catalogue {
  const database = openDatabase(path, CATALOGUE_KIND);
  try {
    return new SqliteCatalogue(database, path);
  } catch (thrown) {
    database.close();
    throw damaged(thrown, path);
  }
}

class SqliteCatalogue implements Catalogue {
  readonly info: CatalogueInfo;
  readonly problems: readonly ImportProblem[];
  readonly packageCount: number;
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #packages: Table<OsPackage>;
  readonly #components: Table<Component>;
  #images: readonly NodeImage[] | null = null;
  #lists: readonly CatalogueList[] | null = null;
  #entries: readonly CatalogueEntry[] | null = null;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    this.#packages = new Table(database, 'package', packageOf);
    this.#components = new Table(database, 'component', componentOf);
    this.packageCount = this.#packages.size;
    this.info = readInfo(database);
    this.problems = database
      .prepare('SELECT path, detail FROM problem')
      .all()
      .map((row) => ({ path: text(row, 'path'), detail: text(row, 'detail') }));
  }

  images(): readonly NodeImage[] {
    this.#images ??= this.#guard(() =>
      this.#database.prepare('SELECT * FROM image ORDER BY id').all().map(imageOf),
    );
    return this.#images;
  }

  families(): readonly string[] {
    return [...new Set(this.images().map(({ family }) => family))];
  }

  find(name: string): ImageEvidence | null {
    return this.#guard(() => {
      const row = this.#rowOf(name);
      if (row === null) return null;
      const list = this.#database.prepare('SELECT * FROM list WHERE id = ?').get(integer(row, 'list'));
      const gaps = this.#database.prepare('SELECT json FROM gaps WHERE id = ?').get(integer(row, 'gaps'));
      if (list === undefined || gaps === undefined) throw new RangeError(`image ${name} has no list`);
      return { image: imageOf(row), software: this.#softwareOf(list), gaps: gapsOf(gaps) };
    });
  }

  packageAt(id: number): OsPackage {
    return this.#guard(() => this.#packages.at(id));
  }

  componentAt(id: number): Component {
    return this.#guard(() => this.#components.at(id));
  }

  lists(): readonly CatalogueList[] {
    this.#lists ??= this.#guard(() => {
      this.#packages.readAll();
      this.#components.readAll();
      return this.#database
        .prepare('SELECT digest, packages, components FROM list ORDER BY id')
        .all()
        .map((row) => this.#listOf(row));
    });
    return this.#lists;
  }

  entries(): readonly CatalogueEntry[] {
    this.#entries ??= this.#guard(() => {
      const heads = this.#database.prepare('SELECT head FROM list ORDER BY id').all().map(headOf);
      const gaps = this.#database.prepare('SELECT json FROM gaps ORDER BY id').all().map(gapsOf);
      const images = this.images();
      return this.#database
        .prepare('SELECT list, gaps FROM image ORDER BY id')
        .all()
        .map((row, index) => {
          const list = integer(row, 'list');
          const [image, head, gap] = [images[index], heads[list], gaps[integer(row, 'gaps')]];
          if (!image || !head || !gap) throw new RangeError(`image ${index} has no list ${list}`);
          const { os, format, fips, runningKernel } = head;
          return { image, os, format, fips, runningKernel, gaps: gap, list };
        });
    });
    return this.#entries;
  }

  close(): void {
    this.#database.close();
  }

  #rowOf(name: string): Row | null {
    if (name.length > 200) return null;
    const wanted = name.replaceAll(':', '-').replace(/^AKSWindows-windows-/i, 'AKSWindows-');
    const exact = this.#database.prepare('SELECT * FROM image WHERE name = ?').get(wanted);
    if (exact !== undefined) return exact;
    const short = this.#database.prepare('SELECT * FROM image WHERE short = ? LIMIT 2').all(wanted);
    return short.length === 1 ? (short[0] ?? null) : null;
  }

  #softwareOf(row: Row): SoftwareList {
    const { packages, components } = this.#listOf(row);
    return sortSoftware({
      ...headOf(row),
      packages: this.#packages.atEach(packages),
      components: this.#components.atEach(components),
      binaries: [],
    });
  }

  #listOf(row: Row): CatalogueList {
    return {
      digest: `sha256:${Buffer.from(blob(row, 'digest')).toString('hex')}`,
      packages: decodeIds(blob(row, 'packages'), this.#packages.size),
      components: decodeIds(blob(row, 'components'), this.#components.size),
    };
  }

  #guard<T>(read: () => T): T {
    try {
      return read();
    } catch (thrown) {
      throw damaged(thrown, this.#path);
    }
  }
}
