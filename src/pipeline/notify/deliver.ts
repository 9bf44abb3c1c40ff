import type { Clock } from '../../base/clock.ts';
import { ERRORS } from '../../base/errors.ts';
import type { Delivery } from '../../model/governance.ts';
import type { Fleet } from '../fleet/index.ts';
import { duePause, isDue, LEASE_MS, pauseAfter, storeClock } from './timing.ts';
import type { Channel, DeliveryProblem, DeliveryReport, Sent } from './types.ts';

/** With the pauses between them they last about three days. */
const MAX_ATTEMPTS = 80;

/** A digest that was refused is tried no more often than this, however often Nodeward is started anew. */
const MAX_REVIVED = 10;

/** How a round of deliveries goes. */
export interface DeliverOptions {
  readonly signal: AbortSignal;
  /** For pauses and leases; the store's, which all processes go by. */
  readonly clock?: Clock;
}

type Parts = Pick<Fleet, 'store' | 'clock'>;

interface Round extends Parts {
  readonly signal: AbortSignal;
  readonly shared: Clock;
}

/**
 * Sends all digests that are due to their channels, oldest first, channels side by side. Each is marked before it is
 * sent, so that no other process sends it at the same time; after a death in between it is sent again with the same id.
 * A channel that fails holds up no other one, and is left alone until its next digest is due. Digests of channels that
 * are not among these wait.
 * @throws NodewardError of the store, once every channel was tried
 */
export async function deliver(
  { store, clock }: Parts,
  channels: readonly Channel[],
  options: DeliverOptions,
): Promise<DeliveryReport> {
  const round = { store, clock, signal: options.signal, shared: options.clock ?? (await storeClock(store)) };
  const outcomes: Outcome[] = [];
  const ended = await Promise.allSettled(
    channels.map(async (channel) => {
      for await (const outcome of deliverTo(channel, round)) outcomes.push(outcome);
    }),
  );
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  return {
    sent: outcomes.filter(({ state }) => state === 'sent').length,
    waiting: outcomes.filter(({ state }) => state === 'waiting').length,
    failed: outcomes.filter(({ state }) => state === 'failed').length,
    problems: outcomes.flatMap(({ problem }) => (problem === null ? [] : [problem])),
  };
}

/**
 * Lets digests that were refused wait again: settings only change between two runs, so a new one may have better luck.
 * @returns how many
 */
export async function reviveRefused(
  { store }: Pick<Fleet, 'store'>,
  channels: readonly Pick<Channel, 'kind'>[],
  clock?: Clock,
): Promise<number> {
  if (channels.length === 0) return 0;
  const at = (clock ?? (await storeClock(store))).now().toISOString();
  const kinds = channels.map(({ kind }) => kind);
  return store.write(({ governance }) => governance.reviveDeliveries(kinds, MAX_REVIVED, at));
}

interface Outcome {
  readonly state: Delivery['state'];
  readonly problem: DeliveryProblem | null;
}

async function* deliverTo(channel: Channel, round: Round): AsyncGenerator<Outcome> {
  while (!round.signal.aborted) {
    const delivery = await claim(channel, round);
    if (delivery === null) return;
    const sent = await attempt(channel, delivery, round.signal);
    if (sent === null) return await handBack(delivery, round);
    yield await settle(delivery, sent, { channel, round });
    if (sent.outcome === 'later') return;
  }
}

/** The oldest one that is due, marked as this process's for a while; null where none is. */
async function claim(channel: Channel, { store, shared }: Round): Promise<Delivery | null> {
  const now = shared.now();
  const due = (await store.governance.deliveries()).filter(
    (each) => each.channel === channel.kind && isDue(each, now),
  );
  for (const delivery of due) {
    const begun = {
      state: 'sending',
      attempts: delivery.attempts + 1,
      nextAt: new Date(shared.now().getTime() + LEASE_MS).toISOString(),
      error: delivery.error,
    } as const;
    const { id, attempts } = delivery;
    if (await store.write(({ governance }) => governance.markDelivery(id, attempts, begun)))
      return { ...delivery, ...begun };
  }
  return null;
}

/** Null where it was interrupted. */
async function attempt(channel: Channel, delivery: Delivery, signal: AbortSignal): Promise<Sent | null> {
  try {
    return await channel.send(delivery, signal);
  } catch (thrown) {
    if (signal.aborted) return null;
    // Its text may hold anything, also an address that is secret.
    const name = thrown instanceof Error ? thrown.name : typeof thrown;
    return { outcome: 'later', why: `it could not be made: a defect in Nodeward (${name})`, pauseMs: null };
  }
}

async function handBack({ id, attempts }: Delivery, { store, shared }: Round): Promise<void> {
  const nextAt = shared.now().toISOString();
  await store.write(({ governance }) =>
    governance.markDelivery(id, attempts, { state: 'waiting', attempts, nextAt, error: 'interrupted' }),
  );
}

/** Writes down what became of it: one transaction with its entry in the audit log. */
async function settle(
  delivery: Delivery,
  sent: Sent,
  { channel, round }: { readonly channel: Channel; readonly round: Round },
): Promise<Outcome> {
  const { store, clock, shared } = round;
  const { id, attempts } = delivery;
  const state =
    sent.outcome === 'sent'
      ? 'sent'
      : sent.outcome === 'refused' || attempts >= MAX_ATTEMPTS
        ? 'failed'
        : 'waiting';
  const error = sent.outcome === 'sent' ? null : sent.why;
  const pause = sent.outcome === 'later' ? duePause(pauseAfter(attempts, id), sent.pauseMs) : 0;
  const nextAt = new Date(shared.now().getTime() + pause).toISOString();
  await store.write(async ({ governance }) => {
    const mine = await governance.markDelivery(id, attempts, { state, attempts, nextAt, error });
    // Another process may have begun it meanwhile: only that it has arrived is true all the same.
    if (state === 'waiting' || (state === 'failed' && !mine)) return;
    await governance.appendAudit({
      at: clock.now().toISOString(),
      actor: 'nodeward',
      action: state === 'sent' ? 'notification.send' : 'notification.fail',
      subject: id,
      detail: {
        channel: channel.kind,
        place: channel.place,
        notices: delivery.notices.length + delivery.more,
        attempts,
        ...(sent.outcome === 'sent' ? { note: sent.note } : { error }),
      },
    });
  });
  return { state, problem: problemOf(channel, sent, { state, nextAt }) };
}

function problemOf(
  { kind, place }: Channel,
  sent: Sent,
  { state, nextAt }: Pick<Delivery, 'state' | 'nextAt'>,
): DeliveryProblem | null {
  if (sent.outcome === 'sent') {
    if (sent.note === null) return null;
    return { channel: kind, detail: `A digest arrived at ${place}, but ${sent.note}.`, remedy: REMEDY };
  }
  const detail = `A digest for ${kind} did not arrive: ${sent.why}.`;
  if (state === 'failed') return { channel: kind, detail, remedy: REMEDY };
  return { channel: kind, detail, remedy: `It is sent again at ${nextAt.slice(0, 19)}Z.` };
}

const REMEDY = ERRORS['notify-failed'].remedy;
