import { describe } from 'node:test';
import { noPostgres } from '../support/postgres.ts';
import { findingsConformance } from './findings-conformance.ts';
import { postgresPeer } from './postgres-support.ts';
import { sqlitePeer } from './sqlite-support.ts';
import { openOn } from './support.ts';

findingsConformance('SQLite', openOn(sqlitePeer()));

describe('PostgreSQL', { skip: noPostgres(), timeout: 300_000 }, () => {
  const peer = postgresPeer();
  findingsConformance('PostgreSQL', openOn(peer));
});
