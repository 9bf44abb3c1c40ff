import type { Exemption } from '../model/exemption.ts';
import type {
  AuditEntry,
  AuditEvent,
  ChannelKind,
  Delivery,
  Notice,
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
  /** Records notices as told to a channel, and the delivery that tells them. */
  putDelivery(delivery: Delivery): Promise<void>;
  /** Changes how a delivery stands. */
  markDelivery(id: string, change: Pick<Delivery, 'state' | 'attempts' | 'nextAt' | 'error'>): Promise<void>;
  putTask(state: TaskState): Promise<void>;
  /** Forgets deliveries and told keys from before an instant. The audit log is kept. @returns how many rows */
  forgetDeliveries(before: string): Promise<number>;
}
