/** The current time. Passed in where it matters, so that a result depends on its inputs alone. */
export interface Clock {
  now(): Date;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => new Date() };

/** The day of an ISO 8601 instant: `2024-08-09T00:00:00Z` → `2024-08-09`. Null for anything else. */
export function isoDay(text: string): string | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:$|T)/.exec(text);
  if (match === null || match[1] === '0001') return null;
  return Number.isNaN(Date.parse(`${match[1]}-${match[2]}-${match[3]}`)) ? null : text.slice(0, 10);
}

/** An ISO 8601 day or instant in milliseconds; null where there is no such day: `Date.parse` takes February 30 for March 1. */
export function instantOf(text: string): number | null {
  const at = Date.parse(text);
  const day = text.slice(0, 10);
  const days = Date.parse(day);
  if (Number.isNaN(at) || Number.isNaN(days)) return null;
  return new Date(days).toISOString().startsWith(day) ? at : null;
}

/** Whole days from one ISO day to a later one; negative when it is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}

/** The current ISO 8601 day, in UTC. */
export function today(clock: Clock): string {
  return clock.now().toISOString().slice(0, 10);
}
