import type { ChannelKind, Delivery } from '../../model/governance.ts';

/**
 * What an attempt to send came to: `sent`, `later` (it may work another time) or `refused` (it will not before somebody
 * changes something). `why` is a part of a sentence without any secret: `hooks.slack.com answered 404`.
 */
export type Sent =
  /** `note` is what was not as it should be all the same. */
  | { readonly outcome: 'sent'; readonly note: string | null }
  /** `pauseMs` is how long the receiver asks to be left alone. */
  | { readonly outcome: 'later'; readonly why: string; readonly pauseMs: number | null }
  | { readonly outcome: 'refused'; readonly why: string };

/** A place where digests are told. */
export interface Channel {
  readonly kind: ChannelKind;
  /** Where it leads, without anything secret: a host. */
  readonly place: string;
  /**
   * Tells a digest, in bounded time. Its `attempts` count this one: of a second one it says that it may be a repeat.
   * It only throws where `signal` aborts it.
   */
  send(delivery: Delivery, signal: AbortSignal): Promise<Sent>;
}

/** A digest that did not arrive. */
export interface DeliveryProblem {
  readonly channel: ChannelKind;
  /** One sentence. */
  readonly detail: string;
  readonly remedy: string;
}

/** What a round of deliveries came to. */
export interface DeliveryReport {
  readonly sent: number;
  /** Digests that were tried and are tried again. */
  readonly waiting: number;
  /** Digests that were given up. */
  readonly failed: number;
  readonly problems: readonly DeliveryProblem[];
}
