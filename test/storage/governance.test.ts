import { describe } from 'node:test';
import { noPostgres } from '../support/postgres.ts';
import { auditConformance } from './audit-conformance.ts';
import { governanceConformance } from './governance-conformance.ts';
import { postgresPeer } from './postgres-support.ts';
import { sqlitePeer } from './sqlite-support.ts';
import { openOn } from './support.ts';

const sqlite = sqlitePeer();
governanceConformance('SQLite', openOn(sqlite));
auditConformance(sqlite);

describe('PostgreSQL', { skip: noPostgres(), timeout: 300_000 }, () => {
  const peer = postgresPeer();
  governanceConformance('PostgreSQL', openOn(peer));
  auditConformance(peer);
});
