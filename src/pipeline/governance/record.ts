import { NodewardError } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import type { AuditEntry } from '../../model/governance.ts';
import type { StoreWriter } from '../../storage/index.ts';
import type { Fleet } from '../fleet/types.ts';

/** Longest text of an audit entry; what people give is bounded before. */
const MAX_TEXT = 4000;

/** What is done by whom, before the clock says when. */
export type Deed = Pick<AuditEntry, 'actor' | 'action' | 'subject' | 'detail'>;

/**
 * Changes the store and records it, both or neither.
 * @param change its result says what was done; where it is null, nothing was, and nothing is recorded
 */
export async function recorded<T>(
  { store, clock }: Pick<Fleet, 'store' | 'clock'>,
  change: (writer: StoreWriter, at: string) => Promise<{ readonly result: T; readonly deed: Deed | null }>,
): Promise<T> {
  return store.write(async (writer) => {
    const at = clock.now().toISOString();
    const { result, deed } = await change(writer, at);
    if (deed !== null) await writer.governance.appendAudit(entryOf(deed, at));
    return result;
  });
}

/** An entry whose texts every database keeps as they are. */
export function entryOf({ actor, action, subject, detail }: Deed, at: string): AuditEntry {
  const kept = Object.entries(detail).map(([name, value]) => [
    name,
    typeof value === 'string' ? bounded(value) : value,
  ]);
  return { at, actor: bounded(actor), action, subject: bounded(subject), detail: Object.fromEntries(kept) };
}

function bounded(text: string): string {
  return printable(text).toWellFormed().slice(0, MAX_TEXT).toWellFormed();
}

/**
 * A text of a person: trimmed, in one line.
 * @param what what it is called in the error
 * @throws NodewardError usage where it is empty or longer than `max`
 */
export function oneLine(text: string, what: string, max: number): string {
  const line = printable(text.replaceAll(/\s+/g, ' ').trim()).toWellFormed();
  if (line === '') throw new NodewardError('usage', `${what} is empty`);
  if (line.length <= max) return line;
  throw new NodewardError('usage', `${what} is longer than ${max} characters`);
}
