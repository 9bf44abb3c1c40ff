import { AUDIT_START, auditHash } from '../model/audit-hash.ts';
import type { AuditVerdict } from '../model/findings-report.ts';
import type { AuditEvent } from '../model/governance.ts';

/**
 * Whether the log is as it was written: every event has the hash of its content, follows the one before, and none is
 * missing. That events were cut off at the end shows only against a head that was kept elsewhere.
 * @param events all of them, as they are kept
 * @param options.head a hash that the log once ended with
 */
export function verifyAudit(
  events: readonly AuditEvent[],
  options: { readonly head?: string } = {},
): AuditVerdict {
  const last = events.at(-1);
  const found = { events: events.length, head: last?.hash ?? null };
  let previous = AUDIT_START;
  for (const [index, event] of events.entries()) {
    const why = fault(event, index + 1, previous);
    if (why !== null) return { ...found, broken: { sequence: event.sequence, why } };
    previous = event.hash;
  }
  const head = options.head?.trim().toLowerCase();
  if (head === undefined || events.some(({ hash }) => hash === head)) return { ...found, broken: null };
  const why =
    'no event has the hash that was kept elsewhere: events were cut off at the end, or all of them were written anew';
  return { ...found, broken: { sequence: events.length + 1, why } };
}

/** How an event does not fit; null where it does. */
function fault(event: AuditEvent, sequence: number, previous: string): string | null {
  if (auditHash(event, event.sequence, event.previous) !== event.hash)
    return 'what it says is not what its hash was made of: it was altered';
  if (event.sequence > sequence) return `${gap(sequence, event.sequence)} before it`;
  if (event.sequence < sequence)
    return 'it stands behind one of the same or a later number: it was moved or inserted';
  return event.previous === previous
    ? null
    : 'it was not written behind the event before it: one of the two was exchanged';
}

function gap(from: number, to: number): string {
  return to - from === 1 ? `event ${from} is missing` : `events ${from} to ${to - 1} are missing`;
}
