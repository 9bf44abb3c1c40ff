import type { Candidate, CandidateRole, PoolList } from '../../model/recommendation.ts';
import type { Session } from '../database/types.ts';
import { upsert } from '../database/upsert.ts';
import { laterOf, listKeys } from './keys.ts';

/** Which lists the nodes of a pool have now; memberships of others end. */
export async function putPoolLists(
  session: Session,
  { pool, at }: { readonly pool: string; readonly at: string },
  lists: readonly Pick<PoolList, 'list' | 'nodes'>[],
): Promise<void> {
  const keys = await listKeys(
    session,
    lists.map(({ list }) => list),
  );
  const rows = await session.db
    .selectFrom('pool_list')
    .selectAll()
    .where('pool', '=', pool)
    .orderBy('episode')
    .execute();
  const last = new Map(rows.map((row) => [row.software, row]));
  const changed: typeof rows = [];
  for (const { list, nodes } of lists) {
    const software = keys.get(list) ?? Number.NaN;
    const before = last.get(software);
    last.delete(software);
    if (before?.until === null) {
      if (before.nodes !== nodes) changed.push({ ...before, nodes });
    } else {
      const episode = (before?.episode ?? 0) + 1;
      changed.push({ pool, software, episode, nodes, since: laterOf(at, before?.until), until: null });
    }
  }
  for (const row of last.values())
    if (row.until === null) changed.push({ ...row, until: laterOf(at, row.since) });
  await upsert(session, { table: 'pool_list', key: ['pool', 'software', 'episode'] }, changed);
}

/** What could replace the image of a pool now; what could before, ends. */
export async function putCandidates(
  session: Session,
  { pool, at }: { readonly pool: string; readonly at: string },
  candidates: ReadonlyMap<CandidateRole, Pick<Candidate, 'image' | 'list'>>,
): Promise<void> {
  const lists = [...candidates.values()].flatMap(({ list }) => (list === null ? [] : [list]));
  const keys = await listKeys(session, lists);
  const rows = await session.db
    .selectFrom('candidate')
    .selectAll()
    .where('pool', '=', pool)
    .orderBy('episode')
    .execute();
  const last = new Map(rows.map((row) => [row.role, row]));
  const changed: typeof rows = [];
  for (const [role, { image, list }] of candidates) {
    const software = list === null ? null : (keys.get(list) ?? Number.NaN);
    const before = last.get(role);
    if (before?.until === null && before.image === image && before.software === software) {
      last.delete(role);
      continue;
    }
    const since = laterOf(at, before?.until ?? before?.since);
    changed.push({ pool, role, episode: (before?.episode ?? 0) + 1, image, software, since, until: null });
  }
  for (const row of last.values())
    if (row.until === null) changed.push({ ...row, until: laterOf(at, row.since) });
  await upsert(session, { table: 'candidate', key: ['pool', 'role', 'episode'] }, changed);
}
