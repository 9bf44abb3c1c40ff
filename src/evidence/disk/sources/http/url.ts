import { NodewardError } from '../../../../base/errors.ts';
import { isLoopback } from '../../../../base/url.ts';

/** Whether a location is a URL of a server, and with that a place that may be slow and may hold a secret. */
export function isRemote(location: string): boolean {
  return /^https?:\/\//i.test(location);
}

/**
 * The URL of a disk. It may hold a secret in its query, so no message ever shows more than `nameOf`.
 * @throws NodewardError usage
 */
export function parseDiskUrl(text: string): URL {
  const bare = text.replace(/[?#].*$/s, '');
  if (!URL.canParse(text)) throw new NodewardError('usage', `${bare} is not a valid URL`);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw new NodewardError('usage', `${nameOf(url)}: a user name or password in the URL is not supported`);
  url.hash = '';
  if (!isSafe(url, url))
    throw new NodewardError('usage', `${nameOf(url)} is not https: its bytes could be changed on the way`);
  return url;
}

/** What a URL is called: without the query, which may hold a secret. */
export function nameOf({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

/** Whether a server may be asked: over TLS, or on this machine where the first one was on this machine too. */
export function isSafe(url: URL, first: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url) && isLoopback(first));
}

const MAX_TEXT = 200;

/** The text of a network error, short and without what could be a query. */
export function scrubbed(text: string): string {
  return text.replace(/\?\S*/g, '?…').slice(0, MAX_TEXT);
}
