import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** The databases that a store may be on. */
export type Dialect = 'sqlite' | 'postgres';

/** Where queries go: the whole database, or one transaction. What the databases say differently follows from the dialect. */
export interface Session {
  readonly dialect: Dialect;
  readonly db: Kysely<Schema>;
}

/** A database that was opened, of any layout yet. */
export interface Database {
  readonly dialect: Dialect;
  /** What messages call it: the path of the file, or the URL without its password. */
  readonly place: string;
  /** For transactions that write. */
  readonly writing: Kysely<Schema>;
  /** For all others: it never waits for a writer, and sees nothing of one that has not committed. */
  readonly reading: Kysely<Schema>;
  /** The layout of the store in it: 0 where it is empty. @throws NodewardError store-unusable where it is of another kind */
  layout(db: Kysely<Schema>): Promise<number>;
  /** Makes what tables lie in, where there is no store yet. */
  found(db: Kysely<Schema>): Promise<void>;
  setLayout(db: Kysely<Schema>, layout: number): Promise<void>;
  /** Waits until no other process writes; the transaction that asks is then the only one. */
  takeTurn(db: Kysely<Schema>): Promise<void>;
  /** The time of the server, or of the machine that a file is on. */
  now(): Promise<Date>;
  /** What it threw, as a user can act on it. What is none of its failures stays as it is: a defect. */
  failure(thrown: unknown): unknown;
  /** Whether what it threw may not happen again when the transaction is run once more. */
  mayRetry(thrown: unknown): boolean;
  close(): Promise<void>;
}
