import { after, before, describe } from 'node:test';
import { noPostgres, type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { notifyConformance } from './conformance.ts';

describe('notifications on PostgreSQL', { skip: noPostgres() }, () => {
  let server: PostgresServer | null = null;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server?.stop());
  notifyConformance(async (name) => {
    if (server === null) throw new Error('the server runs only while tests do');
    return { url: await server.database(name) };
  });
});
