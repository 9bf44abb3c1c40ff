import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { NodewardError } from '../../base/errors.ts';
import type { Schema } from '../schema.ts';
import { mayRetry, postgresFailure } from './postgres-errors.ts';
import type { Database } from './types.ts';

/** Everything of Nodeward is in a schema of its own: the database may be shared with others. */
const SCHEMA = 'nodeward';

/** Advisory lock of whoever writes: one transaction at a time, as on SQLite. It is `NWfl` and `writ`. */
const TURN = '5645093273978694004';

/** Connections of one process. Only one of them writes. */
const MAX_CONNECTIONS = 8;
const CONNECT_MS = 30_000;
/** How long to wait for the turn, while other processes write. */
const PATIENCE_MS = 30_000;
/** Above any statement of a genuine store. */
const STATEMENT_MS = 180_000;
/** A process that hangs inside a transaction keeps others from writing no longer than that. */
const IDLE_MS = 300_000;

/** Counts and sums are far below 2^53, so they are numbers as on SQLite. */
const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 || oid === pg.types.builtins.NUMERIC
      ? Number
      : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
};

/**
 * A database of a PostgreSQL server, which is connected to when it is used.
 * @throws NodewardError config-invalid
 */
export function openPostgres(url: string, options: { readonly patience?: number }): Database {
  const place = placeOf(url);
  const pool = new pg.Pool({
    connectionString: url,
    types,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    application_name: 'nodeward',
    keepAlive: true,
    keepAliveInitialDelayMillis: 60_000,
    onConnect: async (client) => {
      await client.query(...settingsOf(options.patience ?? PATIENCE_MS));
    },
  });
  // A connection that breaks is told to whoever uses it; one that nobody uses is simply replaced.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  return {
    dialect: 'postgres',
    place,
    writing: db,
    reading: db,
    layout: (session) => layoutOf(session, place),
    found: makeSchema,
    setLayout: async (session, layout) => {
      await sql`INSERT INTO meta (name, value) VALUES ('layout', ${String(layout)})
        ON CONFLICT (name) DO UPDATE SET value = excluded.value`.execute(session);
    },
    takeTurn: async (session) => {
      await sql`SELECT pg_advisory_xact_lock(${sql.raw(TURN)})`.execute(session);
    },
    now: async () => {
      const asked = sql<{ ms: number }>`SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms`;
      return new Date((await asked.execute(db)).rows[0]?.ms ?? Number.NaN);
    },
    failure: (thrown) => postgresFailure(thrown, place),
    mayRetry,
    close: () => db.destroy(),
  };
}

/** What holds for a connection, set in one round trip: a query and its values. */
function settingsOf(patience: number): [string, string[]] {
  const settings: readonly (readonly [string, string])[] = [
    ['search_path', SCHEMA],
    ['lock_timeout', String(patience)],
    ['statement_timeout', String(Math.max(STATEMENT_MS, patience + CONNECT_MS))],
    ['idle_in_transaction_session_timeout', String(IDLE_MS)],
    ['client_min_messages', 'warning'],
    // A store that says it has kept something has kept it, whatever the server's default is.
    ['synchronous_commit', 'on'],
  ];
  const calls = settings.map((_, at) => `set_config($${2 * at + 1}, $${2 * at + 2}, false)`);
  return [`SELECT ${calls.join(', ')}`, settings.flat()];
}

/** The schema may be there without a store: made by whoever lets this user in. */
async function makeSchema(db: Kysely<Schema>): Promise<void> {
  const find = sql<{ found: boolean }>`SELECT to_regnamespace(${SCHEMA}) IS NOT NULL AS found`;
  const [row] = (await find.execute(db)).rows;
  if (row?.found !== true) await sql`CREATE SCHEMA ${sql.id(SCHEMA)}`.execute(db);
}

async function layoutOf(db: Kysely<Schema>, place: string): Promise<number> {
  const tables = sql<{ name: string }>`SELECT tablename AS name FROM pg_tables WHERE schemaname = ${SCHEMA}`;
  const names = (await tables.execute(db)).rows.map(({ name }) => name);
  if (names.length === 0) return 0;
  const read = sql<{ value: string }>`SELECT value FROM meta WHERE name = 'layout'`;
  const [row] = names.includes('meta') ? (await read.execute(db)).rows : [];
  if (row !== undefined && /^\d{1,6}$/.test(row.value)) return Number(row.value);
  throw new NodewardError('store-unusable', `The schema ${SCHEMA} of ${place} is not a store of Nodeward`, {
    place,
  });
}

/** The URL for people: without password and options, which may hold one too. */
function placeOf(text: string): string {
  const url = URL.parse(text);
  if (url === null)
    throw new NodewardError('config-invalid', 'storage.url is no URL of a PostgreSQL database');
  const user = url.username === '' ? '' : `${url.username}@`;
  return `${url.protocol}//${user}${url.host}${url.pathname}`;
}
