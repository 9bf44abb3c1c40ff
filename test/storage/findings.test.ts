import { describe } from 'node:test';
import { noPostgres } from '../support/postgres.ts';
import { findingsConformance } from './findings-conformance.ts';
import { listsConformance } from './lists-conformance.ts';
import { postgresPeer } from './postgres-support.ts';
import { sqlitePeer } from './sqlite-support.ts';
import { openOn } from './support.ts';

const sqlite = sqlitePeer();
findingsConformance('SQLite', openOn(sqlite));
listsConformance('SQLite', openOn(sqlite));

describe('PostgreSQL', { skip: noPostgres(), timeout: 300_000 }, () => {
  const peer = postgresPeer();
  findingsConformance('PostgreSQL', openOn(peer));
  listsConformance('PostgreSQL', openOn(peer));
});
