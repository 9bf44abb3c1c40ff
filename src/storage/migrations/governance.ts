import type { Dialect } from '../database/types.ts';
import type { Migration } from './types.ts';

/** What people decide, and the record of it. */
export const createGovernance: Migration = ({ dialect, text, integer, table, keyed }) => [
  `CREATE TABLE exemption (
    id ${text} PRIMARY KEY, created_at ${text} NOT NULL, expires_at ${text}, withdrawn_at ${text}, withdrawn_by ${text},
    body ${text} NOT NULL
  )${keyed}`,
  `CREATE TABLE owner_rule (
    id ${text} PRIMARY KEY, position ${integer} NOT NULL, source ${text} NOT NULL, name ${text} NOT NULL, owner ${text}
  )${keyed}`,
  `CREATE TABLE policy (one ${integer} PRIMARY KEY CHECK (one = 1), body ${text} NOT NULL)${table}`,
  `CREATE TABLE audit_head (
    one ${integer} PRIMARY KEY CHECK (one = 1), sequence ${integer} NOT NULL, hash ${text} NOT NULL
  )${table}`,
  `CREATE TABLE audit_event (
    sequence ${integer} PRIMARY KEY, at ${text} NOT NULL, actor ${text} NOT NULL, action ${text} NOT NULL,
    subject ${text} NOT NULL, detail ${text} NOT NULL, previous ${text} NOT NULL UNIQUE, hash ${text} NOT NULL
  )${table}`,
  ...KEEP_EVENTS[dialect],
];

/** What is told to whom, and what runs by itself. */
export const createDeliveries: Migration = ({ text, integer, keyed }) => [
  `CREATE TABLE delivery (
    id ${text} PRIMARY KEY, channel ${text} NOT NULL, created_at ${text} NOT NULL, notices ${text} NOT NULL,
    more ${integer} NOT NULL, attempts ${integer} NOT NULL, next_at ${text} NOT NULL, state ${text} NOT NULL, error ${text}
  )${keyed}`,
  // It stays when its delivery is forgotten, so it does not refer to one.
  `CREATE TABLE told (
    channel ${text} NOT NULL, name ${text} NOT NULL, delivery ${text} NOT NULL, PRIMARY KEY (channel, name)
  )${keyed}`,
  `CREATE TABLE task (
    name ${text} PRIMARY KEY, due_at ${text} NOT NULL, started_at ${text}, ended_at ${text}, result ${text}, error ${text},
    failing_since ${text}, runs ${integer} NOT NULL, failures ${integer} NOT NULL
  )${keyed}`,
];

const REFUSAL = 'events of the audit log are never changed or deleted';

/** Lets nobody change or delete an event by mistake. Who owns the database can remove this: the chain of hashes is for that. */
const KEEP_EVENTS: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: [
    `CREATE TRIGGER audit_event_update BEFORE UPDATE ON audit_event BEGIN SELECT RAISE(ABORT, '${REFUSAL}'); END`,
    `CREATE TRIGGER audit_event_delete BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, '${REFUSAL}'); END`,
  ],
  postgres: [
    `CREATE FUNCTION keep_events() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '${REFUSAL}'; END $$`,
    `CREATE TRIGGER audit_event_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
      FOR EACH STATEMENT EXECUTE FUNCTION keep_events()`,
  ],
};
