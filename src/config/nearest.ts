/** The name that was probably meant, at most `most` letters away; null where none is like it. */
export function nearest(
  name: string,
  known: readonly string[],
  most: number = Math.max(2, Math.floor(name.length / 3)),
): string | null {
  let best: string | null = null;
  let least = most + 1;
  for (const each of known) {
    const distance = distanceBetween(name.slice(0, 100).toLowerCase(), each.toLowerCase());
    if (distance < least) [best, least] = [each, distance];
  }
  return best;
}

/** How many letters have to be added, dropped or replaced to make one text of the other. */
function distanceBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
