import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Delivery, Notice } from '../../model/governance.ts';
import type { Fleet } from '../fleet/index.ts';
import { gather } from './gather.ts';
import { storeClock } from './timing.ts';
import type { Channel } from './types.ts';

/** A digest takes less than 1 MB with everything around its notices. */
const MAX_BYTES = 900_000;

/** What planning is given. */
export interface PlanOptions {
  /** Everything there is to tell now, told before or not. */
  readonly notices: Iterable<Notice> | AsyncIterable<Notice>;
  /** For when it may be sent first; the store's, which all processes go by. */
  readonly clock?: Clock;
}

/**
 * Makes a digest for each channel of what it was not told yet. All of them are there with the keys of everything they
 * tell, or none is: no notice is told twice to a channel, and none is left out. Where nothing is new there is no digest.
 * @returns the digests that were made
 * @throws NodewardError of the store
 */
export async function planDigests(
  { store, clock }: Pick<Fleet, 'store' | 'clock'>,
  channels: readonly Pick<Channel, 'kind'>[],
  options: PlanOptions,
): Promise<readonly Delivery[]> {
  if (channels.length === 0) return [];
  const notices = new Map<string, Notice>();
  for await (const notice of options.notices) notices.set(notice.key, notice);
  const keys = [...notices.keys()];
  let isNew = false;
  // Nearly always nothing is new: that is found out without keeping others from writing.
  for (const { kind } of channels)
    isNew ||= keys.length > 0 && (await store.governance.told(kind, keys)).size < keys.length;
  if (!isNew) return [];
  const nextAt = (options.clock ?? (await storeClock(store))).now().toISOString();
  return store.write(async ({ governance }) => {
    const made: Delivery[] = [];
    for (const { kind } of channels) {
      const told = await governance.told(kind, keys);
      const news = [...notices.values()].filter(({ key }) => !told.has(key));
      if (news.length === 0) continue;
      const delivery: Delivery = {
        id: randomUUID(),
        channel: kind,
        createdAt: clock.now().toISOString(),
        ...gather(news, MAX_BYTES),
        attempts: 0,
        nextAt,
        state: 'waiting',
        error: null,
      };
      await governance.putDelivery(
        delivery,
        news.map(({ key }) => key),
      );
      made.push(delivery);
    }
    return made;
  });
}
