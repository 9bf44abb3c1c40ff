import { type RawBuilder, sql } from 'kysely';

/** Whether the column `search`, which is in lower case, contains a text, in any case. */
export function contains(text: string): RawBuilder<boolean> {
  // PostgreSQL has no text with this character, and refuses to be asked for it.
  if (text.includes('\0')) return sql<boolean>`1 = 0`;
  const pattern = text
    .toLowerCase()
    .toWellFormed()
    .replaceAll(/[\\%_]/g, '\\$&');
  return sql<boolean>`search like ${`%${pattern}%`} escape '\\'`;
}
