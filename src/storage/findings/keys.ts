import { among } from '../database/bulk.ts';
import type { Session } from '../database/types.ts';

/** The keys of software lists by their digests. @throws RangeError where the inventory does not have one */
export async function listKeys(
  session: Session,
  digests: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (digests.length === 0) return new Map();
  const rows = await session.db
    .selectFrom('software')
    .select(['digest', 'key'])
    .where(among(session, 'digest', digests))
    .execute();
  const keys = new Map(rows.map(({ digest, key }) => [digest, key]));
  const missing = digests.find((digest) => !keys.has(digest));
  if (missing !== undefined) throw new RangeError(`no software list ${missing}`);
  return keys;
}

/** The later of two instants: clocks go backwards, and nothing ends before it began. */
export function laterOf(at: string, other: string | null | undefined): string {
  return other === null || other === undefined || other < at ? at : other;
}
