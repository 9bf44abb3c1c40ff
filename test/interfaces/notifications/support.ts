import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createPlainServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { Reach } from '../../../src/interfaces/notifications/connect.ts';
import type { Delivery, Notice, NoticeKind } from '../../../src/model/governance.ts';

/** A request as a receiver saw it. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver on loopback. */
export interface Receiver {
  readonly url: URL;
  readonly received: readonly Received[];
}

/** Reads each request and lets `answer` do what it likes; it is stopped, with all connections, when the test ends. */
export async function receiver(
  t: TestContext,
  answer: (response: ServerResponse, request: Received) => void,
): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const seen = { path: request.url ?? '', headers: request.headers, body };
      received.push(seen);
      answer(response, seen);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: new URL(`http://127.0.0.1:${port}/services/SECRET-PATH?token=SECRET-QUERY`), received };
}

/** A server that does what it likes with each connection. @returns its port */
export async function rawServer(t: TestContext, talk: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createPlainServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    talk(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Reaches loopback, and every name at the addresses that are given. */
export function reach(more: Partial<Reach> = {}): Reach {
  return {
    privateAddresses: true,
    patience: { connectMs: 5_000, totalMs: 5_000 },
    resolve: async () => ['127.0.0.1'],
    ...more,
  };
}

export const NEVER_ABORTED = new AbortController().signal;

/** A notice about a pool of its own. */
export function notice(kind: NoticeKind, number: number, more: Partial<Notice> = {}): Notice {
  return {
    kind,
    key: `${kind}:/pools/np${number}:${number}`,
    pool: `/pools/np${number}`,
    poolName: `np${number}`,
    clusterName: 'prod-weu',
    owner: null,
    cves: ['CVE-2024-6387'],
    count: 1,
    detail: null,
    ...more,
  };
}

export function delivery(notices: readonly Notice[], more: Partial<Delivery> = {}): Delivery {
  return {
    id: randomUUID(),
    channel: 'webhook',
    createdAt: '2024-07-09T10:00:00.000Z',
    notices,
    more: 0,
    attempts: 1,
    nextAt: '2024-07-09T10:00:00.000Z',
    state: 'sending',
    error: null,
    ...more,
  };
}

/** Names as somebody hostile would give them. */
export const HOSTILE = [
  '<!channel> *all*',
  '<script>alert(1)</script>',
  '[free](https://evil.example)',
  'a\r\nBcc: victim@example.com\r\n\r\n',
  '\u202eevil\u2066',
  "$(reboot) '; reboot #",
  '&amp;"\'`',
  'x'.repeat(10_000),
];
