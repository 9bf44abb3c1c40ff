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
  const layoutOf = async (db: Kysely<Schema>): Promise<number> => {
    const layout = await database.layout(db);
    if (layout <= migrations.length) return layout;
    const detail = `${database.place} has layout ${layout}, this program knows layouts up to ${migrations.length}`;
    throw new NodewardError('store-unusable', detail, { place: database.place });
  };
  if ((await layoutOf(database.writing)) === migrations.length) return;
  await database.writing.transaction().execute(async (db) => {
    await database.takeTurn(db);
    // Another process may have done it while this one waited for its turn.
    for (const migration of migrations.slice(await layoutOf(db)))
      for (const statement of migration(WORDS[database.dialect])) await sql.raw(statement).execute(db);
    await database.setLayout(db, migrations.length);
  });
}
