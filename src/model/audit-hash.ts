import { hash } from 'node:crypto';
import { compareText } from '../base/text.ts';
import type { AuditEntry } from './governance.ts';

/** What the first event of the chain has in place of the hash of the one before. */
export const NO_EVENT = '0'.repeat(64);

/**
 * The hash that chains an event to the one before: SHA-256, in hexadecimal, of a canonical form of everything else in it.
 * The form is one JSON array in which nothing is left out and the detail is sorted by its keys, so that the same event has
 * the same hash whichever database kept it.
 * @param sequence from 1, without holes
 * @param previous hash of the event before; `NO_EVENT` for the first
 */
export function auditHash(entry: AuditEntry, sequence: number, previous: string): string {
  const { at, actor, action, subject, detail } = entry;
  const sorted = Object.entries(detail).sort(([a], [b]) => compareText(a, b));
  return hash('sha256', JSON.stringify([sequence, previous, at, actor, action, subject, sorted]));
}
