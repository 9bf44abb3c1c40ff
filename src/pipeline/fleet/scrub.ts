const HIDDEN = '…';
/** Values of a query that are shorter could stand in any text. */
const MIN_SECRET = 16;

/** Takes a URL with a signature, and every part that could be used of it, out of texts. */
export function scrubber(url: string): (text: string) => string {
  const parsed = URL.parse(url);
  const query = parsed === null || parsed.search.length < 2 ? [] : [parsed.search.slice(1)];
  const raw = query.flatMap((each) => each.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1)));
  const decoded = parsed === null ? [] : [...parsed.searchParams.values()];
  const values = [...raw, ...decoded].filter((each) => each.length >= MIN_SECRET);
  const secrets = [...new Set([url, parsed?.href ?? url, ...query, ...values])];
  return (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
}
