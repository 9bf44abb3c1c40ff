import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StorePlace } from '../../src/storage/index.ts';
import { type Peer, scratch } from './support.ts';

/** The path of a store on SQLite. */
export function pathOf(place: StorePlace): string {
  if ('path' in place) return place.path;
  throw new RangeError(`${place.url} is no file`);
}

/** SQLite, with its files in a folder that is gone when the process ends. */
export function sqlitePeer(): Peer {
  const folder = scratch();
  return {
    database: 'sqlite',
    place: async (name) => ({ path: join(folder, `${name}.db`) }),
    run: async (place, statements) => {
      const database = new DatabaseSync(pathOf(place));
      try {
        if (/^\s*SELECT/i.test(statements)) return database.prepare(statements).all();
        database.exec(statements);
        return [];
      } finally {
        database.close();
      }
    },
  };
}
