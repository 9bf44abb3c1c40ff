import { compareText } from '../base/text.ts';

/** What most of them are, of equally many the last by its text, which of images is the newest; null where all are. */
export function mostOf(values: readonly (string | null)[]): string | null {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [first] = [...counts].sort(([a, many], [b, more]) => more - many || compareText(b, a));
  return first?.[0] ?? null;
}
