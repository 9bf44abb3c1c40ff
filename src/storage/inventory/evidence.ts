import { createHash } from 'node:crypto';
import type { Evidence } from '../../model/coverage.ts';
import { among, parts } from '../database/bulk.ts';
import type { Session } from '../database/types.ts';
import { upsert } from '../database/upsert.ts';
import { keysOf } from './seen.ts';

/**
 * Puts evidence of nodes; of one node and source, the last one.
 * @throws RangeError where a node or software list was not put before
 */
export async function putEvidence(session: Session, evidence: readonly Evidence[]): Promise<void> {
  if (evidence.length === 0) return;
  const nodeKey = await keysOf(
    session,
    'node',
    evidence.map(({ node }) => node),
  );
  const readingKey = await putReadings(session, evidence);
  const rows = new Map(
    evidence.map((each) => {
      const { source, takenAt, uid, image, reported } = each;
      const node = nodeKey(each.node);
      const told = reported === null ? null : JSON.stringify(reported);
      const row = { node, source, taken_at: takenAt, uid, image, reading: readingKey(each), reported: told };
      return [`${node} ${source}`, row];
    }),
  );
  await upsert(session, { table: 'evidence', key: ['node', 'source'] }, [...rows.values()]);
  const read = evidence.filter(({ source }) => source === 'disk').map(({ node }) => nodeKey(node));
  if (read.length > 0)
    await session.db
      .deleteFrom('scan_failure')
      .where(among(session, 'node', read))
      .execute();
}

/** What one evidence says besides which node it is of and when it was taken. */
function readingOf({ software, confidence, complete, drift, gaps }: Evidence) {
  const told = [JSON.stringify(drift), JSON.stringify(gaps)] as const;
  const text = JSON.stringify([software, confidence, complete, ...told]);
  return { text, software, confidence, complete: Number(complete), drift: told[0], gaps: told[1] };
}

/** Writes what evidence says where nothing said just this before. @returns the key of what each says */
async function putReadings(
  session: Session,
  evidence: readonly Evidence[],
): Promise<(each: Evidence) => number> {
  const distinct = new Map(evidence.map((each) => [readingOf(each).text, readingOf(each)]));
  const hashes = new Map(
    [...distinct.keys()].map((text) => [text, createHash('sha256').update(text).digest()]),
  );
  let keys = await findReadings(session, [...hashes.values()]);
  const fresh = [...distinct.values()].filter(({ text }) => !keys.has(hex(hashes.get(text))));
  if (fresh.length > 0) {
    const listKey = await listKeys(
      session,
      fresh.map(({ software }) => software),
    );
    const rows = fresh.map(({ text, software, ...reading }) => ({
      hash: hashes.get(text) ?? new Uint8Array(),
      software: listKey(software),
      ...reading,
    }));
    for (const part of parts(rows)) await session.db.insertInto('reading').values(part).execute();
    keys = await findReadings(session, [...hashes.values()]);
  }
  return (each) => {
    const key = keys.get(hex(hashes.get(readingOf(each).text)));
    if (key === undefined) throw new RangeError(`what evidence of ${each.node} says was not kept`);
    return key;
  };
}

async function findReadings(
  session: Session,
  hashes: readonly Uint8Array[],
): Promise<ReadonlyMap<string, number>> {
  const keys = new Map<string, number>();
  for (const part of parts(hashes.map((hash) => [hash]))) {
    const rows = await session.db
      .selectFrom('reading')
      .select(['hash', 'key'])
      .where('hash', 'in', part.flat())
      .execute();
    for (const { hash, key } of rows) keys.set(hex(hash), key);
  }
  return keys;
}

async function listKeys(session: Session, digests: readonly string[]): Promise<(digest: string) => number> {
  const query = session.db.selectFrom('software').select(['digest', 'key']);
  const rows = await query.where(among(session, 'digest', new Set(digests))).execute();
  const keys = new Map(rows.map(({ digest, key }) => [digest, key]));
  return (digest) => {
    const key = keys.get(digest);
    if (key === undefined) throw new RangeError(`no software list ${digest}`);
    return key;
  };
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex');
}
