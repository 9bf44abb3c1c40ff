import type { Exemption } from '../model/exemption.ts';
import type {
  AuditEntry,
  AuditEvent,
  ChannelKind,
  Delivery,
  DeliveryCount,
  OwnerRule,
  Policy,
  TaskState,
} from '../model/governance.ts';

/** Which events are asked for; what is left out does not matter. */
export interface AuditFilter {
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  /** ISO 8601 instant. */
  readonly since?: string;
  /** Only events behind this sequence number. */
  readonly after?: number;
  /** The newest `limit` of them; all where it is left out. */
  readonly limit?: number;
}

/** Decisions, and what is done by itself. */
export interface GovernanceReader {
  /** All that were not withdrawn, or all; by their creation, then id. */
  exemptions(options?: { readonly withdrawn?: boolean }): Promise<readonly Exemption[]>;
  /** By order, then id. */
  ownerRules(): Promise<readonly OwnerRule[]>;
  /** What was decided; what was not is as in `DEFAULT_POLICY`. */
  policy(): Promise<Policy>;
  /** Oldest first. */
  audit(filter?: AuditFilter): Promise<readonly AuditEvent[]>;
  /** Which of these keys were told to a channel. */
  told(channel: ChannelKind, keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** Deliveries that are not `sent` or `failed`, oldest first. */
  deliveries(): Promise<readonly Delivery[]>;
  /** Of all deliveries there are; channels and states without any are left out. */
  deliveryCounts(): Promise<readonly DeliveryCount[]>;
  tasks(): Promise<readonly TaskState[]>;
}

/** What may be decided and done, inside one transaction. */
export interface GovernanceWriter extends GovernanceReader {
  /** New, or with another end: nothing else of an exemption ever changes. */
  putExemption(exemption: Exemption): Promise<void>;
  putOwnerRule(rule: OwnerRule): Promise<void>;
  /** @returns whether it was there */
  dropOwnerRule(id: string): Promise<boolean>;
  putPolicy(policy: Policy): Promise<void>;
  /** Adds an event to the chain. Events are never changed or deleted: the database refuses it. */
  appendAudit(entry: AuditEntry): Promise<AuditEvent>;
  /**
   * Puts a delivery, and records keys of notices as told to its channel by it. Two transactions never record the same key
   * for a channel: the later one begins anew.
   */
  putDelivery(delivery: Delivery, keys: readonly string[]): Promise<void>;
  /**
   * Changes how a delivery stands that was begun `attempts` times so far. Of several processes that try this at once, one does.
   * @returns false where nothing was changed: it was begun since, or it is `sent` or `failed`
   */
  markDelivery(
    id: string,
    attempts: number,
    change: Pick<Delivery, 'state' | 'attempts' | 'nextAt' | 'error'>,
  ): Promise<boolean>;
  /** Failed deliveries of these channels that were begun fewer than `attempts` times wait again, from an instant on. @returns how many */
  reviveDeliveries(channels: readonly ChannelKind[], attempts: number, at: string): Promise<number>;
  putTask(state: TaskState): Promise<void>;
  /**
   * Forgets deliveries from before an instant that are over. What they told is forgotten with them, but for the keys of what
   * there is still to tell: it would be told again. The audit log is kept.
   * @param open keys of everything there is to tell now, told before or not
   * @returns how many rows
   */
  forgetDeliveries(before: string, open: ReadonlySet<string>): Promise<number>;
}
