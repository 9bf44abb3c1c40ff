import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Database, Session } from './database/types.ts';
import { FindingsQueries } from './findings/reader.ts';
import { FindingsChanges } from './findings/writer.ts';
import { GovernanceQueries } from './governance/reader.ts';
import { GovernanceChanges } from './governance/writer.ts';
import { InventoryQueries } from './inventory/reader.ts';
import { InventoryChanges } from './inventory/writer.ts';
import type { Schema } from './schema.ts';
import type { Store, StoreReader, StoreWriter } from './types.ts';

/** How often a transaction is run that failed only because others ran beside it. */
const ATTEMPTS = 5;

/** The store on a database of the newest layout. */
export class SqlStore implements Store {
  readonly database: Database['dialect'];
  readonly installation: string;
  readonly inventory: StoreReader['inventory'];
  readonly findings: StoreReader['findings'];
  readonly governance: StoreReader['governance'];
  readonly #database: Database;
  /** Ends when nobody of this process writes or waits to. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Set inside a write, where another one would wait for itself. */
  readonly #inside = new AsyncLocalStorage<true>();

  constructor(database: Database, installation: string) {
    this.#database = database;
    this.database = database.dialect;
    this.installation = installation;
    const { inventory, findings, governance } = readerOf(this.#session(database.reading));
    this.inventory = guarded(inventory, database);
    this.findings = guarded(findings, database);
    this.governance = guarded(governance, database);
  }

  async write<T>(change: (writer: StoreWriter) => Promise<T>): Promise<T> {
    if (this.#inside.getStore() === true) throw new RangeError('a write inside a write');
    const before = this.#turn;
    const done = before.then(() => this.#inside.run(true, () => this.#write(change)));
    this.#turn = done.catch(() => {});
    return done;
  }

  async read<T>(look: (reader: StoreReader) => Promise<T>): Promise<T> {
    try {
      return await this.#database.reading
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute((db) => look(readerOf(this.#session(db))));
    } catch (thrown) {
      throw this.#database.failure(thrown);
    }
  }

  async now(): Promise<Date> {
    try {
      return await this.#database.now();
    } catch (thrown) {
      throw this.#database.failure(thrown);
    }
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#database.close();
  }

  async #write<T>(change: (writer: StoreWriter) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#database.writing.transaction().execute(async (db) => {
          await this.#database.takeTurn(db);
          const session = new WritingSession(this.#session(db));
          try {
            return await change(writerOf(session));
          } finally {
            session.end();
          }
        });
      } catch (thrown) {
        if (attempt === ATTEMPTS || !this.#database.mayRetry(thrown)) throw this.#database.failure(thrown);
      }
      await sleep(Math.random() * 50 * attempt);
    }
  }

  #session(db: Kysely<Schema>): Session {
    return { dialect: this.#database.dialect, db };
  }
}

/** The session of a change, as long as that runs: what it does not wait for would be written behind its transaction. */
class WritingSession implements Session {
  readonly dialect: Session['dialect'];
  readonly #db: Session['db'];
  #ended = false;

  constructor({ dialect, db }: Session) {
    this.dialect = dialect;
    this.#db = db;
  }

  get db(): Session['db'] {
    if (this.#ended) throw new RangeError('a change that its write did not wait for');
    return this.#db;
  }

  end(): void {
    this.#ended = true;
  }
}

function readerOf(session: Session): StoreReader {
  return {
    inventory: new InventoryQueries(session),
    findings: new FindingsQueries(session),
    governance: new GovernanceQueries(session),
  };
}

function writerOf(session: Session): StoreWriter {
  return {
    inventory: new InventoryChanges(session),
    findings: new FindingsChanges(session),
    governance: new GovernanceChanges(session),
  };
}

/** A reader whose calls fail with what a user can act on. */
function guarded<T extends object>(reader: T, database: Database): T {
  return new Proxy(reader, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...values: unknown[]): Promise<unknown> => {
        try {
          return await (member.apply(target, values) as Promise<unknown>);
        } catch (thrown) {
          throw database.failure(thrown);
        }
      };
    },
  });
}
