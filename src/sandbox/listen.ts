import { createServer as createPlain, type RequestListener } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { NodewardError } from '../base/errors.ts';
import type { Certificate } from './tls.ts';

const HOST = '127.0.0.1';
/** The first byte of a TLS handshake record. */
const TLS_HANDSHAKE = 0x16;
/** Longer than clients keep an unused connection, so that it is they who close it. */
const KEEP_ALIVE_MS = 120_000;

/** One port that speaks HTTP and HTTPS. */
export interface Listener {
  readonly port: number;
  /** Ends all connections. */
  close(): Promise<void>;
}

/**
 * Listens on the loopback address alone. The first byte of a connection tells whether it is TLS.
 * @param port 0 for any
 * @throws NodewardError sandbox-busy
 */
export async function listen(
  port: number,
  certificate: Certificate,
  answer: RequestListener,
): Promise<Listener> {
  const plain = createPlain({ keepAliveTimeout: KEEP_ALIVE_MS }, answer);
  const { key, cert } = certificate;
  const secure = createSecure({ key, cert, keepAliveTimeout: KEEP_ALIVE_MS }, answer);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A client that goes away is no matter of ours.
    socket.on('error', () => socket.destroy());
    socket.once('readable', () => {
      const first: Buffer | null = socket.read(1);
      if (first === null) return;
      socket.unshift(first);
      (first[0] === TLS_HANDSHAKE ? secure : plain).emit('connection', socket);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  }).catch((thrown: unknown) => {
    throw new NodewardError('sandbox-busy', `Port ${port} of ${HOST} cannot be used`, { cause: thrown });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
