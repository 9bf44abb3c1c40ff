import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction, connect as openSocket, type Socket } from 'node:net';
import { connect as openTls } from 'node:tls';
import { addressKind } from './addresses.ts';
import type { Deadline, Patience } from './deadline.ts';

/** How receivers are reached. */
export interface Reach {
  /** Whether they may be in one's own network. */
  readonly privateAddresses: boolean;
  readonly patience: Patience;
  /** The addresses of a name. */
  readonly resolve: (hostname: string) => Promise<readonly string[]>;
}

/** Ten seconds to connect, fifteen in all, names as the system resolves them. */
export function reachOf(privateAddresses: boolean): Reach {
  return {
    privateAddresses,
    patience: { connectMs: 10_000, totalMs: 15_000 },
    resolve: async (hostname) => (await lookup(hostname, { all: true })).map(({ address }) => address),
  };
}

/** An address that must not be reached. Its text is a part of a sentence. */
export class Refused extends Error {}

/** Where to connect. */
export interface Target {
  /** A name or an address, without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** `tls`: encrypted from the start; `upgrade`: encrypted later; `plain`: never, which only a private address may have. */
  readonly security: 'tls' | 'upgrade' | 'plain';
}

/**
 * Connects to a receiver: to no other address than those that were checked, whatever its name resolves to a moment
 * later, and through no proxy, which would connect wherever it likes.
 * @throws Refused, or what the system throws
 */
export async function connect(target: Target, reach: Reach, deadline: Deadline): Promise<Socket> {
  const addresses = await deadline.race(checkedAddresses(target, reach));
  const socket = openSocket({
    host: target.hostname,
    port: target.port,
    lookup: answering(addresses),
    signal: deadline.signal,
  });
  try {
    await deadline.race(happens(socket, 'connect'));
    if (!addresses.some((each) => sameAddress(each, socket.remoteAddress)))
      throw new Refused(`${target.hostname} was reached at another address than the one that was checked`);
    if (target.security !== 'tls') return socket;
    return await deadline.race(encrypted(socket, target.hostname));
  } catch (thrown) {
    socket.destroy();
    throw thrown;
  } finally {
    deadline.connected();
  }
}

/** @throws Refused where any of them is not allowed: a name that leads to both is not to be trusted */
async function checkedAddresses(
  { hostname, security }: Target,
  { privateAddresses, resolve }: Reach,
): Promise<readonly string[]> {
  const literal = isIP(hostname) !== 0;
  const addresses = literal ? [hostname] : await resolve(hostname);
  if (addresses.length === 0) throw new Refused(`${hostname} has no address`);
  for (const address of addresses) {
    const kind = addressKind(address);
    const place = literal ? address : `${hostname} (${address})`;
    if (kind === 'never') throw new Refused(`${place} is an address that no receiver can have`);
    if (kind === 'private' && !privateAddresses)
      throw new Refused(`${place} is a private address, which notify.private-addresses does not allow`);
    if (kind === 'public' && security === 'plain')
      throw new Refused(`${place} is outside of your network, where only https is sent to`);
  }
  return addresses;
}

/** Answers every question for an address with those that were checked. */
function answering(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_hostname, { all: wantsAll }, callback) => {
    const [first] = all;
    if (wantsAll === true) callback(null, all);
    else callback(null, first?.address ?? '', first?.family);
  };
}

function sameAddress(checked: string, reached: string | undefined): boolean {
  return (
    reached !== undefined &&
    reached.replace(/^::ffff:(?=\d+\.)/i, '') === checked.replace(/^::ffff:(?=\d+\.)/i, '')
  );
}

async function encrypted(socket: Socket, hostname: string): Promise<Socket> {
  const named = isIP(hostname) === 0 ? { servername: hostname } : {};
  const tls = openTls({
    socket,
    host: hostname,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    ...named,
  });
  await happens(tls, 'secureConnect');
  return tls;
}

function happens(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    // Stays: an error that comes later, when nobody listens any more, must not end the process.
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
    socket.once(event, () => resolve());
  });
}
