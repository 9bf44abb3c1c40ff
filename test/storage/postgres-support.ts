import { after, before } from 'node:test';
import type { StorePlace } from '../../src/storage/index.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import type { Peer } from './support.ts';

/** The URL of a store on PostgreSQL. */
export function urlOf(place: StorePlace): string {
  if ('url' in place) return place.url;
  throw new RangeError(`${place.path} is no URL`);
}

/** PostgreSQL, on a server that runs as long as the tests of the suite that asks. A database is made for each store. */
export function postgresPeer(): Peer & { readonly server: () => PostgresServer } {
  let running: PostgresServer | null = null;
  const server = (): PostgresServer => {
    if (running === null) throw new Error('the server runs only while tests do');
    return running;
  };
  before(async () => {
    running = await startPostgres();
  });
  after(async () => {
    await running?.stop();
  });
  return {
    server,
    database: 'postgres',
    place: async (name) => ({ url: await server().database(name) }),
    run: (place, statements) => server().run(urlOf(place), statements),
  };
}
