import { setTimeout as sleep } from 'node:timers/promises';

/** How long a provider goes on asking. All in milliseconds. */
export interface Patience {
  /** Longest time a request, or all requests to one place together, wait for an end of throttling. */
  readonly throttledMs: number;
  /** Attempts where a server fails by itself (5xx, a broken connection). */
  readonly attempts: number;
  /** First pause after such a failure; it doubles each time. */
  readonly backoffMs: number;
  /** Longest time for one request and its answer. */
  readonly requestMs: number;
  /** Longest time until a server of a cluster takes a connection. */
  readonly connectMs: number;
  /** How long a watch may say nothing before it counts as having said all. */
  readonly quietMs: number;
  /** Pause between two looks at a long-running operation, where its server names none. */
  readonly pollMs: number;
  /** Longest time for such an operation. */
  readonly operationMs: number;
}

/** Azure refills its limits by one request a second: a burst of a hundred requests is through in two minutes. */
export const PATIENCE: Patience = {
  throttledMs: 120_000,
  attempts: 3,
  backoffMs: 1_000,
  requestMs: 60_000,
  connectMs: 10_000,
  quietMs: 250,
  pollMs: 1_000,
  operationMs: 600_000,
};

/** Why an attempt did not work, and what its server said on when to try again. */
export interface Setback {
  readonly throttled: boolean;
  /** Milliseconds; null where it did not say. */
  readonly retryAfterMs: number | null;
}

/** One place with limits: a subscription, or one API server. What slows one request down slows them all. */
export class Gate {
  #opensAt = 0;
  #closedSince: number | null = null;

  /** Waits until requests may be sent again. */
  async pass(signal: AbortSignal): Promise<void> {
    const wait = this.#opensAt - Date.now();
    if (wait > 0) await pause(wait, signal);
  }

  /** An answer other than 429. */
  passed(): void {
    this.#closedSince = null;
  }

  /** @returns how long it has been answering nothing but 429, with the pause it asks for now */
  close(pauseMs: number): number {
    const now = Date.now();
    this.#closedSince ??= now;
    this.#opensAt = Math.max(this.#opensAt, now + pauseMs);
    return now + pauseMs - this.#closedSince;
  }
}

/** What an attempt came to, and how to tell whether it should be repeated. */
export interface Attempts<T> {
  attempt(): Promise<T>;
  /** Null where the outcome is final. */
  setbackOf(outcome: { readonly value: T } | { readonly thrown: unknown }): Setback | null;
}

/**
 * Repeats an attempt until its outcome is final or patience is at its end; then the outcome is given as it is.
 * @throws what the last attempt threw, or the signal's reason
 */
export async function patiently<T>(
  attempts: Attempts<T>,
  context: { readonly patience: Patience; readonly gate: Gate; readonly signal: AbortSignal },
): Promise<T> {
  const { patience, gate, signal } = context;
  let waited = 0;
  for (let failures = 0; ; ) {
    await gate.pass(signal);
    const outcome = await settle(attempts.attempt());
    signal.throwIfAborted();
    const setback = attempts.setbackOf(outcome);
    if (setback === null) {
      gate.passed();
      return unwrap(outcome);
    }
    if (setback.throttled) {
      const wait = Math.max(setback.retryAfterMs ?? patience.backoffMs, 1);
      waited += wait;
      if (Math.max(waited, gate.close(wait)) > patience.throttledMs) return unwrap(outcome);
      continue;
    }
    gate.passed();
    const wait = setback.retryAfterMs ?? patience.backoffMs * 2 ** failures;
    failures++;
    if (failures >= patience.attempts || wait > patience.throttledMs) return unwrap(outcome);
    await pause(wait, signal);
  }
}

type Outcome<T> = { readonly value: T } | { readonly thrown: unknown };

async function settle<T>(promise: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await promise };
  } catch (thrown) {
    return { thrown };
  }
}

function unwrap<T>(outcome: Outcome<T>): T {
  if ('thrown' in outcome) throw outcome.thrown;
  return outcome.value;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (thrown) {
    signal.throwIfAborted();
    throw thrown;
  }
}

/** `Retry-After` in milliseconds: seconds, or a date; null where it is neither. */
export function retryAfterMs(header: string | undefined): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}
