import type { Session } from './types.ts';

/** Runs several queries that must be of one instant: in the transaction there is, or else in one that reads. */
export function atOnce<T>(session: Session, look: (session: Session) => Promise<T>): Promise<T> {
  const { db } = session;
  if (db.isTransaction) return look(session);
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((trx) => look({ ...session, db: trx }));
}
