import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with an answer. */
export type Fault =
  /** Another status, with these headers and no content. */
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Record<string, string> }
  /** Status 200 and the whole content, as by a server without ranges. */
  | { readonly kind: 'whole' }
  /** A 206 answer for the bytes one further on. */
  | { readonly kind: 'shifted' }
  /** The connection breaks off after the first half. */
  | { readonly kind: 'reset' }
  /** A complete answer that has fewer or more bytes than its range. */
  | { readonly kind: 'short' }
  | { readonly kind: 'long' }
  /** No answer, ever. */
  | { readonly kind: 'hang' }
  /** The first half of the answer, then nothing more. */
  | { readonly kind: 'stall' }
  /** A right answer with these headers over its own; `undefined` leaves one out. */
  | { readonly kind: 'headers'; readonly headers: Record<string, string | undefined> }
  /** Status 200 with this text. */
  | { readonly kind: 'text'; readonly text: string };

/** A request as the server saw it. */
export interface SeenRequest {
  /** Its place in the order of arrival, from 0. */
  readonly number: number;
  readonly url: string;
  readonly range: string | null;
  readonly headers: IncomingMessage['headers'];
}

export interface RangeServerOptions {
  /** What is served: bytes, or the path of a file. */
  readonly content: Uint8Array | string;
  /** Time from the arrival of a request to its answer. */
  readonly latencyMs?: number;
  /** What is wrong with the answer to a request; null for nothing. */
  readonly fault?: (request: SeenRequest) => Fault | null;
  /** Headers of every right answer; an ETag is there by default. `undefined` leaves it out. */
  readonly headers?: Record<string, string | undefined>;
}

export interface RangeServer {
  /** Any path below it gives the content. */
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  /** The most requests that were under way at one time. */
  readonly mostParallel: number;
  stop(): Promise<void>;
}

type ReadAt = (offset: number, length: number) => Uint8Array;

/** A server on loopback that answers range requests, with a set latency and chosen faults. */
export async function startRangeServer(options: RangeServerOptions): Promise<RangeServer> {
  const { size, readAt, close } = openContent(options.content);
  const seen: SeenRequest[] = [];
  const counts = { now: 0, most: 0 };
  const server = createServer((request, response) => {
    const { url = '/', headers } = request;
    const entry = { number: seen.length, url, range: headers.range ?? null, headers };
    seen.push(entry);
    counts.most = Math.max(counts.most, ++counts.now);
    response.on('close', () => counts.now--);
    const fault = options.fault?.(entry) ?? null;
    setTimeout(
      () => answer({ request: entry, response, fault, size, readAt, headers: options.headers ?? {} }),
      options.latencyMs ?? 0,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/disk.raw`,
    seen,
    get mostParallel() {
      return counts.most;
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          close();
          resolve();
        });
      }),
  };
}

function openContent(content: Uint8Array | string): { size: number; readAt: ReadAt; close: () => void } {
  if (typeof content !== 'string') {
    const readAt: ReadAt = (offset, length) => content.subarray(offset, offset + length);
    return { size: content.length, readAt, close: () => {} };
  }
  const fd = openSync(content, 'r');
  const readAt: ReadAt = (offset, length) => {
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
  };
  return { size: fstatSync(fd).size, readAt, close: () => closeSync(fd) };
}

interface Answering {
  readonly request: SeenRequest;
  readonly response: ServerResponse;
  readonly fault: Fault | null;
  readonly size: number;
  readonly readAt: ReadAt;
  readonly headers: Record<string, string | undefined>;
}

function answer(answering: Answering): void {
  const { request, response, fault, size, readAt } = answering;
  if (response.destroyed || fault?.kind === 'hang') return;
  if (fault?.kind === 'status') {
    response.writeHead(fault.status, fault.headers ?? {}).end();
    return;
  }
  if (fault?.kind === 'text') {
    response.writeHead(200, { 'content-type': 'application/xml' }).end(fault.text);
    return;
  }
  const match = /^bytes=(\d+)-(\d+)$/.exec(request.range ?? '');
  if (match === null || fault?.kind === 'whole') {
    response.writeHead(200, { 'content-length': size }).write(readAt(0, Math.min(size, 1 << 16)));
    return;
  }
  const first = Number(match[1]);
  const last = Math.min(Number(match[2]), size - 1);
  if (first >= size) {
    response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
    return;
  }
  sendPart(answering, first, last);
}

function sendPart({ response, fault, size, readAt, headers }: Answering, first: number, last: number): void {
  const shift = fault?.kind === 'shifted' ? 1 : 0;
  const bytes = readAt(first, last - first + 1);
  const all: Record<string, string | undefined> = {
    'content-range': `bytes ${first + shift}-${last + shift}/${size}`,
    etag: '"1"',
    ...headers,
    ...(fault?.kind === 'headers' ? fault.headers : {}),
  };
  for (const [name, value] of Object.entries(all)) if (value !== undefined) response.setHeader(name, value);
  response.statusCode = 206;
  const half = bytes.subarray(0, bytes.length >> 1);
  if (fault?.kind === 'short') response.end(half);
  else if (fault?.kind === 'long') response.end(Buffer.concat([bytes, bytes]));
  else if (fault?.kind === 'reset' || fault?.kind === 'stall') {
    response.setHeader('content-length', bytes.length);
    response.write(half, () => fault.kind === 'reset' && response.destroy());
  } else {
    response.setHeader('content-length', bytes.length);
    response.end(bytes);
  }
}
