import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { TestKubernetes } from './support.ts';

/** An answer of an API server. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON; an empty object where it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every kind
  readonly body: any;
}

/** What else a request carries. */
export interface Call {
  readonly body?: unknown;
  readonly type?: string;
  /** Null to send none. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

const MAX_WAIT_MS = 30_000;

/** Sends requests to an API server as they are, and gives the answers as they are. */
export type Caller = (method: string, path: string, call?: Call) => Promise<Answer>;

/** @returns a caller, and what closes its connections */
export function callerOf(kubernetes: TestKubernetes): { readonly call: Caller; close(): void } {
  const agent = new Agent({ ca: kubernetes.ca, keepAlive: true });
  const call: Caller = (
    method,
    path,
    { body, type = 'application/json', token = kubernetes.token, headers = {} } = {},
  ) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
      const sent = request(kubernetes.url + path, {
        ...{ method, agent, timeout: MAX_WAIT_MS },
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(text === null ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) }),
          ...headers,
        },
      });
      sent.on('response', (response) => read(response).then(resolve, reject));
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path} takes too long`)));
      sent.on('error', reject);
      sent.end(text ?? undefined);
    });
  return { call, close: () => agent.destroy() };
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return { status: response.statusCode ?? 0, headers: response.headers, text, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** The lines of a watch that ended. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into objects of every kind
export function eventsOf({ text }: Answer): { type: string; object: any }[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
