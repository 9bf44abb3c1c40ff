import { instantOf } from '../../base/clock.ts';
import { NodewardError } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';

const DAY_MS = 86_400_000;
const MAX_DAYS = 3650;

/**
 * When an exemption ends: `90d` from now, `2026-12-31` (counts through that day, in UTC) or an instant.
 * @returns ISO 8601 instant from which it does not count any more
 * @throws NodewardError usage where it is none of these, not in the future, or more than ten years away
 */
export function expiryOf(text: string, now: Date): string {
  const at = read(text.trim(), now);
  const named = printable(text.slice(0, 100));
  if (at === null) {
    const remedy = 'Give it as days from now (90d), as a last day (2026-12-31) or as an instant.';
    throw new NodewardError('usage', `${named} is no day`, { remedy });
  }
  if (at <= now.getTime()) throw new NodewardError('usage', `${named} is not in the future`);
  if (at - now.getTime() <= (MAX_DAYS + 1) * DAY_MS) return new Date(at).toISOString();
  throw new NodewardError('usage', `${named} is more than ten years away`, {
    remedy: 'Leave it out for an exemption that counts until it is withdrawn.',
  });
}

function read(text: string, now: Date): number | null {
  const days = /^(\d{1,5})\s?d(?:ays?)?$/i.exec(text)?.[1];
  if (days !== undefined) return now.getTime() + Number(days) * DAY_MS;
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const isInstant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/i.test(
    text,
  );
  if (!isDay && !isInstant) return null;
  const at = instantOf(text);
  if (at === null) return null;
  return isDay ? at + DAY_MS : at;
}
