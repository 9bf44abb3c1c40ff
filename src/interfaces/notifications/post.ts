import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { printable } from '../../base/text.ts';
import type { Sent } from '../../pipeline/notify/index.ts';
import { connect, type Reach, Refused } from './connect.ts';
import { Deadline } from './deadline.ts';
import { failureWords } from './failures.ts';

/** What is posted, and where. */
export interface Post {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
  /** What an answer that is no success says in words, of those that may be told; null for nothing. */
  readonly explain?: (answer: string) => string | null;
}

const MAX_ANSWER = 64 * 1024;
const MAX_HEADERS = 16 * 1024;

/** What may pass: the receiver asks for another try, or something on the way is broken. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * Posts JSON once. The receiver is hostile: it may hang, drip, send without end or lead elsewhere. Its status alone
 * decides; redirects are not followed. No part of the URL but its host is in what it says.
 * @throws only where `signal` aborts it
 */
export async function post(message: Post, reach: Reach, signal: AbortSignal): Promise<Sent> {
  const { url } = message;
  const deadline = new Deadline(reach.patience, signal);
  let socket: Socket | null = null;
  try {
    const security = url.protocol === 'https:' ? 'tls' : 'plain';
    const port = url.port === '' ? (security === 'tls' ? 443 : 80) : Number(url.port);
    const hostname = url.hostname.replace(/^\[|\]$/g, '');
    socket = await connect({ hostname, port, security }, reach, deadline);
    const response = await deadline.race(answerOf(message, socket, deadline.signal));
    const text = await bodyOf(response, deadline);
    return judged(message, response, text);
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof Refused) return { outcome: 'refused', why: thrown.message };
    return { outcome: 'later', why: `${url.host}: ${deadline.why ?? failureWords(thrown)}`, pauseMs: null };
  } finally {
    deadline.stop();
    socket?.destroy();
  }
}

function answerOf(
  { url, headers, body }: Post,
  socket: Socket,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sending = request({
      createConnection: () => socket,
      method: 'POST',
      path: `${url.pathname}${url.search}`,
      maxHeaderSize: MAX_HEADERS,
      signal,
      headers: {
        host: url.host,
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'nodeward',
        connection: 'close',
        ...headers,
      },
    });
    sending.on('response', resolve);
    // Stays: receivers that answer before they have read everything close the connection behind their answer.
    sending.on('error', reject);
    sending.end(body);
  });
}

/** The beginning of an answer. What breaks it off does not matter: its status has said enough. */
async function bodyOf(response: IncomingMessage, deadline: Deadline): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const reading = (async () => {
    for await (const chunk of response) {
      bytes += (chunk as Buffer).length;
      if (bytes > MAX_ANSWER) break;
      chunks.push(chunk as Buffer);
    }
  })();
  await deadline.race(reading).catch(() => {});
  return Buffer.concat(chunks).toString('utf8');
}

function judged({ url, explain }: Post, { statusCode = 0, headers }: IncomingMessage, text: string): Sent {
  if (statusCode >= 200 && statusCode < 300) return { outcome: 'sent', note: null };
  const answered = `${url.host} answered ${statusCode}`;
  if (statusCode >= 300 && statusCode < 400) {
    const where = leadsTo(headers.location, url);
    return { outcome: 'refused', why: `${answered}, a redirect to ${where}, which is not followed` };
  }
  const why = [answered, explain?.(text) ?? null].filter((each) => each !== null).join(': ');
  if (PASSING.has(statusCode) || statusCode >= 500)
    return { outcome: 'later', why, pauseMs: retryAfter(headers['retry-after']) };
  return { outcome: 'refused', why };
}

/** Where a redirect leads, without what may be secret in it. */
function leadsTo(location: string | undefined, from: URL): string {
  const to = location === undefined ? null : URL.parse(location, from.href);
  if (to === null) return 'nowhere';
  return to.host === from.host ? 'another path' : printable(to.origin).slice(0, 300);
}

/** Seconds, or a date. */
function retryAfter(text: string | undefined): number | null {
  if (text === undefined) return null;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}
