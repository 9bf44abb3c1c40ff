import { type Kysely, sql } from 'kysely';
import { NodewardError } from '../../base/errors.ts';
import type { Database } from '../database/types.ts';
import type { Schema } from '../schema.ts';
import { createFindings, createRecommendations } from './findings.ts';
import { createDeliveries, createGovernance } from './governance.ts';
import { addExposure, addListings, addReported, createFleet } from './inventory.ts';
import { type Migration, WORDS } from './types.ts';

/** All migrations in order, the same for both databases: the first makes layout 1 of an empty one. */
export const MIGRATIONS: readonly Migration[] = [
  createFleet,
  addListings,
  addReported,
  addExposure,
  createFindings,
  createRecommendations,
  createGovernance,
  createDeliveries,
];

/**
 * Brings a database to the newest layout, all of it or nothing; of several processes one does it.
 * @throws NodewardError store-unusable where it is of another kind or a newer layout
 */
export async function migrate(database: Database, migrations = MIGRATIONS): Promise<void> {
  if ((await layoutOf(database, database.writing, migrations)) === migrations.length) return;
  await database.writing.transaction().execute(async (db) => {
    await database.takeTurn(db);
    await migrateWithin(database, db, migrations);
  });
}

/** As `migrate`, in a transaction that has its turn. */
export async function migrateWithin(
  database: Database,
  db: Kysely<Schema>,
  migrations = MIGRATIONS,
): Promise<void> {
  // Another process may have done it while this one waited for its turn.
  const layout = await layoutOf(database, db, migrations);
  if (layout === migrations.length) return;
  if (layout === 0) await database.found(db);
  for (const migration of migrations.slice(layout))
    for (const statement of migration(WORDS[database.dialect])) await sql.raw(statement).execute(db);
  await database.setLayout(db, migrations.length);
}

async function layoutOf(
  database: Database,
  db: Kysely<Schema>,
  { length: newest }: readonly Migration[],
): Promise<number> {
  const layout = await database.layout(db);
  if (layout <= newest) return layout;
  const detail = `${database.place} has layout ${layout}, this program knows layouts up to ${newest}`;
  throw new NodewardError('store-unusable', detail, { place: database.place });
}
