import { createHash } from 'node:crypto';
import type { AuditEntry } from './governance.ts';

/** What the first event of an audit log follows. */
export const AUDIT_START = '0'.repeat(64);

/**
 * The hash of an event of the audit log, of everything else in it: SHA-256 in hexadecimal of the JSON of one list, in
 * which the detail is a list of names and values in the order of the names. So neither the order in which a
 * detail was written nor where one field ends and the next begins can change unseen.
 * @param previous hash of the event before, `AUDIT_START` for the first
 */
export function auditHash(entry: AuditEntry, sequence: number, previous: string): string {
  const { at, actor, action, subject, detail } = entry;
  const named = Object.entries(detail).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([sequence, previous, at, actor, action, subject, named]);
  return createHash('sha256').update(text).digest('hex');
}
