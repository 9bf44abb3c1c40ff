import { randomUUID } from 'node:crypto';
import { webhook } from '../../../src/interfaces/notifications/webhook.ts';
import type { ChannelKind, Delivery, Notice } from '../../../src/model/governance.ts';
import { type Channel, planDigests } from '../../../src/pipeline/notify/index.ts';
import { openStore, type Store, type StorePlace } from '../../../src/storage/index.ts';
import { notice, reach } from '../../interfaces/notifications/support.ts';

/** A machine's clock that only moves when it is told to. */
export function standingClock(): { now(): Date; pass(ms: number): void } {
  let now = Date.parse('2026-03-01T09:00:00.000Z');
  return {
    now: () => new Date(now),
    pass: (ms) => {
      now += ms;
    },
  };
}

/** The fleet's own clock, of a sandbox: elsewhere than the machine's. */
export const FLEET_CLOCK = { now: () => new Date('2024-07-09T10:00:00.000Z') };

/** A real webhook to a receiver on loopback. */
export function toReceiver(url: URL): Channel {
  return webhook({ url, secret: 'a secret of sixteen', reach: reach(), sandbox: false });
}

/** A channel of any kind that says what comes of it. */
export function channelOf(kind: ChannelKind, send: Channel['send']): Channel {
  return { kind, place: `${kind}.example`, send };
}

/** Notices of new critical vulnerabilities, one for each number. */
export function news(...numbers: readonly number[]): readonly Notice[] {
  return numbers.map((number) => notice('new-critical', number));
}

/** A new store of this place. */
export function newStore(place: StorePlace): Promise<Store> {
  return openStore(place, { create: true, sandbox: false });
}

/** Plans a digest for each of these numbers, all due, each made so many seconds later. */
export async function plan(
  store: Store,
  kind: ChannelKind,
  ...numbers: readonly number[]
): Promise<Delivery[]> {
  const made: Delivery[] = [];
  for (const number of numbers) {
    const notices = [{ ...notice('new-critical', number), key: randomUUID() }];
    const options = { notices, clock: standingClock() };
    const clock = { now: () => new Date(FLEET_CLOCK.now().getTime() + number * 1000) };
    made.push(...(await planDigests({ store, clock }, [{ kind }], options)));
  }
  return made;
}
