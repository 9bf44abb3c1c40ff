import pg from 'pg';
import { failed } from './postgres.ts';

/** Two numbers that nothing else of Nodeward locks with. */
const LOCK = [0x4e_57_61_72, 1] as const;
const CONNECT_MS = 10_000;
const QUERY_MS = 10_000;

/** Who of several processes decides what is to be done. */
export interface Lead {
  /**
   * Whether it is this process: takes the lead where nobody has it.
   * @throws NodewardError store-failed where it cannot be asked: who cannot ask does not lead
   */
  take(): Promise<boolean>;
  /** Leaves the lead to others. */
  release(): Promise<void>;
}

/** The lead of a process that is the only one. */
export const alone: Lead = { take: async () => true, release: async () => {} };

/**
 * The lead among processes that share a database: a lock of a session, which the server gives to the next one as soon as
 * the connection of the process that has it is gone. Two that both believe that they lead (a connection may be lost
 * unnoticed) do no harm, as both find the same to be due and send the same jobs.
 */
export class SharedLead implements Lead {
  readonly #url: string;
  #client: pg.Client | null = null;
  #held = false;

  constructor(url: string) {
    this.#url = url;
  }

  async take(): Promise<boolean> {
    try {
      const client = await this.#connected();
      if (this.#held) {
        await client.query('select 1');
      } else {
        const { rows } = await client.query<{ taken: boolean }>(
          'select pg_try_advisory_lock($1, $2) as taken',
          [...LOCK],
        );
        this.#held = rows[0]?.taken === true;
      }
      return this.#held;
    } catch (thrown) {
      await this.release();
      throw failed(thrown, this.#url);
    }
  }

  async release(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    this.#held = false;
    await client?.end().catch(() => {});
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client !== null) return this.#client;
    const client = new pg.Client({
      ...{ connectionString: this.#url, application_name: 'nodeward run', keepAlive: true },
      ...{ connectionTimeoutMillis: CONNECT_MS, query_timeout: QUERY_MS },
    });
    // A connection that breaks while nothing is asked tells it here, and the next question finds out.
    client.on('error', () => {
      if (this.#client !== client) return;
      this.#client = null;
      this.#held = false;
    });
    await client.connect();
    this.#client = client;
    return client;
  }
}
