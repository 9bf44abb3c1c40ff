import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { NodewardError } from '../../../../base/errors.ts';
import { Passing } from './passing.ts';

/** What tells one version of a disk from another, as the server says it. */
export interface Version {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** The part of a disk that an answer holds: its first and last byte, and the size of the whole. */
export interface ContentRange {
  readonly first: number;
  readonly last: number;
  readonly total: number;
}

/** A redirect, to be followed by who asked. */
export class Redirect extends Error {
  readonly location: string;

  constructor(location: string) {
    super('the server redirects');
    this.location = location;
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const DENIED: ReadonlySet<number> = new Set([401, 403]);
const NEW_LINK =
  'The link may have expired or lack the right to read: make a new one (for an Azure disk, a SAS with read access) and try again.';

export function versionOf(headers: IncomingHttpHeaders): Version {
  return { etag: headers.etag ?? null, lastModified: headers['last-modified'] ?? null };
}

/** Headers that make the server refuse if its disk is another version. A weak ETag never matches (RFC 9110, 13.1.1). */
export function conditionOf({ etag, lastModified }: Version): Record<string, string> {
  if (etag !== null && !etag.startsWith('W/')) return { 'if-match': etag };
  return lastModified === null ? {} : { 'if-unmodified-since': lastModified };
}

/** The error for a disk that is not the one the scan began with. */
export function changed(name: string): NodewardError {
  return new NodewardError('disk-changed', `${name} was changed while it was read`, { place: name });
}

/**
 * The part that a 206 answer holds (RFC 9110, 14.4); null for one of a disk that is empty.
 * @throws Passing, Redirect, and NodewardError network-failed or disk-changed for every other answer
 */
export function partOf(answer: IncomingMessage, name: string): ContentRange | null {
  const { statusCode, headers } = answer;
  if (statusCode === 416 && headers['content-range'] === 'bytes */0') return null;
  if (statusCode === 200)
    throw failed(
      name,
      'the server sends the whole disk instead of the part asked for: it has no range requests',
    );
  if (statusCode !== 206) throw refusal(answer, name);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw failed(name, 'the server sends it compressed, though asked not to');
  const match = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/.exec(headers['content-range'] ?? '');
  if (match === null)
    throw new Passing('the answer does not tell which part it is and how large the disk is');
  const [first, last, total] = match.slice(1).map(Number) as [number, number, number];
  if (first > last || last >= total || !Number.isSafeInteger(total))
    throw new Passing('the answer tells an impossible range');
  return { first, last, total };
}

/** What an answer that gives nothing means. */
export function refusal(answer: IncomingMessage, name: string): Error {
  const { statusCode: status = 0, headers } = answer;
  if (REDIRECTS.has(status)) return new Redirect(headers.location ?? '');
  if (status === 412 || status === 416) return changed(name);
  const reason = headers['x-ms-error-code'];
  const code = typeof reason === 'string' && /^\w{1,64}$/.test(reason) ? ` (${reason})` : '';
  const text = `the server answered ${status}${code}`;
  if (status === 408 || status === 429 || status >= 500) return new Passing(text, retryAfter(headers));
  return failed(name, text, DENIED.has(status) ? NEW_LINK : undefined);
}

const CONNECTION = 'Check the URL, the connection and the proxy, or copy the disk and scan the file.';

export function failed(name: string, detail: string, remedy: string = CONNECTION): NodewardError {
  return new NodewardError('network-failed', `${name} cannot be read: ${detail}`, { place: name, remedy });
}

/** Milliseconds to wait, from seconds or a date; null where the server does not say. */
function retryAfter(headers: IncomingHttpHeaders): number | null {
  const text = headers['retry-after'];
  if (text === undefined) return null;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}
